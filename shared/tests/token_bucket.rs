//! A token bucket that is stored as one time equals one that counts its tokens.

use parlour_shared::token_bucket::take_token;
use proptest::prelude::*;

/// A simple bucket, which counts parts of tokens: `every` parts are a token.
struct Counted {
    parts: u64,
    at: u64,
}

impl Counted {
    fn take(&mut self, now: u64, every: u64, burst: u64) -> Result<(), u64> {
        self.parts = (self.parts + (now - self.at)).min(every * burst);
        self.at = now;
        match self.parts.checked_sub(every) {
            Some(rest) => {
                self.parts = rest;
                Ok(())
            }
            None => Err(every - self.parts),
        }
    }
}

proptest! {
    #[test]
    fn a_bucket_has_the_tokens_that_came_back(
        every in 1..20_u64,
        burst in 1..10_u64,
        pauses in prop::collection::vec(0..40_u64, 1..200),
    ) {
        let (mut now, mut full_at) = (1000, 0);
        let mut counted = Counted { parts: every * burst, at: now };
        for pause in pauses {
            now += pause;
            let taken = take_token(&mut full_at, now, now, every, every * burst);
            prop_assert_eq!(taken, counted.take(now, every, burst));
        }
    }
}

#[test]
fn a_bucket_that_was_emptied_under_a_stricter_limit_is_just_empty() {
    let mut full_at = 1_000_000;
    assert_eq!(take_token(&mut full_at, 100, 100, 10_u64, 30), Err(10));
    assert_eq!(take_token(&mut full_at, 110, 110, 10_u64, 30), Ok(()));
}

#[test]
fn tokens_since_an_earlier_time_are_added_to_the_burst() {
    let mut full_at = 0;
    let taken = (0..100).filter(|_| take_token(&mut full_at, 500, 700, 10_u64, 30).is_ok());
    assert_eq!(taken.count(), 20 + 3);
}
