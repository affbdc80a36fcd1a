//! One door each to what lies outside the process: files, text encodings, archives, web services, mail and secrets.
//!
//! Nothing here knows pipelines, tables or the trade.

pub mod archive;
pub mod atomic;
pub mod bundle;
pub mod glob;
pub mod http;
pub mod mail;
mod part;
pub mod path;
pub mod secret;
pub mod secret_store;
pub mod text;
mod window;

pub use atomic::{Committed, FileError, StagedDir, StagedFile};
pub use path::{PathProblem, in_folder, join_row_path};
pub use secret::Secret;
pub use secret_store::SecretStore;
