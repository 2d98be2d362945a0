//! Waiting for what other threads do.

use std::{
    thread,
    time::{Duration, Instant},
};

/// Far more than anything takes; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for something that becomes true soon.
#[track_caller]
pub fn eventually(what: &str, mut is: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is() {
        assert!(Instant::now() < until, "{what}: not in time");
        thread::park_timeout(Duration::from_millis(10));
    }
}
