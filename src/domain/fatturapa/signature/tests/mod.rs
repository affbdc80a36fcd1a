//! Tests of signed files.
//!
//! Here: what the tests share. Not here: files of real signers, whose names stay out of the repository.

mod cms;
mod curve;
mod sign;
mod unwrap;
mod xades;

use chrono::{DateTime, Utc};

use super::{Content, Signing};

/// A file of the test data.
fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/data/fatturapa/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The throw-away key on a store of the test data.
fn signing(name: &str) -> Signing {
    Signing::from_pkcs12(&sample(&format!("firma/{name}.p12")), "prova").unwrap()
}

/// A moment within the validity of the throw-away certificates.
fn moment() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// A small envelope in DER.
fn envelope() -> Vec<u8> {
    signing("rsa").sign(b"<a>1</a>", moment()).unwrap()
}

/// The content of an envelope that has one.
fn opened(bytes: &[u8]) -> Content<'_> {
    super::unwrap(bytes).unwrap()
}
