//! Runs both recordings again from different starts until two worlds diverge, and finds the system
//! that causes it.

use std::{thread, time::Duration};

use parlour_shared::ids::Tick;

use super::{
    super::{
        Replay, ReplayError,
        recording_files::{FilePosition, RecordingFiles},
    },
    parting::{
        ComparedRecording, DifferenceCause, Pair, Parting, WorldOrigin, earliest, earliest_apart, parted,
        writers,
    },
    rerun::{self, Rerun, RerunMode},
};

/// The maximum number of pairs of worlds that are run. A random difference may not occur every
/// time.
const ATTEMPTS: u32 = 64;
/// The number of pairs, run first, that start at the last saved world before the difference, which
/// is cheap and usually enough.
const USUAL: usize = 8;
/// The maximum number of watched ticks once worlds have left the recordings early, because watching
/// is slow.
const WATCHED_TICKS: u32 = 6000;
/// The number of times that a world is compared with itself before chance is ruled out.
const CONFIRM: u32 = 6;
/// The number of times that a pair is run to find the system whose commands made the difference.
const COMMANDS: u32 = 8;
/// The length of a pause. It is longer than a second, in case game logic reads a clock in seconds.
const PAUSE: Duration = Duration::from_millis(1100);

/// The result of the search.
pub(super) struct Search {
    /// The tick at which worlds diverge. It may be earlier than the tick at which the recordings
    /// diverge.
    pub(super) tick: Tick,
    pub(super) found: Option<Parting>,
    pub(super) attempts: u32,
    /// For each recording, whether some world reached its hash at the tick at which the recordings
    /// diverge.
    pub(super) reproduces: [bool; 2],
    /// If no worlds diverge: the systems that wrote the differing parts.
    pub(super) writers: Vec<String>,
}

/// Runs pairs of worlds to `tick`, where the recordings have the hashes `recorded` and differ in
/// `parts`.
pub(super) fn search(
    replays: [&mut Replay; 2],
    tick: Tick,
    recorded: [Option<u64>; 2],
    parts: &[String],
) -> Result<Search, ReplayError> {
    let mut replays = Replays(replays);
    let mut search = Search {
        tick,
        found: None,
        attempts: 0,
        reproduces: [false; 2],
        writers: Vec::new(),
    };
    let mut parts = parts.to_vec();
    let mut watches: Option<u32> = None;
    for pair in plan(&replays, tick) {
        search.attempts += 1;
        if let Some(left) = &mut watches {
            let watched = replays.watch(pair, tick, &mut search)?;
            match left.checked_sub(watched) {
                Some(rest) => *left = rest,
                None => break,
            }
        } else if let Some(reruns) = replays.run(pair, tick, RerunMode::Plain)? {
            for rerun in &reruns {
                for (reproduces, recorded) in search.reproduces.iter_mut().zip(recorded) {
                    *reproduces |= rerun.last() >= tick && rerun.hash(tick) == recorded;
                }
            }
            if let Some(earlier) = earliest(&reruns, tick) {
                search.tick = earlier;
                parts = parts_left(&reruns, earlier);
                watches = Some(WATCHED_TICKS);
            }
            // If the worlds diverged earlier, run the same pair again up to that tick.
            let reruns = match watches {
                None => Some(reruns),
                Some(_) => replays.run(pair, search.tick, RerunMode::Plain)?,
            };
            if let Some(reruns) = reruns {
                search.found = parted(&reruns, pair);
                search.writers = writers(&reruns[0], &parts);
            }
        }
        if search.found.is_some() {
            break;
        }
    }
    if let Some(found) = &mut search.found {
        found.cause = replays.cause(found, search.tick)?;
        replays.whose_commands(found, search.tick)?;
    }
    Ok(search)
}

/// Returns the parts in which the worlds differ from the recording at this tick.
fn parts_left(reruns: &[Rerun; 2], tick: Tick) -> Vec<String> {
    let departure = reruns.iter().filter_map(|rerun| rerun.departure.as_ref());
    let departure = departure.filter(|departure| departure.tick == tick);
    departure.flat_map(|departure| departure.parts.clone()).collect()
}

/// Returns the pairs to run, the most likely and cheapest first.
fn plan(replays: &Replays<'_>, tick: Tick) -> Vec<Pair> {
    let [one, other] = [0, 1].map(|side: usize| replays.0[side].files());
    let before = Tick(tick.0 - 1);
    let latest = |files: &RecordingFiles| files.before(before);
    let (late, early) = ([latest(one), latest(other)], [one.beginning(), other.beginning()]);
    let both = |[one, other]: [FilePosition; 2], pause| Pair {
        starts: [(ComparedRecording::One, one), (ComparedRecording::Other, other)],
        pause,
    };
    let usual = both(late, false);
    let mut plan = vec![usual; USUAL];
    if early != late {
        plan.push(both(early, false));
    }
    for side in [ComparedRecording::One, ComparedRecording::Other] {
        let [early, late] = [early, late].map(|positions| positions[side as usize]);
        if early != late {
            plan.push(Pair {
                starts: [(side, early), (side, late)],
                pause: false,
            });
        }
    }
    plan.push(both(late, true));
    plan.resize(ATTEMPTS as usize, usual);
    plan
}

struct Replays<'a>([&'a mut Replay; 2]);

impl Replays<'_> {
    /// For differences that occur at varying ticks: runs one world until it differs from the
    /// recording, and a second one to that tick. Returns the number of watched ticks.
    fn watch(&mut self, pair: Pair, aim: Tick, search: &mut Search) -> Result<u32, ReplayError> {
        let Some(one) = self.run_one(pair.starts[0], aim, RerunMode::Watchful)? else {
            return Ok(0);
        };
        if pair.pause {
            pause();
        }
        let tick = one.last();
        let watched = tick.0 - one.from.0;
        let Some(other) = self.run_one(pair.starts[1], tick, RerunMode::Plain)? else {
            return Ok(watched);
        };
        let reruns = [one, other];
        search.found = parted(&reruns, pair);
        if search.found.is_some() {
            search.tick = tick;
        }
        Ok(watched)
    }

    fn run(&mut self, pair: Pair, aim: Tick, mode: RerunMode) -> Result<Option<[Rerun; 2]>, ReplayError> {
        let Some(one) = self.run_one(pair.starts[0], aim, mode)? else {
            return Ok(None);
        };
        if pair.pause {
            pause();
        }
        let other = self.run_one(pair.starts[1], aim, mode)?;
        Ok(other.map(|other| [one, other]))
    }

    fn run_one(
        &mut self,
        (side, position): (ComparedRecording, FilePosition),
        aim: Tick,
        mode: RerunMode,
    ) -> Result<Option<Rerun>, ReplayError> {
        if position.tick() >= aim {
            return Ok(None);
        }
        rerun::run(self.0[side as usize], position, aim, mode)
    }

    /// Distinguishes chance, a clock, and state that a loaded world does not have.
    fn cause(&mut self, found: &Parting, tick: Tick) -> Result<DifferenceCause, ReplayError> {
        let Some(pair @ [one, other]) = found.pair else {
            return Ok(found.cause);
        };
        if found.system.is_none() && found.panicked == [false; 2] {
            return Ok(DifferenceCause::NotHashed);
        }
        if one.from == other.from {
            return match found.cause {
                DifferenceCause::Clock => self.chance_or_clock(pair, tick),
                cause => Ok(cause),
            };
        }
        for origin in pair {
            let same = [origin; 2];
            // Without a pause, two runs diverge only by chance. With a pause, a clock is also
            // possible.
            if self.part_again(same, tick, CONFIRM, false)? {
                return Ok(DifferenceCause::Chance);
            }
            if self.part_again(same, tick, 1, true)? {
                return self.chance_or_clock(same, tick);
            }
        }
        Ok(DifferenceCause::NotDeclared)
    }

    /// Determines the cause for worlds that diverged after a pause. It is a clock if they diverge
    /// again after a pause, and never without one.
    fn chance_or_clock(
        &mut self,
        pair: [WorldOrigin; 2],
        tick: Tick,
    ) -> Result<DifferenceCause, ReplayError> {
        let clock = self.part_again(pair, tick, 1, true)? && !self.part_again(pair, tick, CONFIRM, false)?;
        Ok(if clock {
            DifferenceCause::Clock
        } else {
            DifferenceCause::Chance
        })
    }

    /// Returns whether two worlds diverge at or before this tick, in one of `tries` runs.
    fn part_again(
        &mut self,
        pair: [WorldOrigin; 2],
        tick: Tick,
        tries: u32,
        pause: bool,
    ) -> Result<bool, ReplayError> {
        let starts = self.starts(pair);
        let pair = Pair { starts, pause };
        for _ in 0..tries {
            let Some(reruns) = self.run(pair, tick, RerunMode::Plain)? else {
                return Ok(false);
            };
            if earliest_apart(&reruns, tick).is_some() || parted(&reruns, pair).is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// If several systems deferred commands that made the difference, runs again with each system's
    /// commands applied right after it, to find which system it was.
    fn whose_commands(&mut self, found: &mut Parting, tick: Tick) -> Result<(), ReplayError> {
        let Some(pair) = found.pair.filter(|_| !found.suspects.is_empty()) else {
            return Ok(());
        };
        let starts = self.starts(pair);
        for attempt in 0..COMMANDS {
            let pause = found.cause == DifferenceCause::Clock && attempt == 0;
            let pair = Pair { starts, pause };
            let Some(reruns) = self.run(pair, tick, RerunMode::AtOnce)? else {
                return Ok(());
            };
            let system = parted(&reruns, pair).and_then(|again| again.system);
            if let Some(system) = system.filter(|system| found.suspects.contains(system)) {
                (found.system, found.put_off) = (Some(system), true);
                found.suspects.clear();
                return Ok(());
            }
        }
        Ok(())
    }

    /// Returns where the worlds started.
    fn starts(&self, pair: [WorldOrigin; 2]) -> [(ComparedRecording, FilePosition); 2] {
        pair.map(|WorldOrigin { recording, from }| {
            let files = self.0[recording as usize].files();
            let mut keyframes = files.keyframes();
            let keyframe = keyframes.find(|position| position.tick().0 == from);
            (recording, keyframe.unwrap_or_else(|| files.beginning()))
        })
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "this tests real time, which worlds must not read but might"
)]
fn pause() {
    thread::sleep(PAUSE);
}
