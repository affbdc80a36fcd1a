//! A bug of ours: said as such, with exit code 70, instead of a stack trace.
//!
//! A panic is only noted when it happens: a load may catch one of a library and make an error of it, and a panic of a
//! worker must first unwind to the main thread, so that staged files are removed on the way.

use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::{Mutex, PoisonError};

use crate::cli::exit::Exit;
use crate::cli::talk;

static NOTED: Mutex<Option<String>> = Mutex::new(None);

/// Runs `work`; a panic that nobody catches ends it with [`Exit::Bug`].
pub fn guard(work: impl FnOnce() -> Exit) -> Exit {
    panic::set_hook(Box::new(note));
    let exit = panic::catch_unwind(AssertUnwindSafe(work));
    exit.unwrap_or_else(|_| {
        let noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner).take();
        talk::say(&report(noted.as_deref().unwrap_or("no details are known")));
        Exit::Bug
    })
}

fn note(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(String::new, |place| {
        // The folder of the machine that built the program helps nobody.
        let file = place.file().rsplit_once("/src/").map_or(place.file(), |(_, file)| file);
        format!(" ({file}:{})", place.line())
    });
    let payload = panic.payload();
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message");
    *NOTED.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{text}{place}"));
}

fn report(what: &str) -> String {
    let help = "please report it with the command, the pipeline and this message";
    let version = env!("CARGO_PKG_VERSION");
    format!("error[internal]: this is a bug of raccordo {version}: {what}\n  = help: {help}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_names_the_bug_and_what_to_do() {
        let text = report("index out of bounds (plan/order.rs:12)");
        assert!(text.starts_with("error[internal]: this is a bug of raccordo "), "{text}");
        assert!(text.contains("(plan/order.rs:12)\n"), "{text}");
        assert!(text.contains("please report it"), "{text}");
    }
}
