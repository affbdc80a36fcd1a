//! The program `raccordo`: its allocator and the door to [`raccordo::cli`]. Nothing else lives here.

use std::process::ExitCode;

/// Frames are many large buffers that come and go on several threads; the system's allocator is slower at that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    raccordo::cli::main()
}
