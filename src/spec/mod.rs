//! What the user wrote: the pipeline file as data, with the place of every word. No behaviour.

pub mod environment;
pub mod mail;
pub mod params;
pub mod parse;
pub mod pipeline;
pub mod project;
pub mod rows;
pub mod yaml;

pub use parse::{Loaded, load};
pub use pipeline::Pipeline;
