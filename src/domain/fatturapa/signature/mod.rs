//! Signed files: what is inside, who signed, signing.
//!
//! Here: [`unwrap()`] (the content whatever the envelope), [`cms`] (verification), [`sign`] (CAdES-BES). Not here: where
//! files and keys come from; revocation.

pub mod ber;
pub mod cms;
pub mod sign;
pub mod unwrap;

#[cfg(test)]
#[path = "../tests/signature.rs"]
mod tests;

pub use cms::Signer;
pub use sign::{SignError, Signing};
pub use unwrap::{Content, UnwrapError, unwrap};
