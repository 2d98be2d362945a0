//! A key with the one algorithm that it may be used with, and sets of keys.

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse},
};

/// The maximum number of keys of a set.
pub const MAX_KEYS: usize = 64;
/// The minimum length of a secret, in bytes. RFC 7518 asks for as many bits as the hash has.
const MIN_SECRET: usize = 32;
/// The minimum length of the modulus of an RSA key, in bytes: 2048 bits.
const MIN_MODULUS: usize = 256;
/// The maximum length of the modulus: 8192 bits. A longer one would make checks slow.
const MAX_MODULUS: usize = 1024;

/// A key that verifies tokens.
#[derive(Clone, Debug)]
pub struct Key {
    /// The `kid`. `None`: the key is tried for tokens whose `kid` no other key has.
    pub(super) id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// The text is not a key.
    #[error("it is not a JWK, a JWK set or a public key in PEM: {0}")]
    NotAKey(String),
    /// The key is private.
    #[error("it is a private key; a server needs only the public key, so do not give it the private one")]
    Private,
    /// The key is for encryption.
    #[error("the key is not for signatures")]
    Use,
    /// The algorithm is not supported, or does not fit the key.
    #[error(
        "the alg of the key is not one of HS256/384/512, RS256/384/512, PS256/384/512, ES256/384 or EdDSA, or does not fit its kty and crv"
    )]
    Algorithm,
    /// The id is invalid.
    #[error("the kid of the key is not 1 to 64 characters of A-Z a-z 0-9 . _ -")]
    Id,
    /// Two keys have the same id.
    #[error("two keys have the kid {0}")]
    SameId(String),
    /// The secret is too short.
    #[error(
        "the secret is shorter than the {0} bytes that its algorithm needs; `openssl rand -hex 32` makes one"
    )]
    ShortSecret(usize),
    /// The RSA key is too small or too large.
    #[error("the RSA key does not have 2048 to 8192 bits")]
    RsaSize,
    /// There are too many keys.
    #[error("there are more than {MAX_KEYS} keys")]
    TooMany,
}

/// The keys that verify tokens.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    keys: Vec<Key>,
}

impl KeySet {
    /// Returns a set of these keys.
    ///
    /// # Errors
    /// There are more than [`MAX_KEYS`], or two have the same id.
    pub fn new(keys: Vec<Key>) -> Result<Self, KeyFault> {
        if keys.len() > MAX_KEYS {
            return Err(KeyFault::TooMany);
        }
        for (at, key) in keys.iter().enumerate() {
            let same = |other: &Key| other.id.is_some() && other.id == key.id;
            if keys[..at].iter().any(same) {
                return Err(KeyFault::SameId(key.id.clone().unwrap_or_default()));
            }
        }
        Ok(Self { keys })
    }

    /// Returns whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns the number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Returns all keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter()
    }
}

/// Returns whether a text can be the id of a key. Nothing is looked up with any other text.
pub(super) fn is_key_id(text: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(is_fit)
}

impl Key {
    /// Reads a JWK.
    ///
    /// # Errors
    /// The key is not usable for signatures.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyFault> {
        let common = &jwk.common;
        let is_other_use = |used: &PublicKeyUse| *used != PublicKeyUse::Signature;
        let verifies = |operations: &Vec<KeyOperations>| operations.contains(&KeyOperations::Verify);
        if common.public_key_use.as_ref().is_some_and(is_other_use)
            || !common.key_operations.as_ref().is_none_or(verifies)
        {
            return Err(KeyFault::Use);
        }
        if common.key_id.as_deref().is_some_and(|id| !is_key_id(id)) {
            return Err(KeyFault::Id);
        }
        let named = match common.key_algorithm {
            Some(name) => Some(Algorithm::try_from(name).map_err(|_| KeyFault::Algorithm)?),
            None => None,
        };
        let (usual, others): (Algorithm, &[Algorithm]) = match &jwk.algorithm {
            AlgorithmParameters::OctetKey(_) => (Algorithm::HS256, &[Algorithm::HS384, Algorithm::HS512]),
            AlgorithmParameters::RSA(_) => (Algorithm::RS256, RSA),
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
                (Algorithm::ES256, &[])
            }
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P384 => {
                (Algorithm::ES384, &[])
            }
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
                (Algorithm::EdDSA, &[])
            }
            _ => return Err(KeyFault::Algorithm),
        };
        let algorithm = named.unwrap_or(usual);
        if algorithm != usual && !others.contains(&algorithm) {
            return Err(KeyFault::Algorithm);
        }
        let key = DecodingKey::from_jwk(jwk).map_err(|error| KeyFault::NotAKey(error.to_string()))?;
        Self::checked(common.key_id.clone(), algorithm, key)
    }

    /// Reads a public key in PEM. It has no id. An RSA key is for RS256.
    ///
    /// # Errors
    /// The text is not a public key of a supported kind.
    pub fn from_pem(pem: &str) -> Result<Self, KeyFault> {
        if pem.contains("PRIVATE KEY-----") {
            return Err(KeyFault::Private);
        }
        let bytes = pem.as_bytes();
        if let Ok(key) = DecodingKey::from_ec_pem(bytes) {
            // An uncompressed point: one byte, and two coordinates.
            let algorithm = match key.try_get_as_bytes().map(<[u8]>::len) {
                Ok(65) => Algorithm::ES256,
                Ok(97) => Algorithm::ES384,
                _ => return Err(KeyFault::Algorithm),
            };
            return Self::checked(None, algorithm, key);
        }
        if let Ok(key) = DecodingKey::from_ed_pem(bytes) {
            return Self::checked(None, Algorithm::EdDSA, key);
        }
        let key = DecodingKey::from_rsa_pem(bytes).map_err(|error| KeyFault::NotAKey(error.to_string()))?;
        Self::checked(None, Algorithm::RS256, key)
    }

    /// Returns the key of a secret, for HS256. It has no id.
    ///
    /// # Errors
    /// The secret is too short.
    pub fn from_secret(secret: &[u8]) -> Result<Self, KeyFault> {
        Self::checked(None, Algorithm::HS256, DecodingKey::from_secret(secret))
    }

    fn checked(id: Option<String>, algorithm: Algorithm, key: DecodingKey) -> Result<Self, KeyFault> {
        use jsonwebtoken::DecodingKeyKind::{RsaModulusExponent, SecretOrDer};
        match (algorithm, key.kind()) {
            (Algorithm::HS256, SecretOrDer(secret)) => long_enough(secret, MIN_SECRET)?,
            (Algorithm::HS384, SecretOrDer(secret)) => long_enough(secret, 48)?,
            (Algorithm::HS512, SecretOrDer(secret)) => long_enough(secret, 64)?,
            (Algorithm::ES256, SecretOrDer(point)) if point.len() != 65 => return Err(KeyFault::Algorithm),
            (Algorithm::ES384, SecretOrDer(point)) if point.len() != 97 => return Err(KeyFault::Algorithm),
            (Algorithm::EdDSA, SecretOrDer(point)) if point.len() != 32 => return Err(KeyFault::Algorithm),
            (_, RsaModulusExponent { n, .. }) => {
                let zeros = n.iter().take_while(|byte| **byte == 0).count();
                if !(MIN_MODULUS..=MAX_MODULUS).contains(&(n.len() - zeros)) {
                    return Err(KeyFault::RsaSize);
                }
            }
            // The modulus and about 14 bytes more.
            (algorithm, SecretOrDer(der))
                if RSA.contains(&algorithm) && !(MIN_MODULUS..MAX_MODULUS + 64).contains(&der.len()) =>
            {
                return Err(KeyFault::RsaSize);
            }
            _ => {}
        }
        Ok(Self { id, algorithm, key })
    }
}

const RSA: &[Algorithm] = &[
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];

fn long_enough(secret: &[u8], least: usize) -> Result<(), KeyFault> {
    (secret.len() >= least)
        .then_some(())
        .ok_or(KeyFault::ShortSecret(least))
}
