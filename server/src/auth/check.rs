//! The check of a token: a function of the token, the keys, the rules and the time.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, crypto};
use parlour_shared::limits::MAX_TOKEN_BYTES;
use serde_json::{Map, Value};

use super::{
    AuthFault, Identity, identity,
    key::{Key, KeySet, is_key_id},
    strict_json,
};

/// The keys that are tried for one token at most. Only tokens without a `kid` may need several.
const MAX_TRIES: usize = 4;
/// The last second of the year 9999. A later time is a mistake, such as one in milliseconds.
const LATEST: u64 = 253_402_300_799;
/// Parameters of the header that choose a key, or change how the token is read. All keys are known
/// before the token arrives, so none of them is of use to an honest client.
const REFUSED: &[&str] = &["crit", "jwk", "jku", "x5u", "x5c", "b64", "enc", "zip", "epk"];

/// What a token must say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRules {
    /// The accepted issuers.
    pub issuers: Vec<String>,
    /// The accepted audiences. One of those in the token must be in this list.
    pub audiences: Vec<String>,
    /// The required `typ`. `None`: any.
    pub token_type: Option<String>,
    /// The time by which clocks may differ.
    pub leeway: Duration,
}

impl Default for TokenRules {
    fn default() -> Self {
        Self {
            issuers: vec!["parlour".to_owned()],
            audiences: vec!["parlour".to_owned()],
            token_type: None,
            leeway: Duration::from_secs(30),
        }
    }
}

/// Checks a token. `now` is in seconds since 1970.
///
/// The claims are read only after the signature was verified, and the algorithm is always that of
/// the key. The crate `jsonwebtoken` verifies the signature. It does not check the claims, because
/// it reads the clock itself, rounds times with fractions, and accepts keys that occur twice.
///
/// # Errors
/// The first fault.
pub fn check(token: &str, keys: &KeySet, rules: &TokenRules, now: u64) -> Result<Identity, AuthFault> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(AuthFault::TooLong);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(AuthFault::Malformed)?;
    let (header, claims) = message.split_once('.').ok_or(AuthFault::Malformed)?;
    if claims.contains('.') || signature.is_empty() {
        return Err(AuthFault::Malformed);
    }
    let header = object(header)?;
    if REFUSED.iter().any(|name| header.contains_key(*name)) {
        return Err(AuthFault::Header);
    }
    let algorithm = header.get("alg").and_then(Value::as_str);
    let algorithm = algorithm.ok_or(AuthFault::Malformed)?;
    let algorithm: Algorithm = algorithm.parse().map_err(|_| AuthFault::Algorithm)?;
    let kid = match header.get("kid") {
        None => None,
        Some(Value::String(kid)) if is_key_id(kid) => Some(kid.as_str()),
        Some(_) => return Err(AuthFault::KeyId),
    };
    verify(message, signature, keys, kid, algorithm)?;
    check_type(&header, rules)?;
    check_claims(&object(claims)?, rules, now)
}

/// Verifies the signature with the keys that `kid` selects.
fn verify(
    message: &str,
    signature: &str,
    keys: &KeySet,
    kid: Option<&str>,
    algorithm: Algorithm,
) -> Result<(), AuthFault> {
    let with_id = |key: &&Key| key.id.as_deref() == kid;
    let is_known = kid.is_some() && keys.iter().any(|key| with_id(&key));
    let selected = |key: &&Key| match kid {
        Some(_) if is_known => with_id(key),
        Some(_) => key.id.is_none(),
        None => true,
    };
    let not_found = match kid {
        Some(_) if !is_known => AuthFault::UnknownKey,
        _ if keys.is_empty() => AuthFault::UnknownKey,
        _ => AuthFault::Algorithm,
    };
    let mut fault = not_found;
    let fitting = keys
        .iter()
        .filter(selected)
        .filter(|key| key.algorithm == algorithm);
    for key in fitting.take(MAX_TRIES) {
        // An error means that the key cannot verify anything, or that the signature is not base64.
        if crypto::verify(signature, message.as_bytes(), &key.key, key.algorithm).unwrap_or(false) {
            return Ok(());
        }
        if fault == AuthFault::Algorithm {
            fault = AuthFault::Signature;
        }
    }
    Err(fault)
}

fn object(part: &str) -> Result<Map<String, Value>, AuthFault> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| AuthFault::Malformed)?;
    strict_json::parse(&bytes)
}

/// RFC 7515 allows to leave out `application/`, and ignores case.
fn check_type(header: &Map<String, Value>, rules: &TokenRules) -> Result<(), AuthFault> {
    fn short(name: &str) -> &str {
        match name.get(..12) {
            Some(start) if start.eq_ignore_ascii_case("application/") => &name[12..],
            _ => name,
        }
    }
    let Some(wanted) = &rules.token_type else {
        return Ok(());
    };
    let found = header.get("typ").and_then(Value::as_str).ok_or(AuthFault::Type)?;
    let is_same = short(found).eq_ignore_ascii_case(short(wanted));
    is_same.then_some(()).ok_or(AuthFault::Type)
}

fn check_claims(claims: &Map<String, Value>, rules: &TokenRules, now: u64) -> Result<Identity, AuthFault> {
    let leeway = rules.leeway.as_secs();
    let expires = time(claims, "exp")?.ok_or(AuthFault::Time)?;
    let (begins, issued) = (time(claims, "nbf")?, time(claims, "iat")?);
    if expires.saturating_add(leeway) <= now {
        return Err(AuthFault::Expired);
    }
    let is_later = |time: Option<u64>| time.is_some_and(|time| time > now.saturating_add(leeway));
    if is_later(begins) || is_later(issued) {
        return Err(AuthFault::NotYetValid);
    }
    let issuer = claims.get("iss").and_then(Value::as_str);
    if !issuer.is_some_and(|issuer| rules.issuers.iter().any(|known| known == issuer)) {
        return Err(AuthFault::Issuer);
    }
    check_audience(claims.get("aud"), rules)?;
    let user = claims.get("sub").and_then(Value::as_str);
    let user = user
        .filter(|user| identity::is_user(user))
        .ok_or(AuthFault::Subject)?;
    Identity::read(user.to_owned(), expires, claims)
}

/// Returns a time in whole seconds. A time with a fraction or an exponent is not accepted, so that
/// all programs that read the token agree on it.
fn time(claims: &Map<String, Value>, name: &str) -> Result<Option<u64>, AuthFault> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let time = value.as_u64().filter(|time| *time <= LATEST);
    time.map(Some).ok_or(AuthFault::Time)
}

/// The audience is a text, or a list of texts (RFC 7519, section 4.1.3).
fn check_audience(audience: Option<&Value>, rules: &TokenRules) -> Result<(), AuthFault> {
    let is_ours = |text: &str| rules.audiences.iter().any(|known| known == text);
    let is_accepted = match audience {
        Some(Value::String(text)) => is_ours(text),
        Some(Value::Array(list)) => {
            let texts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
            texts.is_some_and(|texts| texts.into_iter().any(is_ours))
        }
        _ => false,
    };
    is_accepted.then_some(()).ok_or(AuthFault::Audience)
}
