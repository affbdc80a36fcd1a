//! Stock per channel: what a warehouse can promise, the pool of a channel, what is published of it.
//!
//! Pure rules over columns of whole numbers (see [`quantity`]); which column holds what, and which tables are joined, is
//! the business of the `stock` step.

pub mod allocation;
pub mod guard;
pub mod level;
pub mod publish;
pub mod quantity;
pub mod words;

pub use level::Negative;
pub use publish::Rule;
pub use words::{State, Words};
