//! The ticker of a playback: it takes what the reader has ready, and never waits for it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use parlour_recording::{
    format::{Outcome, TickRecord},
    replay::step_caught,
};
use parlour_shared::{
    ids::{PlayerId, Tick},
    message::Welcome,
};
use parlour_sim::Simulation;
use parlour_tick::{Counts, EventKind, Lane, TickInput, TickOutput};
use rtrb::{Consumer, Producer};

use super::{
    control::ControlReceiver,
    reader::{Command, End, ItemKind, ReadItem},
    spectators::Spectators,
};
use crate::tick_loop::Ticker;

/// A thousandth of a tick is the unit of speeds.
const WHOLE: u32 = 1000;

/// A recorded world that runs again, and its spectators.
pub(super) struct PlaybackTicker {
    items: Consumer<ReadItem>,
    commands: Producer<Command>,
    /// Bytes of the ticks in `items`.
    waiting: Arc<AtomicUsize>,
    pub(super) control: ControlReceiver,
    pub(super) spectators: Spectators,
    /// `None` before the first one is made, and after one that reached a different state than was recorded.
    pub(super) world: Option<Box<Simulation>>,
    /// The last tick that was shown.
    pub(super) tick: Tick,
    pub(super) paused: bool,
    /// Thousandths.
    pub(super) speed: u32,
    /// Thousandths of a tick that are due already.
    due: u32,
    /// The number of the last seek.
    seek_id: u32,
    /// The tick of the last seek, until its world is there.
    pub(super) seeking: Option<Tick>,
    /// Why playback cannot go on from here.
    pub(super) ended: Option<String>,
    /// The player whose view every spectator has while that player is in a room, and its name.
    pub(super) following: Option<(PlayerId, String)>,
    /// The ticks of this step.
    batch: Vec<TickRecord>,
    /// What one of them gave.
    part: TickOutput,
}

impl PlaybackTicker {
    pub(super) fn new(
        items: Consumer<ReadItem>,
        commands: Producer<Command>,
        waiting: Arc<AtomicUsize>,
        control: ControlReceiver,
        welcome: Welcome,
    ) -> Self {
        Self {
            items,
            commands,
            waiting,
            control,
            spectators: Spectators::new(welcome),
            world: None,
            tick: Tick(0),
            paused: false,
            speed: WHOLE,
            due: 0,
            seek_id: 0,
            seeking: None,
            ended: None,
            following: None,
            batch: Vec::new(),
            part: TickOutput::default(),
        }
    }

    /// How it is to begin.
    pub(super) fn begin(&mut self, from: Tick, paused: bool, speed: u32) {
        self.tick = from;
        self.spectators.begin_at(from);
        (self.paused, self.speed) = (paused, speed);
        self.seek(from);
    }

    /// Goes to a tick. What is shown stays until the world there is made. False: too many seeks at once.
    pub(super) fn seek(&mut self, to: Tick) -> bool {
        let seek_id = self.seek_id.wrapping_add(1);
        if self.commands.push(Command::Seek(seek_id, to)).is_err() {
            return false;
        }
        self.seek_id = seek_id;
        self.seeking = Some(to);
        true
    }

    /// Gives everyone the place that is theirs now.
    pub(super) fn regroup(&mut self, output: &mut TickOutput) {
        if let Some(world) = &mut self.world {
            let following = self.following.as_ref().map(|(player, _)| *player);
            self.spectators.regroup(world, following, output);
        }
    }

    /// Takes what the reader has ready of a seek. False: it is not there yet.
    fn arrive(&mut self, output: &mut TickOutput) -> bool {
        while let Some(what) = self.pop() {
            match what {
                ItemKind::Reached(world, why) => {
                    self.enter(world, output);
                    if let Some(why) = why {
                        self.end(why);
                    }
                    return true;
                }
                ItemKind::End(why) => {
                    self.seeking = None;
                    self.end(why);
                    return true;
                }
                ItemKind::Tick(..) => {}
            }
        }
        false
    }

    /// The world that was sought is there.
    fn enter(&mut self, world: Box<Simulation>, output: &mut TickOutput) {
        self.seeking = None;
        self.ended = None;
        self.due = 0;
        self.tick = world.tick();
        let old = self.world.replace(world);
        self.drop_on_reader(old);
        self.spectators.world_changed(self.tick, output);
        self.regroup(output);
        if let Some(world) = &mut self.world {
            self.spectators
                .serve_waiting(world, self.following.as_ref(), output);
        }
    }

    /// Plays what is due of the recording.
    fn play(&mut self, output: &mut TickOutput) {
        if self.paused || self.ended.is_some() || self.world.is_none() {
            return;
        }
        self.due += self.speed;
        let mut over = None;
        while self.due >= WHOLE && over.is_none() {
            match self.pop() {
                Some(ItemKind::Tick(record, _)) => self.batch.push(record),
                Some(ItemKind::End(why)) => over = Some(why),
                Some(ItemKind::Reached(..)) => {}
                // The reader is behind. What it is late by is not made up for.
                None => break,
            }
            self.due -= WHOLE;
        }
        self.due %= WHOLE;
        let mut batch = std::mem::take(&mut self.batch);
        let last = batch.len();
        for (nth, record) in batch.drain(..).enumerate() {
            if let Err(why) = self.run(record, nth + 1 == last, output) {
                over = Some(End::Broken(why));
                break;
            }
        }
        self.batch = batch;
        if let Some(why) = over {
            self.end(why);
        }
    }

    /// Runs a recorded tick, whose news are sent now only if it is the last one of this step.
    fn run(&mut self, mut record: TickRecord, last: bool, output: &mut TickOutput) -> Result<(), String> {
        let tick = record.tick.0;
        let Some(world) = &mut self.world else {
            return Ok(());
        };
        let Outcome::Finished { hash, .. } = record.outcome else {
            return Err(format!("tick {tick} panicked when it was recorded"));
        };
        self.spectators.hold_all(world, !last);
        // Whose connection was slow then decides nothing now.
        let happened = |kind: &EventKind| !matches!(kind, EventKind::Hold | EventKind::Release);
        record.input.events.retain(|event| happened(&event.kind));
        let part = &mut self.part;
        let stepped = step_caught(world, &mut record.input, part);
        if stepped.is_err() || part.hash != hash {
            let old = self.world.take();
            self.drop_on_reader(old);
            self.spectators.forget_places(output);
            return Err(match stepped {
                Ok(()) => format!("tick {tick} reached a different state than was recorded"),
                Err(_) => format!("tick {tick} panicked, and did not when it was recorded"),
            });
        }
        self.tick = record.tick;
        output.append_watched(&self.part);
        let snapshots = self
            .part
            .watched
            .iter()
            .filter(|frame| frame.lane == Lane::Snapshot);
        for frame in snapshots {
            self.spectators.saw(frame.session, self.tick);
        }
        self.regroup(output);
        Ok(())
    }

    fn end(&mut self, why: End) {
        self.paused = true;
        self.ended = Some(match why {
            End::Finished(why) => why,
            End::Broken(why) => {
                // The reader's thread logs it: a line from here would wait for other writers.
                let _ = self.commands.push(Command::Log(why.clone()));
                why
            }
        });
    }

    /// The next thing that belongs to the last seek.
    fn pop(&mut self) -> Option<ItemKind> {
        while let Ok(item) = self.items.pop() {
            if let ItemKind::Tick(_, bytes) = &item.kind {
                self.waiting.fetch_sub(*bytes, Ordering::Relaxed);
            }
            if item.seek_id == self.seek_id {
                return Some(item.kind);
            }
            if let ItemKind::Reached(world, _) = item.kind {
                self.drop_on_reader(Some(world));
            }
        }
        None
    }

    /// Has a world dropped elsewhere.
    fn drop_on_reader(&mut self, world: Option<Box<Simulation>>) {
        if let Some(world) = world {
            let _ = self.commands.push(Command::Drop(world));
        }
    }
}

impl Ticker for PlaybackTicker {
    fn step(&mut self, input: &mut TickInput, output: &mut TickOutput) {
        output.clear();
        self.take_requests(output);
        if self.seeking.is_none() || self.arrive(output) {
            self.play(output);
        }
        // After the play: who begins to watch is shown the tick that all have seen.
        let world = self.world.as_deref_mut();
        let seeking = self.seeking.is_some();
        self.spectators
            .take_in(input, world, seeking, self.following.as_ref(), output);
        output.tick = self.tick;
        // What is for watchers of the past is what the live edge has to send; players of the past are sent nothing.
        std::mem::swap(&mut output.frames, &mut output.watched);
        output.counts = Counts {
            sessions: self.spectators.len() as u32,
            refused: output.counts.refused,
            ..Counts::default()
        };
    }
}
