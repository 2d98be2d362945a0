//! Decides when an ended recording starts again: soon, but after longer and longer pauses if it
//! keeps ending quickly.

use std::time::{Duration, Instant};

/// The pause before the first try. A new file needs a saved world, which arrives every ten seconds.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause. A nearly full disk costs one short file and two log lines in this time.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);
/// A recording that lasts less than this doubles the pause.
const SHORT: Duration = Duration::from_secs(60);

/// Tracks the starts and ends of a recording.
#[derive(Debug)]
pub(super) struct Resume {
    state: RecordingState,
    pause: Duration,
}

#[derive(Clone, Copy, Debug)]
enum RecordingState {
    /// No file was started yet.
    New,
    Recording {
        since: Instant,
    },
    Ended {
        next_try: Instant,
    },
}

impl Resume {
    pub(super) fn new() -> Self {
        Self {
            state: RecordingState::New,
            pause: FIRST_PAUSE,
        }
    }

    /// Returns whether a file may be started now.
    pub(super) fn may_begin(&self, now: Instant) -> bool {
        match self.state {
            RecordingState::New | RecordingState::Recording { .. } => true,
            RecordingState::Ended { next_try } => now >= next_try,
        }
    }

    /// Notes that a file was started or continues. Returns whether the recording had ended before.
    pub(super) fn begun(&mut self, now: Instant) -> bool {
        let ended = matches!(self.state, RecordingState::Ended { .. });
        if !matches!(self.state, RecordingState::Recording { .. }) {
            self.state = RecordingState::Recording { since: now };
        }
        ended
    }

    /// Notes that the recording ended, or that a try to start it again failed. Returns whether the
    /// recording was running, so that only the first failure is logged.
    pub(super) fn ended(&mut self, now: Instant) -> bool {
        let news = match self.state {
            RecordingState::New => true,
            RecordingState::Recording { since } => {
                self.pause = if now.saturating_duration_since(since) < SHORT {
                    (2 * self.pause).min(LONGEST_PAUSE)
                } else {
                    FIRST_PAUSE
                };
                true
            }
            RecordingState::Ended { .. } => false,
        };
        self.state = RecordingState::Ended {
            next_try: now + self.pause,
        };
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pause_is_followed_by_a_try_and_only_the_first_end_is_reported() {
        let mut resume = Resume::new();
        let start = Instant::now();
        assert!(resume.may_begin(start) && !resume.begun(start));
        let end = start + SHORT;
        assert!(resume.ended(end));
        assert!(!resume.may_begin(end + FIRST_PAUSE / 2) && resume.may_begin(end + FIRST_PAUSE));
        assert!(!resume.ended(end + FIRST_PAUSE), "already reported");
        assert!(!resume.may_begin(end + FIRST_PAUSE) && resume.may_begin(end + 2 * FIRST_PAUSE));
        assert!(resume.begun(end + 2 * FIRST_PAUSE));
    }

    #[test]
    fn the_pause_doubles_until_a_recording_lasts() {
        let mut resume = Resume::new();
        let mut now = Instant::now();
        let mut pauses = Vec::new();
        for _ in 0..9 {
            resume.begun(now);
            resume.ended(now);
            let begin = now;
            while !resume.may_begin(now) {
                now += Duration::from_secs(1);
            }
            pauses.push((now - begin).as_secs());
        }
        assert_eq!(pauses, [10, 20, 40, 80, 160, 300, 300, 300, 300]);
        resume.begun(now);
        resume.ended(now + SHORT);
        assert!(resume.may_begin(now + SHORT + FIRST_PAUSE));
    }
}
