//! Runs a plan: frames are built, all branches are collected together, loads are staged and committed, the books are
//! made. The engine is a seam: it sees kinds only through their bound contracts.

pub mod advance;
pub mod books;
pub mod columns;
pub mod deliver;
pub mod exceptions;
pub mod failure;
pub mod forecast;
pub mod frames;
pub mod mail;
pub mod prepare;
pub mod record;
pub mod reject_file;
pub mod reject_index;
pub mod reject_words;
pub mod replay;
pub mod report;
pub mod run;
pub mod tests;
pub mod verdict;
pub mod view;

pub use forecast::{Expected, Forecast, forecast};
pub use prepare::check_accepted;
pub use report::{Report, Status};
pub use run::{Outcome, RunOptions, choose, run};
pub use tests::{TestResult, run as tests};
pub use view::{optimised_plan, preview};
