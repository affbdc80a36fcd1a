//! Signed files: what is inside, who signed, signing.
//!
//! Here: [`unwrap()`] (the content whatever the envelope), [`cms`] and [`xades`] (verification), [`sign`] (CAdES-BES).
//! Not here: where files, keys and trusted certificates come from; revocation and the official list of authorities.

mod algorithm;
mod canonical;
mod certificate;
mod chain;
pub mod cms;
mod curve;
mod der;
mod markup;
mod name;
mod oid;
mod reference;
pub mod sign;
mod signer;
pub mod unwrap;
pub mod xades;

pub use chain::Authorities;
pub use sign::{SignError, Signing};
pub use signer::{Chain, SignatureProblem, Signer, Verification};
pub use unwrap::{Content, Layer, UnwrapError, unwrap};

#[cfg(test)]
#[path = "tests/mod.rs"]
mod tests;
