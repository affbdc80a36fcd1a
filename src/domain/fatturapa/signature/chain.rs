//! From a certificate up to an authority that the user trusts.
//!
//! Here: the authorities given by the user, and the way up by names, signatures and validity. Not here: revocation and
//! the official list of authorities, which need the network.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use super::algorithm::Outcome;
use super::certificate::Certificate;
use super::der::Elements;
use super::signer::Chain;

/// Certificates between the signer's and a trusted one.
const MOST_STEPS: usize = 6;
/// Signatures that are looked at for one signer; a file may hold any number of certificates.
const MOST_SIGNATURES: usize = 24;

/// Certificates of the authorities that the user trusts; none when the chain is not to be looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authorities {
    certificates: Vec<Vec<u8>>,
}

impl Authorities {
    /// The certificates of a PEM bundle or of a file in binary form; what is not a certificate is left out.
    #[must_use]
    pub fn read(bundle: &[u8]) -> Self {
        let armoured = pem(bundle);
        let all = if armoured.is_empty() {
            Elements::of(bundle).map(|certificate| certificate.whole.to_vec()).collect()
        } else {
            armoured
        };
        let certificates = all.into_iter().filter(|der| Certificate::parse(der).is_some()).collect();
        Self { certificates }
    }

    /// Adds those of another bundle.
    pub fn extend(&mut self, other: Self) {
        self.certificates.extend(other.certificates);
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.certificates.len()
    }

    /// Whether a certificate leads to one of them, over others that came with it. Without a moment no validity is
    /// looked at.
    pub(super) fn judge(&self, leaf: &Certificate<'_>, others: &[Certificate<'_>], at: Option<DateTime<Utc>>) -> Chain {
        if self.is_empty() {
            return Chain::NotChecked;
        }
        let trusted: Vec<Certificate<'_>> =
            self.certificates.iter().filter_map(|der| Certificate::parse(der)).collect();
        let mut way = Way { trusted: &trusted, others, at, budget: MOST_SIGNATURES };
        match way.climb(leaf, 0) {
            Ok(()) => Chain::Trusted,
            Err(reason) => Chain::Untrusted(reason.to_owned()),
        }
    }
}

/// The certificates of a PEM file.
fn pem(bundle: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(bundle);
    let blocks = text.split("-----BEGIN ").skip(1).filter(|block| block.contains("CERTIFICATE-----"));
    let bodies = blocks.filter_map(|block| block.split("-----").nth(1));
    bodies.filter_map(|body| STANDARD.decode(body.split_ascii_whitespace().collect::<String>()).ok()).collect()
}

/// A search for the way up.
struct Way<'w, 'a> {
    trusted: &'w [Certificate<'a>],
    others: &'w [Certificate<'a>],
    at: Option<DateTime<Utc>>,
    budget: usize,
}

impl Way<'_, '_> {
    fn climb(&mut self, certificate: &Certificate<'_>, steps: usize) -> Result<(), &'static str> {
        if self.at.is_some_and(|at| !certificate.is_valid_at(at)) {
            return Err("a certificate of the chain was not valid at signing");
        }
        let (trusted, others) = (self.trusted, self.others);
        if trusted.iter().any(|known| known.der == certificate.der) {
            return Ok(());
        }
        if steps == MOST_STEPS {
            return Err("the chain of certificates is too long");
        }
        let mut reason = "the issuer is not among the trusted authorities";
        let above = trusted.iter().map(|issuer| (issuer, true)).chain(others.iter().map(|issuer| (issuer, false)));
        let above = above.filter(|(issuer, _)| issuer.subject == certificate.issuer && issuer.der != certificate.der);
        for (issuer, is_trusted) in above {
            // The user's word stands for what a certificate of version 1 cannot say.
            if !issuer.is_authority().unwrap_or(is_trusted) {
                reason = "the issuer's certificate is not that of an authority";
                continue;
            }
            if self.budget == 0 {
                return Err("too many certificates of one name");
            }
            self.budget -= 1;
            match certificate.is_signed_by(issuer) {
                Outcome::Holds => match self.climb(issuer, steps + 1) {
                    Ok(()) => return Ok(()),
                    Err(above) => reason = above,
                },
                Outcome::Fails => reason = "the issuer did not sign the certificate",
                Outcome::Unsupported => reason = "the certificate is signed by an algorithm that is not supported",
            }
        }
        Err(reason)
    }
}
