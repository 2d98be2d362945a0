//! The thread that reads ahead: all that takes a file or long is done here, so that the tick thread never waits.

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
    replay::{Replay, ReplayError, Rest, Stepped},
};
use parlour_shared::{codec, ids::Tick};
use parlour_sim::Simulation;
use parlour_tick::{EventKind, TickInput};
use rtrb::{Consumer, Producer};

/// Bytes of input that wait for the tick thread; one tick more may, however large it is.
const WAITING_BYTES: usize = 16 * 1024 * 1024;
/// How long nothing is looked for while there is nothing to do.
const IDLE: Duration = Duration::from_millis(5);
/// Ticks between two looks at what else is asked, while a world is run to where it is to be.
const LOOK: u32 = 60;

/// What the tick thread asks for.
pub(super) enum Command {
    /// The world after a tick, and all ticks after it, under this number.
    Seek(u32, Tick),
    /// To be dropped, which may take a while.
    Drop(Box<Simulation>),
    /// To be logged.
    Log(String),
}

/// Something for the tick thread.
pub(super) struct ReadItem {
    /// The number of the seek that it belongs to: what belongs to an earlier one is of no use.
    pub(super) seek_id: u32,
    pub(super) kind: ItemKind,
}

pub(super) enum ItemKind {
    /// The world that was asked for; or the last one before it, and why it does not go on from there.
    Reached(Box<Simulation>, Option<End>),
    /// The next tick, and how many bytes it counts for.
    Tick(TickRecord, usize),
    /// Nothing more comes.
    End(End),
}

/// Why nothing more comes.
pub(super) enum End {
    /// The recording ends.
    Finished(String),
    /// It cannot be read on, or comes to something else.
    Broken(String),
}

pub(super) struct Reader {
    pub(super) replay: Replay,
    pub(super) rings: Rings,
}

/// This thread's ends of the rings.
pub(super) struct Rings {
    pub(super) items: Producer<ReadItem>,
    pub(super) commands: Consumer<Command>,
    /// Bytes that wait in the items.
    pub(super) waiting: Arc<AtomicUsize>,
}

/// What there is to do instead of going on.
enum Next {
    Seek(u32, Tick),
    /// The tick thread is gone.
    End,
}

impl Reader {
    /// Reads what is asked for until nobody asks any more.
    pub(super) fn run(mut self) {
        let mut next = self.rings.wait();
        while let Next::Seek(seek_id, to) = next {
            next = play(&mut self.replay, &mut self.rings, seek_id, to);
        }
    }
}

/// Makes the world after a tick and reads on from there. Ends when something else is asked for.
fn play(replay: &mut Replay, rings: &mut Rings, seek_id: u32, to: Tick) -> Next {
    let end = end_of(replay.ending());
    let mut landed = run_to(replay, rings, to);
    let mut panicked = None;
    if let Err(ReplayError::Panicked { tick, message }) = landed {
        // What a panic left behind is no world: the one before it is shown.
        let why = format!("tick {} panicked when it was recorded: {message}", tick.0);
        panicked = Some(End::Broken(why));
        landed = run_to(replay, rings, Tick(tick.0.saturating_sub(1)));
    }
    let (world, mut rest) = match landed {
        Ok(Seeked::There(world, rest)) => (world, rest),
        Ok(Seeked::Instead(next)) => return next,
        Err(error) => {
            let why = format!("cannot go to tick {}: {error}", to.0);
            let sent = rings.send(seek_id, ItemKind::End(End::Broken(why)), 0);
            return sent.unwrap_or_else(|| rings.wait());
        }
    };
    let mut sent = rings.send(seek_id, ItemKind::Reached(world, panicked), 0);
    while sent.is_none() {
        let why = match rest.next() {
            Ok(Some(record)) => {
                let bytes = bytes_of(&record.input);
                sent = rings.send(seek_id, ItemKind::Tick(record, bytes), bytes);
                continue;
            }
            Ok(None) => End::Finished(end.clone()),
            Err(error) => End::Broken(error.to_string()),
        };
        let sent = rings.send(seek_id, ItemKind::End(why), 0);
        return sent.unwrap_or_else(|| rings.wait());
    }
    sent.unwrap_or(Next::End)
}

#[expect(
    clippy::large_enum_variant,
    reason = "made once for a seek, and taken apart at once"
)]
enum Seeked<'a> {
    There(Box<Simulation>, Rest<'a>),
    Instead(Next),
}

/// The world after a tick. At least one tick is run: only then is it known what there is to be told.
fn run_to<'a>(replay: &'a mut Replay, rings: &mut Rings, to: Tick) -> Result<Seeked<'a>, ReplayError> {
    let ends = replay.times().range();
    let mut run = replay.run_before(Tick(to.0.saturating_sub(1)))?;
    while run.tick() < to {
        match run.step()? {
            Some(Stepped::Same) => {}
            Some(Stepped::Panicked(message)) => {
                let tick = run.tick();
                return Err(ReplayError::Panicked { tick, message });
            }
            None => {
                let (first, last) = ends.ok_or(ReplayError::Empty)?;
                return Err(ReplayError::NotInIt {
                    tick: to,
                    first,
                    last,
                });
            }
        }
        if run.tick().0 % LOOK == 0
            && let Some(next) = rings.poll()
        {
            return Ok(Seeked::Instead(next));
        }
    }
    let (world, rest) = run.into_parts();
    Ok(Seeked::There(Box::new(world), rest))
}

impl Rings {
    /// Sends something as soon as there is room; not at all if something else is to be done meanwhile.
    fn send(&mut self, seek_id: u32, kind: ItemKind, bytes: usize) -> Option<Next> {
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

    /// Waits until something else is to be done.
    fn wait(&mut self) -> Next {
        loop {
            if let Some(next) = self.poll() {
                return next;
            }
            thread::park_timeout(IDLE);
        }
    }

    /// Whether something else is to be done: the last thing that was asked for.
    fn poll(&mut self) -> Option<Next> {
        let mut next = self.items.is_abandoned().then_some(Next::End);
        while let Ok(command) = self.commands.pop() {
            match command {
                Command::Seek(seek_id, to) if next.is_none() || matches!(next, Some(Next::Seek(..))) => {
                    next = Some(Next::Seek(seek_id, to));
                }
                Command::Seek(..) => {}
                Command::Drop(world) => drop(world),
                Command::Log(why) => tracing::error!(why, "the past stops"),
            }
        }
        next
    }
}

fn end_of(ending: &Ending) -> String {
    match ending {
        Ending::Ended { reason, text } if text.is_empty() => format!("the recording ends here: {reason}"),
        Ending::Ended { reason, text } => format!("the recording ends here: {reason}, {text}"),
        Ending::Cut { why, .. } => format!("the recording ends here, without an end marker: {why}"),
        Ending::Damaged { why, .. } => format!("the recording is damaged from here on: {why}"),
    }
}

/// About what an input takes in memory.
fn bytes_of(input: &TickInput) -> usize {
    let mut scratch = Vec::new();
    let event = |kind: &EventKind| match kind {
        EventKind::Open { name } => name.len(),
        EventKind::Message { message, .. } => {
            scratch.clear();
            codec::encode(message, &mut scratch);
            scratch.len()
        }
        EventKind::Close | EventKind::Hold | EventKind::Release => 0,
    };
    let texts: usize = input.events.iter().map(|event| &event.kind).map(event).sum();
    texts + input.events.len() * size_of::<parlour_tick::Event>()
}
