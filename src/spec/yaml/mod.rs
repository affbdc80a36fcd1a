//! YAML with places: text to nodes, nodes to typed values.
//!
//! Lives here: the reader, which keeps every place and every number as it was written, and the
//! serde deserializer, which reports all independent mistakes at once. Must not live here: any
//! knowledge of what a pipeline contains, and any reading of files, environment or secrets; the
//! caller hands these over.
//!
//! Why not deserialize straight from the text: a serde error stops at the first mistake, and a
//! number that has been a float has lost its decimals.

mod access;
mod align;
mod builder;
mod context;
pub mod de;
pub mod error;
mod key;
mod leaf;
pub mod node;
pub mod read;
mod syntax;

pub use de::from_node;
pub use error::Error;
pub use node::{Node, Tag, Value};
pub use read::{Include, read};

/// How many mistakes of one document are reported; whoever has more mends these first.
const MAX_FOUND: usize = 100;

/// Where the values of `!env`, `!secret` and `!param` come from.
///
/// `None` means that there is none, which is an error at the place of the tag. An implementation
/// for `check` may answer a stand-in for what only a run needs.
pub trait Values {
    /// The value of an environment variable.
    fn env(&self, name: &str) -> Option<String>;
    /// The value of a secret.
    fn secret(&self, name: &str) -> Option<String>;
    /// The value of a parameter of the pipeline, written as in YAML.
    fn param(&self, name: &str) -> Option<String>;
}

/// No environment, no secrets, no parameters.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoValues;

impl Values for NoValues {
    fn env(&self, _: &str) -> Option<String> {
        None
    }

    fn secret(&self, _: &str) -> Option<String> {
        None
    }

    fn param(&self, _: &str) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod read_tests;
#[cfg(test)]
mod tests;
