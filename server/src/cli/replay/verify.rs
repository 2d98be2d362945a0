//! Verifies every hash, shows the progress, and prints a summary.

use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

use clap::{Arg, ArgAction};
use parlour_recording::{
    format::{EndReason, Ending},
    replay::{Replay, ReplayError, Verification, Window, display, verify},
};
use parlour_shared::{ids::Tick, limits::TICK_RATE, text::count};
use serde_json::json;

use super::{
    super::{exit::Exit, output},
    input::ReplayInput,
    what,
};

/// The time between two updates of the progress line.
const UPDATE_INTERVAL: Duration = Duration::from_millis(200);

pub(super) fn arg() -> Arg {
    Arg::new(what::VERIFY)
        .long(what::VERIFY)
        .help("Verify every hash: the default for a recording. In a directory of worlds, verify all worlds")
        .action(ArgAction::SetTrue)
}

/// Verifies a window and shows the progress. Also returns the time that it took.
pub(super) fn verify_with_progress(
    replay: &mut Replay,
    window: Window,
) -> (Result<Verification, ReplayError>, Duration) {
    let mut progress = Progress::new(window.from, window.to);
    let verified = verify(replay, window, |tick| progress.tick(tick));
    progress.clear();
    (verified, progress.start.elapsed())
}

pub(super) fn run(mut input: ReplayInput, is_json: bool) -> Result<(), Exit> {
    let (verified, elapsed) = verify_with_progress(&mut input.replay, input.window);
    let verified = verified.map_err(|error| Exit::replay(&input.path, error))?;
    let includes_end = input.replay.last_tick() == Some(verified.last);
    let ending = includes_end.then(|| ending(input.replay.ending()));
    if is_json {
        return output::result(&format!("{}\n", to_json(&verified, &input, elapsed, ending)));
    }
    let mut text = summary(&verified, &input, elapsed);
    if verified.saved_worlds > 0 {
        text.push_str(&format!(", and also from {}", counted(verified.saved_worlds)));
    }
    if let Some(panic) = &verified.panic {
        text.push_str(&format!(
            "; tick {} panics as it did when recorded: {}",
            verified.last.0,
            display::plain(panic)
        ));
    }
    if let Some(ending) = ending {
        text.push_str(&format!("; {ending}"));
    }
    output::result(&format!("{text}.\n"))
}

fn to_json(
    verified: &Verification,
    input: &ReplayInput,
    elapsed: Duration,
    ending: Option<String>,
) -> serde_json::Value {
    let times = input.replay.times();
    json!({
        "file": input.path, "result": "same", "first_tick": verified.first, "last_tick": verified.last,
        "from": display::rfc3339(times.at(verified.first)), "to": display::rfc3339(times.at(verified.last)),
        "ticks": verified.ticks(), "hashes": verified.hashes(), "saved_worlds": verified.saved_worlds,
        "panic": verified.panic, "ending": ending, "seconds": elapsed.as_secs_f64(),
    })
}

/// Returns how much faster than real time this many ticks ran.
pub(super) fn real_time(ticks: u64, seconds: f64) -> f64 {
    ticks as f64 / f64::from(TICK_RATE) / seconds.max(0.001)
}

fn summary(verified: &Verification, input: &ReplayInput, elapsed: Duration) -> String {
    let times = input.replay.times();
    let (from, to) = (times.at(verified.first), times.at(verified.last));
    let seconds = elapsed.as_secs_f64();
    format!(
        "{}, {} to {} ({} to {}), {} verified in {seconds:.2} s ({:.0} x real time)",
        count(verified.ticks(), "tick"),
        verified.first.0,
        verified.last.0,
        display::rfc3339(from),
        display::time_of_day(to),
        count(verified.hashes(), "hash"),
        real_time(verified.ticks().into(), seconds),
    )
}

/// Counts saved worlds in words.
pub(super) fn counted(saved_worlds: u32) -> String {
    match saved_worlds {
        1 => "1 saved world".to_owned(),
        more => format!("{more} saved worlds"),
    }
}

/// Describes how the recording ends.
pub(super) fn ending(ending: &Ending) -> String {
    let (how, text) = match ending {
        Ending::Ended { reason, text } => (
            match reason {
                EndReason::Stopped => "the recording ended normally".to_owned(),
                EndReason::Rotated => "the recording continues in a new file".to_owned(),
                EndReason::DiskFull => "the recording ends because the disk was full".to_owned(),
                EndReason::DiskError => "the recording ends because the disk failed".to_owned(),
                EndReason::TooSlow => "the recording ends because the disk was too slow".to_owned(),
                EndReason::Panicked => "the recording ends because the tick panicked".to_owned(),
            },
            text,
        ),
        Ending::Cut { offset, why } => (format!("the recording is cut at byte {offset}"), why),
        Ending::Damaged { offset, why } => (format!("the recording is damaged at byte {offset}"), why),
    };
    match text.is_empty() {
        true => how,
        false => format!("{how} ({})", display::plain(text)),
    }
}

/// A progress line on standard error, if that is a terminal.
struct Progress {
    start: Instant,
    last_update: Option<Instant>,
    from: Tick,
    to: Tick,
    shown: bool,
}

impl Progress {
    fn new(from: Tick, to: Tick) -> Self {
        Self {
            start: Instant::now(),
            last_update: None,
            from,
            to,
            shown: io::stderr().is_terminal(),
        }
    }

    fn tick(&mut self, tick: Tick) {
        // Reading the clock costs less than a tick, but is not free.
        if !self.shown || !tick.0.is_multiple_of(16) {
            return;
        }
        let now = Instant::now();
        if self.last_update.is_some_and(|last| now - last < UPDATE_INTERVAL) {
            return;
        }
        self.last_update = Some(now);
        let (done, all) = (tick.since(self.from), self.to.since(self.from) + 1);
        let percent = u64::from(done) * 100 / u64::from(all);
        let played = f64::from(done) / f64::from(TICK_RATE);
        let speed = played / (now - self.start).as_secs_f64().max(0.001);
        let _ = write!(
            io::stderr(),
            "\r{percent:3} %  tick {}  {speed:.0} x real time\x1b[K",
            tick.0
        );
    }

    fn clear(&self) {
        if self.last_update.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
