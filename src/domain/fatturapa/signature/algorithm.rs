//! Digests and signature schemes: which one an identifier stands for, and whether a signature holds.
//!
//! Here: the door to the cryptographic library. Not here: what is signed (`cms`, `xades`, `chain`).

use ring::digest;
use ring::signature::{self as library, UnparsedPublicKey, VerificationAlgorithm};

use super::curve::{self, Curve};
use super::der::{Element, INTEGER, context};
use super::oid;

/// A digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    /// The digest of an identifier.
    pub(super) fn from_oid(oid: &[u8]) -> Option<Self> {
        match oid {
            oid::SHA1 => Some(Self::Sha1),
            oid::SHA256 => Some(Self::Sha256),
            oid::SHA384 => Some(Self::Sha384),
            oid::SHA512 => Some(Self::Sha512),
            _ => None,
        }
    }

    /// The digest of an `AlgorithmIdentifier`.
    pub(super) fn of(algorithm: Element<'_>) -> Option<Self> {
        algorithm.child().and_then(|oid| Self::from_oid(oid.content))
    }

    /// The digest of some bytes.
    pub(super) fn digest(self, bytes: &[u8]) -> digest::Digest {
        let algorithm = match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, bytes)
    }

    const fn bytes(self) -> u8 {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// What became of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Holds,
    Fails,
    Unsupported,
}

impl From<bool> for Outcome {
    fn from(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Fails }
    }
}

/// A public key.
#[derive(Clone, Copy, Debug)]
pub(super) struct PublicKey<'a> {
    /// The curve; none for RSA.
    curve: Option<Curve>,
    /// The key in the form that its kind has.
    pub(super) bits: &'a [u8],
}

impl<'a> PublicKey<'a> {
    /// The key of a `SubjectPublicKeyInfo`; none for a kind that is not supported.
    pub(super) fn of(info: Element<'a>) -> Option<Self> {
        let mut parts = info.children();
        let (algorithm, bits) = (parts.next()?, parts.next()?.bits()?);
        let mut parts = algorithm.children();
        let curve = match parts.next()?.content {
            oid::RSA | oid::RSA_PSS => None,
            oid::EC_KEY => match parts.next()?.content {
                oid::P256 => Some(Curve::P256),
                oid::P384 => Some(Curve::P384),
                _ => return None,
            },
            _ => return None,
        };
        Some(Self { curve, bits })
    }
}

/// A way of signing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// RSA with the padding of PKCS #1 1.5.
    Rsa(Digest),
    /// RSA with probabilistic padding, salt as long as the digest.
    RsaPss(Digest),
    /// Elliptic curve, the signature as a sequence of two integers.
    Ecdsa(Digest),
    /// Elliptic curve, the signature as two integers of equal length side by side.
    EcdsaFixed(Digest),
}

impl Scheme {
    /// The scheme of an `AlgorithmIdentifier`; `digest` is for identifiers that name the kind of the key alone.
    pub(super) fn of(algorithm: Element<'_>, digest: Option<Digest>) -> Option<Self> {
        let mut parts = algorithm.children();
        match parts.next()?.content {
            oid::RSA => digest.map(Self::Rsa),
            oid::RSA_SHA1 => Some(Self::Rsa(Digest::Sha1)),
            oid::RSA_SHA256 => Some(Self::Rsa(Digest::Sha256)),
            oid::RSA_SHA384 => Some(Self::Rsa(Digest::Sha384)),
            oid::RSA_SHA512 => Some(Self::Rsa(Digest::Sha512)),
            oid::RSA_PSS => pss(parts.next()?),
            oid::EC_KEY => digest.map(Self::Ecdsa),
            oid::ECDSA_SHA1 => Some(Self::Ecdsa(Digest::Sha1)),
            oid::ECDSA_SHA256 => Some(Self::Ecdsa(Digest::Sha256)),
            oid::ECDSA_SHA384 => Some(Self::Ecdsa(Digest::Sha384)),
            oid::ECDSA_SHA512 => Some(Self::Ecdsa(Digest::Sha512)),
            _ => None,
        }
    }

    /// Whether a signature of a message is that of a key.
    pub(super) fn verify(self, key: PublicKey<'_>, message: &[u8], signature: &[u8]) -> Outcome {
        let algorithm: &dyn VerificationAlgorithm = match (self, key.curve) {
            (Self::Rsa(digest), None) => match digest {
                Digest::Sha1 => &library::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
                Digest::Sha256 => &library::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
                Digest::Sha384 => &library::RSA_PKCS1_2048_8192_SHA384,
                Digest::Sha512 => &library::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
            },
            (Self::RsaPss(digest), None) => match digest {
                Digest::Sha1 => return Outcome::Unsupported,
                Digest::Sha256 => &library::RSA_PSS_2048_8192_SHA256,
                Digest::Sha384 => &library::RSA_PSS_2048_8192_SHA384,
                Digest::Sha512 => &library::RSA_PSS_2048_8192_SHA512,
            },
            (Self::Ecdsa(digest), Some(curve)) => match (curve, digest) {
                (Curve::P256, Digest::Sha256) => &library::ECDSA_P256_SHA256_ASN1,
                (Curve::P256, Digest::Sha384) => &library::ECDSA_P256_SHA384_ASN1,
                (Curve::P384, Digest::Sha256) => &library::ECDSA_P384_SHA256_ASN1,
                (Curve::P384, Digest::Sha384) => &library::ECDSA_P384_SHA384_ASN1,
                _ => return plain_ecdsa(curve, digest, key, message, two_integers(signature)),
            },
            (Self::EcdsaFixed(digest), Some(curve)) => {
                let halves = signature.len().is_multiple_of(2).then(|| signature.split_at(signature.len() / 2));
                return plain_ecdsa(curve, digest, key, message, halves);
            }
            _ => return Outcome::Fails,
        };
        UnparsedPublicKey::new(algorithm, key.bits).verify(message, signature).is_ok().into()
    }
}

/// The pairs of curve and digest that the library leaves out.
fn plain_ecdsa(
    curve: Curve,
    digest: Digest,
    key: PublicKey<'_>,
    message: &[u8],
    signature: Option<(&[u8], &[u8])>,
) -> Outcome {
    let digest = digest.digest(message);
    signature.is_some_and(|signature| curve::verify(curve, key.bits, digest.as_ref(), signature)).into()
}

/// The two positive integers of a sequence.
fn two_integers(signature: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut parts = Element::first(signature)?.children();
    let first = parts.next()?.tagged(INTEGER)?;
    Some((first.content, parts.next()?.tagged(INTEGER)?.content))
}

/// RSA-PSS when its parameters are those that everybody uses: one digest, its length as salt.
fn pss(parameters: Element<'_>) -> Option<Scheme> {
    let field = |number: u8| parameters.children().find(|field| field.tag == context(number))?.child();
    let digest = Digest::of(field(0)?)?;
    let mut mask = field(1)?.children();
    let is_mgf1 = mask.next()?.is_oid(oid::MGF1) && Digest::of(mask.next()?) == Some(digest);
    (is_mgf1 && field(2)?.content == [digest.bytes()]).then_some(Scheme::RsaPss(digest))
}
