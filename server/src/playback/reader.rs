//! The thread that reads ahead. It does everything that reads a file or takes long, so that the
//! tick thread never waits.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use parlour_recording::{
    format::{Ending, TickRecord},
    replay::{Moment, RemainingTicks, Replay, ReplayError, ReplayedTick},
};
use parlour_shared::{codec, ids::Tick};
use parlour_sim::Simulation;
use parlour_tick::{EventKind, TickInput};
use rtrb::{Consumer, Producer};

/// The maximum bytes of input that wait for the tick thread. One more tick of any size may wait.
const WAITING_BYTES: usize = 16 * 1024 * 1024;
/// The pause between two polls of the rings while the thread is idle.
const IDLE: Duration = Duration::from_millis(5);
/// The number of ticks between two polls of the commands during a seek.
const LOOK: u32 = 60;

/// A command of the tick thread.
pub(super) enum Command {
    /// Send the world after a tick, and all ticks after it, under this number.
    Seek(u32, Tick),
    /// Drop a world, which may take a while.
    Drop(Box<Simulation>),
    /// Log why playback stopped.
    Log(String),
}

/// An item for the tick thread.
pub(super) struct ReadItem {
    /// The number of the seek that it belongs to. Items of earlier seeks are ignored.
    pub(super) seek_id: u32,
    pub(super) kind: ItemKind,
}

pub(super) enum ItemKind {
    /// The world of a seek. With a reason, the tick of the seek has no world: this is the one
    /// before it, and no items follow.
    Reached(Box<Simulation>, Option<End>),
    /// The next tick, and its size in bytes.
    Tick(TickRecord, usize),
    /// No more items follow.
    End(End),
}

/// Why no more items follow.
pub(super) enum End {
    /// The recording ends.
    Finished(String),
    /// The recording cannot be read further, or a tick reached a different state.
    Broken(String),
}

pub(super) struct PlaybackReader {
    pub(super) replay: Replay,
    pub(super) rings: Rings,
}

/// This thread's ends of the rings.
pub(super) struct Rings {
    pub(super) items: Producer<ReadItem>,
    pub(super) commands: Consumer<Command>,
    /// Bytes of the ticks in `items`.
    pub(super) waiting: Arc<AtomicUsize>,
}

/// A command that interrupts the present seek.
enum Interrupt {
    Seek(u32, Tick),
    /// The tick thread is gone.
    Stop,
}

impl PlaybackReader {
    /// Serves one seek after the other, until the tick thread is gone.
    pub(super) fn run(mut self) {
        let mut next = self.rings.wait();
        while let Interrupt::Seek(seek_id, to) = next {
            next = serve(&mut self.replay, &mut self.rings, seek_id, to);
        }
    }
}

/// Sends the world after a tick, and the ticks after it. Returns the next command that replaces
/// this seek.
fn serve(replay: &mut Replay, rings: &mut Rings, seek_id: u32, to: Tick) -> Interrupt {
    let end = describe_ending(replay.ending());
    let mut sought = seek(replay, rings, to);
    let mut panicked = None;
    if let Err(ReplayError::Panicked { tick, message }) = sought {
        // A panic leaves no world. Show the one before it.
        let why = format!("tick {} panicked when it was recorded: {message}", tick.0);
        panicked = Some(End::Broken(why));
        sought = seek(replay, rings, Tick(tick.0.saturating_sub(1)));
    }
    let (world, rest) = match sought {
        Ok(SeekResult::Reached(world, rest)) => (world, rest),
        Ok(SeekResult::Replaced(next)) => return next,
        Err(error) => {
            let why = End::Broken(format!("cannot seek to tick {}: {error}", to.0));
            return rings.end(seek_id, why);
        }
    };
    if let Some(next) = rings.send(seek_id, ItemKind::Reached(world, panicked), 0) {
        return next;
    }
    for record in rest {
        let record = match record {
            Ok(record) => record,
            Err(error) => return rings.end(seek_id, End::Broken(error.to_string())),
        };
        let bytes = bytes_of(&record.input);
        if let Some(next) = rings.send(seek_id, ItemKind::Tick(record, bytes), bytes) {
            return next;
        }
    }
    rings.end(seek_id, End::Finished(end))
}

#[expect(
    clippy::large_enum_variant,
    reason = "made once for a seek, and taken apart immediately"
)]
enum SeekResult<'a> {
    Reached(Box<Simulation>, RemainingTicks<'a>),
    Replaced(Interrupt),
}

/// Makes the world after a tick. At least one tick is run, because only a run fills the output that
/// spectators are sent.
fn seek<'a>(replay: &'a mut Replay, rings: &mut Rings, to: Tick) -> Result<SeekResult<'a>, ReplayError> {
    let times = replay.times();
    let mut run = replay.run_before(Tick(to.0.saturating_sub(1)))?;
    while let Some(ReplayedTick { tick, panic }) = run.next_up_to(to)? {
        if let Some(message) = panic {
            return Err(ReplayError::Panicked { tick, message });
        }
        if tick.0.is_multiple_of(LOOK)
            && let Some(next) = rings.poll()
        {
            return Ok(SeekResult::Replaced(next));
        }
    }
    if run.tick() < to {
        return Err(Moment::Tick(to).not_in(&times).into());
    }
    let (world, rest) = run.into_parts();
    Ok(SeekResult::Reached(Box::new(world), rest))
}

impl Rings {
    /// Sends an item as soon as there is room. Returns the command that came first, if one did.
    fn send(&mut self, seek_id: u32, kind: ItemKind, bytes: usize) -> Option<Interrupt> {
        loop {
            if let Some(next) = self.poll() {
                return Some(next);
            }
            if !self.items.is_full() && self.waiting.load(Ordering::Relaxed) <= WAITING_BYTES {
                break;
            }
            thread::park_timeout(IDLE);
        }
        self.waiting.fetch_add(bytes, Ordering::Relaxed);
        // There was room, and only this thread fills it.
        let _ = self.items.push(ReadItem { seek_id, kind });
        None
    }

    /// Sends why no more items follow, and waits for the next command.
    fn end(&mut self, seek_id: u32, why: End) -> Interrupt {
        let replaced = self.send(seek_id, ItemKind::End(why), 0);
        replaced.unwrap_or_else(|| self.wait())
    }

    fn wait(&mut self) -> Interrupt {
        loop {
            if let Some(next) = self.poll() {
                return next;
            }
            thread::park_timeout(IDLE);
        }
    }

    /// Executes the waiting commands, and returns the last requested seek, or `Stop`.
    fn poll(&mut self) -> Option<Interrupt> {
        let mut next = self.items.is_abandoned().then_some(Interrupt::Stop);
        while let Ok(command) = self.commands.pop() {
            match command {
                Command::Seek(..) if matches!(next, Some(Interrupt::Stop)) => {}
                Command::Seek(seek_id, to) => next = Some(Interrupt::Seek(seek_id, to)),
                Command::Drop(world) => drop(world),
                Command::Log(why) => tracing::error!(why, "playback stopped"),
            }
        }
        next
    }
}

/// Describes how the recording ends.
fn describe_ending(ending: &Ending) -> String {
    match ending {
        Ending::Ended { reason, text } if text.is_empty() => format!("the recording ends here: {reason}"),
        Ending::Ended { reason, text } => format!("the recording ends here: {reason}, {text}"),
        Ending::Cut { why, .. } => format!("the recording ends here, without an end chunk: {why}"),
        Ending::Damaged { why, .. } => format!("the recording is damaged from here on: {why}"),
    }
}

/// Returns the approximate size of an input in memory.
fn bytes_of(input: &TickInput) -> usize {
    let mut scratch = Vec::new();
    let event = |kind: &EventKind| match kind {
        EventKind::Arrive(arrival) => arrival.name.len(),
        EventKind::Message { message, .. } => {
            scratch.clear();
            codec::encode(message, &mut scratch);
            scratch.len()
        }
        EventKind::Reserve(reservation) => reservation.join.room.len(),
        EventKind::Depart | EventKind::Hold | EventKind::Release | EventKind::Drop | EventKind::Resume => 0,
    };
    let texts: usize = input.events.iter().map(|event| &event.kind).map(event).sum();
    texts + input.events.len() * size_of::<parlour_tick::Event>()
}
