//! What a kind may know: [`BindCx`] while a pipeline is checked, [`RunCx`] while it runs.
//!
//! Kinds (sources, transforms, loads) see the project, the parameters and the reject store only through these two.
//! Nothing here knows a concrete kind.

pub mod bind;
pub mod counters;
pub mod error;
pub mod exceptions;
pub mod how_far;
pub mod increments;
pub mod news;
pub mod params;
pub mod planned;
pub mod project;
pub mod rejects;
pub mod run;
pub mod steps;
pub mod summary;

pub use bind::BindCx;
pub use counters::{Counter, Counters};
pub use error::{NodeError, Retry};
pub use exceptions::{Exceptions, Met};
pub use how_far::HowFar;
pub use increments::Increments;
pub use news::News;
pub use params::{Param, Params};
pub use planned::{Fate, PlannedDocument};
pub use project::Project;
pub use rejects::{Origin, RawCell, Reject, Rejects};
pub use run::RunCx;
pub use steps::Steps;
