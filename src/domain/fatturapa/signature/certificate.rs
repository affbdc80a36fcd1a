//! Certificates, read tolerantly: as much of X.509 as verifying and showing a signature needs.
//!
//! Here: the fields of one certificate. Not here: names as text (`name`), who vouches for it (`chain`).

use chrono::{DateTime, Utc};

use super::algorithm::{Outcome, PublicKey, Scheme};
use super::der::{Element, Elements, INTEGER, OCTET_STRING, SEQUENCE, context};
use super::oid;

/// One certificate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Certificate<'a> {
    /// All of it.
    pub(super) der: &'a [u8],
    /// What its issuer signed.
    signed: &'a [u8],
    /// The serial number, big-endian.
    pub(super) serial: &'a [u8],
    /// The issuer's name, encoded.
    pub(super) issuer: &'a [u8],
    /// The holder's name, encoded.
    pub(super) subject: &'a [u8],
    /// Start of the validity.
    pub(super) not_before: DateTime<Utc>,
    /// End of the validity.
    pub(super) not_after: DateTime<Utc>,
    /// The key; none when its kind is not supported.
    pub(super) key: Option<PublicKey<'a>>,
    /// How the issuer signed; none when it is not supported.
    scheme: Option<Scheme>,
    signature: &'a [u8],
    extensions: &'a [u8],
    /// Version 1 has no extensions to say what the certificate is for.
    is_version_1: bool,
}

impl<'a> Certificate<'a> {
    /// The certificate at the start of an input.
    pub(super) fn parse(der: &'a [u8]) -> Option<Self> {
        let outer = Element::first(der)?.tagged(SEQUENCE)?;
        let mut parts = outer.children();
        let (signed, algorithm, signature) = (parts.next()?, parts.next()?, parts.next()?.bits()?);
        let mut fields = signed.children();
        let version = fields.clone().next()?.tagged(context(0));
        if version.is_some() {
            fields.next();
        }
        let serial = fields.next()?.tagged(INTEGER)?.content;
        let (_algorithm, issuer, validity) = (fields.next()?, fields.next()?, fields.next()?);
        let (subject, key) = (fields.next()?, fields.next()?);
        let mut times = validity.children();
        let extensions = fields.find(|field| field.tag == context(3)).and_then(|field| field.child());
        Some(Self {
            der: outer.whole,
            signed: signed.whole,
            serial,
            issuer: issuer.whole,
            subject: subject.whole,
            not_before: times.next()?.time()?,
            not_after: times.next()?.time()?,
            key: PublicKey::of(key),
            scheme: Scheme::of(algorithm, None),
            signature,
            extensions: extensions.map_or(&[], |extensions| extensions.content),
            is_version_1: version.is_none(),
        })
    }

    /// Whether it is valid at a moment.
    pub(super) fn is_valid_at(&self, at: DateTime<Utc>) -> bool {
        (self.not_before..=self.not_after).contains(&at)
    }

    /// Whether another certificate's key signed this one.
    pub(super) fn is_signed_by(&self, other: &Certificate<'_>) -> Outcome {
        match (self.scheme, other.key) {
            (Some(scheme), Some(key)) => scheme.verify(key, self.signed, self.signature),
            _ => Outcome::Unsupported,
        }
    }

    /// Whether it may issue certificates; of version 1 nobody can tell.
    pub(super) fn is_authority(&self) -> Option<bool> {
        let Some(constraints) = self.extension(oid::BASIC_CONSTRAINTS) else {
            return (!self.is_version_1).then_some(false);
        };
        let is_authority = constraints.child().is_some_and(|flag| flag.tag == 0x01 && flag.content != [0]);
        // Bit 5 of the usage, `keyCertSign`.
        let may_sign =
            self.extension(oid::KEY_USAGE).is_none_or(|usage| usage.content.get(1).unwrap_or(&0) & 0x04 != 0);
        Some(is_authority && may_sign)
    }

    /// The identifier of its key.
    pub(super) fn key_identifier(&self) -> Option<&'a [u8]> {
        self.extension(oid::SUBJECT_KEY).map(|identifier| identifier.content)
    }

    /// The value of an extension.
    fn extension(&self, oid: &[u8]) -> Option<Element<'a>> {
        let extension =
            Elements::of(self.extensions).find(|extension| extension.child().is_some_and(|first| first.is_oid(oid)))?;
        extension.children().find(|part| part.tag == OCTET_STRING)?.child()
    }

    /// The serial number in hexadecimal digits.
    pub(super) fn serial_text(&self) -> String {
        let significant = self.serial.strip_prefix(&[0]).filter(|rest| !rest.is_empty()).unwrap_or(self.serial);
        significant.iter().map(|byte| format!("{byte:02X}")).collect()
    }
}
