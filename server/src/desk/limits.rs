//! Rate limits of a session for the requests that the desk answers itself.

use std::time::{Duration, Instant};

use parlour_shared::{close::CloseCode, message::Refusal, token_bucket::take_token};

use super::config::JoinRate;

/// Requests in the lobby that are not joins: a burst of 30, and 20 per second.
const OTHER: JoinRate = rate(30, 50);
/// Senseless requests, as in a world: the 20th in a burst closes the connection. One is forgotten
/// every 3 s.
const SENSELESS: JoinRate = rate(19, 3_000);
/// Requests that come too often, as in a world: a burst of 60, and one per second, then the
/// connection is closed.
const LIMITED: JoinRate = rate(60, 1_000);

const fn rate(burst: u32, every_ms: u64) -> JoinRate {
    JoinRate {
        burst,
        every: Duration::from_millis(every_ms),
    }
}

/// The token buckets of a session.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SessionLimits {
    joins: TokenBucket,
    other: TokenBucket,
    senseless: TokenBucket,
    limited: TokenBucket,
}

/// A token bucket. `None`: it is full.
#[derive(Clone, Copy, Debug, Default)]
struct TokenBucket {
    full_at: Option<Instant>,
}

impl SessionLimits {
    /// Takes a token for a join or a reservation.
    pub(super) fn join(&mut self, rate: JoinRate, now: Instant) -> Result<(), Refusal> {
        self.joins.take(rate, now).map_err(retry_after)
    }

    /// Takes a token for any other request.
    pub(super) fn other(&mut self, now: Instant) -> Result<(), Refusal> {
        self.other.take(OTHER, now).map_err(retry_after)
    }

    /// Counts a refusal. Returns a close code after too many of a kind that a correct client never
    /// causes.
    pub(super) fn strike(&mut self, refusal: &Refusal, now: Instant) -> Option<CloseCode> {
        let (bucket, rate, code) = match refusal {
            Refusal::RateLimited { .. } => (&mut self.limited, LIMITED, CloseCode::RateLimited),
            refusal if refusal.is_senseless() => {
                (&mut self.senseless, SENSELESS, CloseCode::RepeatedlyInvalid)
            }
            _ => return None,
        };
        bucket.take(rate, now).is_err().then_some(code)
    }
}

impl TokenBucket {
    /// Takes a token, or returns the time until there is one.
    fn take(&mut self, rate: JoinRate, now: Instant) -> Result<(), Duration> {
        let mut full_at = self.full_at.unwrap_or(now);
        let taken = take_token(&mut full_at, now, now, rate.every, rate.every * rate.burst);
        self.full_at = Some(full_at);
        taken
    }
}

fn retry_after(wait: Duration) -> Refusal {
    let milliseconds = wait.as_micros().div_ceil(1000);
    Refusal::RateLimited {
        retry_after_ms: u32::try_from(milliseconds).unwrap_or(u32::MAX),
    }
}
