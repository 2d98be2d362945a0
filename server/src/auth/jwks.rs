//! When the keys of an address are fetched: at most once a minute, and the last good keys are kept
//! while that fails. Time is an argument, and nothing here waits.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{AuthFault, KeySet, key_file};

/// The minimum time between the starts of two fetches, whatever clients send.
pub(super) const MIN_INTERVAL: Duration = Duration::from_secs(60);
/// The time after which the keys are fetched again although no token needs it, so that a key that
/// was withdrawn is not trusted for longer.
pub(super) const REFRESH_INTERVAL: Duration = Duration::from_secs(600);

/// The keys of an address.
#[derive(Debug, Default)]
pub(super) struct JwksCache {
    /// The last good keys.
    keys: Option<Arc<KeySet>>,
    /// When the last fetch began.
    last: Option<Instant>,
    is_fetching: bool,
}

/// What to do about a token whose key is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnknownKeyStep {
    /// Begin a fetch and wait for it.
    Fetch,
    /// Wait for the fetch that is under way.
    Wait,
    /// Refuse the token: the keys were fetched a moment ago.
    Refuse(AuthFault),
}

impl JwksCache {
    /// Returns the last good keys.
    pub(super) fn keys(&self) -> Option<&KeySet> {
        self.keys.as_deref()
    }

    /// A token has a key that is not known.
    pub(super) fn unknown_key(&self, now: Instant) -> UnknownKeyStep {
        if self.is_fetching {
            UnknownKeyStep::Wait
        } else if self.may_fetch(now) {
            UnknownKeyStep::Fetch
        } else if self.keys.is_none() {
            UnknownKeyStep::Refuse(AuthFault::KeysUnavailable)
        } else {
            UnknownKeyStep::Refuse(AuthFault::UnknownKey)
        }
    }

    /// Returns whether the keys are to be fetched now although no token needs it.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        let interval = match self.keys {
            Some(_) => REFRESH_INTERVAL,
            None => MIN_INTERVAL,
        };
        !self.is_fetching && self.last.is_none_or(|last| now >= last + interval)
    }

    /// Notes that a fetch begins.
    pub(super) fn begin(&mut self, now: Instant) {
        self.last = Some(now);
        self.is_fetching = true;
    }

    /// Notes the end of a fetch. `None`: it failed.
    pub(super) fn end(&mut self, keys: Option<KeySet>) {
        self.is_fetching = false;
        if let Some(keys) = keys {
            self.keys = Some(Arc::new(keys));
        }
    }

    fn may_fetch(&self, now: Instant) -> bool {
        self.last.is_none_or(|last| now >= last + MIN_INTERVAL)
    }
}

/// Reads a JWK set of an address. Keys that cannot be used are skipped, because such a set also has
/// keys for other programs. So are secrets: a secret that anyone can fetch is none.
///
/// # Errors
/// A sentence: it is not a JWK set, or has no usable key.
pub(super) fn read(json: &[u8]) -> Result<(KeySet, usize), String> {
    let keys = key_file::key_set(json).map_err(|fault| fault.to_string())?;
    let count = keys.len();
    let is_public = |key: &super::Key| key.algorithm.family() != jsonwebtoken::AlgorithmFamily::Hmac;
    let usable: Vec<_> = keys.into_iter().flatten().filter(is_public).collect();
    let skipped = count - usable.len();
    if usable.is_empty() {
        return Err("it has no key that can verify tokens".to_owned());
    }
    let keys = KeySet::new(usable).map_err(|fault| fault.to_string())?;
    Ok((keys, skipped))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn unknown_keys_cause_one_fetch_a_minute() {
        let (mut cache, start) = (JwksCache::default(), Instant::now());
        assert_eq!(cache.unknown_key(start), UnknownKeyStep::Fetch);
        cache.begin(start);
        assert_eq!(cache.unknown_key(start), UnknownKeyStep::Wait);
        cache.end(Some(KeySet::default()));
        let refused = UnknownKeyStep::Refuse(AuthFault::UnknownKey);
        assert_eq!(cache.unknown_key(start + 59 * SECOND), refused);
        assert_eq!(cache.unknown_key(start + 60 * SECOND), UnknownKeyStep::Fetch);
    }

    #[test]
    fn the_last_good_keys_are_kept_while_the_address_fails() {
        let (mut cache, start) = (JwksCache::default(), Instant::now());
        cache.begin(start);
        cache.end(None);
        let refused = UnknownKeyStep::Refuse(AuthFault::KeysUnavailable);
        assert_eq!(
            (cache.keys().is_none(), cache.unknown_key(start)),
            (true, refused)
        );
        cache.begin(start);
        cache.end(Some(KeySet::default()));
        cache.begin(start);
        cache.end(None);
        assert!(cache.keys().is_some());
    }

    #[test]
    fn keys_are_fetched_again_every_ten_minutes_and_every_minute_if_there_are_none() {
        let (mut cache, start) = (JwksCache::default(), Instant::now());
        assert!(cache.is_due(start));
        cache.begin(start);
        assert!(!cache.is_due(start + 999 * SECOND), "a fetch is under way");
        cache.end(None);
        assert!(!cache.is_due(start + 59 * SECOND) && cache.is_due(start + 60 * SECOND));
        cache.end(Some(KeySet::default()));
        assert!(!cache.is_due(start + 599 * SECOND) && cache.is_due(start + 600 * SECOND));
    }

    #[test]
    fn secrets_and_keys_for_other_purposes_are_skipped() {
        let secret = crate::auth::DevelopmentKey::generate().unwrap().to_jwk();
        let (keys, skipped) = read(
            format!(
                r#"{{"keys":[{secret},{{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}},
                {{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}]}}"#
            )
            .as_bytes(),
        )
        .unwrap();
        assert_eq!((keys.len(), skipped), (1, 2));
        for wrong in [
            &format!("{{\"keys\":[{secret}]}}"),
            "{\"keys\":[]}",
            "{\"keys\":7}",
            "[]",
            "<html>",
        ] {
            assert!(read(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
