//! Waits for other threads.

use std::{
    thread,
    time::{Duration, Instant},
};

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until a condition holds. Panics after a minute; `what` names the condition.
#[track_caller]
pub fn eventually(what: &str, mut is: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is() {
        assert!(Instant::now() < until, "timed out: {what}");
        thread::park_timeout(Duration::from_millis(10));
    }
}
