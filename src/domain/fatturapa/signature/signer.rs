//! What is known of the signatures of a file, and which of the exchange system's controls they fail.
//!
//! Here: the result that `cms` and `xades` share. Not here: how it comes about; revocation (00101), the list of
//! qualified authorities (00104) and other defects of certificates (00107), which need the network.

use chrono::{DateTime, Utc};

use super::algorithm::Outcome;
use super::certificate::Certificate;
use super::name;

/// Whether a certificate leads to an authority that the user trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chain {
    /// No authority was given, or there is no certificate to look at.
    NotChecked,
    /// It does, and every certificate in between was valid at signing.
    Trusted,
    /// It does not, and why.
    Untrusted(String),
}

/// One signature of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// Distinguished name of the certificate's holder; empty when the certificate is not in the file.
    pub subject: String,
    /// Distinguished name of who issued the certificate.
    pub issuer: String,
    /// Serial number of the certificate, in hexadecimal digits.
    pub serial: String,
    /// Start of the certificate's validity; none when the certificate is not in the file.
    pub not_before: Option<DateTime<Utc>>,
    /// End of the certificate's validity.
    pub not_after: Option<DateTime<Utc>>,
    /// When the signer says that it signed.
    pub signing_time: Option<DateTime<Utc>>,
    /// Whether the signed digest is that of the content.
    pub digest_matches: bool,
    /// Whether the signature is that of the certificate's key over the content.
    pub verifies: bool,
    /// Whether the signature could be judged at all: its algorithms are known and its certificate is there.
    pub is_judged: bool,
    /// Why it does not verify.
    pub problem: Option<String>,
    /// Whether the certificate leads to a trusted authority.
    pub chain: Chain,
}

impl Signer {
    /// A signature of which nothing is known yet.
    pub(super) const fn unknown() -> Self {
        Self {
            subject: String::new(),
            issuer: String::new(),
            serial: String::new(),
            not_before: None,
            not_after: None,
            signing_time: None,
            digest_matches: false,
            verifies: false,
            is_judged: true,
            problem: None,
            chain: Chain::NotChecked,
        }
    }

    /// Says what the certificate says.
    pub(super) fn describe(&mut self, certificate: &Certificate<'_>) {
        self.subject = name::text(certificate.subject);
        self.issuer = name::text(certificate.issuer);
        self.serial = certificate.serial_text();
        self.not_before = Some(certificate.not_before);
        self.not_after = Some(certificate.not_after);
    }

    /// Notes what stands in the way; the first word counts.
    pub(super) fn fail(&mut self, problem: &str) {
        self.verifies = false;
        self.problem.get_or_insert_with(|| problem.to_owned());
    }

    /// Notes why nothing can be said; what failed already stays said.
    pub(super) fn give_up(&mut self, problem: &str) {
        self.is_judged &= self.problem.is_some();
        self.fail(problem);
    }

    /// Notes what became of the signature itself.
    pub(super) fn conclude(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Holds if self.problem.is_none() => self.verifies = true,
            Outcome::Holds => {}
            Outcome::Fails => self.fail("the signature is not that of the certificate's key"),
            Outcome::Unsupported => self.give_up("signature algorithm not supported"),
        }
    }
}

/// The signatures of one envelope, or of one XML file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// The signers, in the order of the file.
    pub signers: Vec<Signer>,
    /// Whether the envelope ends too early, so that signers may be missing.
    pub truncated: bool,
}

impl Verification {
    /// Whether there is a signature and every one holds for the content.
    #[must_use]
    pub fn verifies(&self) -> bool {
        !self.truncated && !self.signers.is_empty() && self.signers.iter().all(|signer| signer.verifies)
    }

    /// The controls that fail, each with the place of its signer in `signers`. Without the moment of reception the
    /// signing time is not compared with it.
    ///
    /// A certificate is looked at in the moment of signing; where nothing says when that was, in that of reception. A
    /// signature that could not be judged fails no control.
    #[must_use]
    pub fn problems(&self, received_at: Option<DateTime<Utc>>) -> Vec<(Option<usize>, SignatureProblem)> {
        if self.signers.is_empty() && !self.truncated {
            return vec![(None, SignatureProblem::Mismatch)];
        }
        let mut problems = Vec::new();
        for (place, signer) in self.signers.iter().enumerate() {
            let mut push = |problem| problems.push((Some(place), problem));
            if signer.is_judged && !signer.verifies {
                push(SignatureProblem::Mismatch);
            }
            match (signer.signing_time, received_at) {
                (None, _) if signer.is_judged => push(SignatureProblem::NoSigningTime),
                (Some(signed), Some(received)) if signed > received => push(SignatureProblem::LateSigningTime),
                _ => {}
            }
            let moment = signer.signing_time.or(received_at);
            if signer.not_after.zip(moment).is_some_and(|(until, moment)| until < moment) {
                push(SignatureProblem::Expired);
            }
        }
        problems
    }
}

/// The controls on signatures that can be decided without the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureProblem {
    /// The certificate had expired.
    Expired,
    /// The signature does not match the content.
    Mismatch,
    /// Nothing says when it was signed.
    NoSigningTime,
    /// It says that it was signed after it was received.
    LateSigningTime,
}

impl SignatureProblem {
    /// The code of the exchange system.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Expired => "00100",
            Self::Mismatch => "00102",
            Self::NoSigningTime => "00103",
            Self::LateSigningTime => "00105",
        }
    }
}
