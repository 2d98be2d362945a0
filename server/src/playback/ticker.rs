//! The ticker of a playback. It takes what the reader has ready, and never waits for it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use parlour_recording::{
    format::{Outcome, TickRecord},
    recorder::TickSender,
    replay::step_caught,
};
use parlour_shared::{
    ids::{PlayerId, Tick},
    json_forms::JsonForms,
};
use parlour_sim::Simulation;
use parlour_tick::{Counts, EventKind, Lane, TickInput, TickOutput};
use rtrb::{Consumer, Producer};

use super::{
    control::ControlReceiver,
    reader::{Command, End, ItemKind, ReadItem},
    spectators::Spectators,
};
use crate::ticker::Ticker;

/// One tick, in the unit of speeds.
const WHOLE: u32 = 1000;

/// A recorded world that runs again, and its spectators.
pub(super) struct PlaybackTicker {
    items: Consumer<ReadItem>,
    commands: Producer<Command>,
    /// Bytes of the ticks in `items`.
    waiting: Arc<AtomicUsize>,
    pub(super) control: ControlReceiver,
    pub(super) spectators: Spectators,
    /// `None` before the first seek has made one, and after a tick that reached a different state
    /// than was recorded.
    pub(super) world: Option<Box<Simulation>>,
    /// The last tick that spectators were shown.
    pub(super) tick: Tick,
    pub(super) paused: bool,
    /// In thousandths.
    pub(super) speed: u32,
    /// The part of a tick that is due already, in thousandths.
    due: u32,
    /// The number of the last seek.
    seek_id: u32,
    /// The tick of the last seek, until its world is there.
    pub(super) seeking: Option<Tick>,
    /// Why playback cannot continue from here.
    pub(super) ended: Option<String>,
    /// The player whose view every spectator has while that player is in a room, and its name.
    pub(super) following: Option<(PlayerId, String)>,
    /// The recorded ticks of this step.
    batch: Vec<TickRecord>,
    /// The output of one of them.
    part: TickOutput,
}

impl PlaybackTicker {
    pub(super) fn new(
        items: Consumer<ReadItem>,
        commands: Producer<Command>,
        waiting: Arc<AtomicUsize>,
        control: ControlReceiver,
    ) -> Self {
        Self {
            items,
            commands,
            waiting,
            control,
            spectators: Spectators::default(),
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

    /// Sets where and how playback starts.
    pub(super) fn begin(&mut self, from: Tick, paused: bool, speed: u32) {
        self.tick = from;
        (self.paused, self.speed) = (paused, speed);
        self.seek(from);
    }

    /// Starts a seek. Spectators see the old world until the new one is made. Returns `false` if
    /// too many seeks wait already.
    pub(super) fn seek(&mut self, to: Tick) -> bool {
        let seek_id = self.seek_id.wrapping_add(1);
        if self.commands.push(Command::Seek(seek_id, to)).is_err() {
            return false;
        }
        self.seek_id = seek_id;
        self.seeking = Some(to);
        true
    }

    /// Moves every spectator to the room and view that it should have now.
    pub(super) fn regroup(&mut self, output: &mut TickOutput) {
        if let Some(world) = &mut self.world {
            let following = self.following.as_ref().map(|(player, _)| *player);
            self.spectators.regroup(world, following, output);
        }
    }

    /// Takes the result of a seek from the reader. Returns `false` if it is not ready.
    fn arrive(&mut self, output: &mut TickOutput) -> bool {
        while let Some(item) = self.pop() {
            match item {
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

    /// Replaces the world with the one of a seek.
    fn enter(&mut self, world: Box<Simulation>, output: &mut TickOutput) {
        self.seeking = None;
        self.ended = None;
        self.due = 0;
        self.tick = world.tick();
        let old = self.world.replace(world);
        self.drop_on_reader(old);
        self.spectators.world_changed(self.tick);
        self.regroup(output);
        if let Some(world) = &mut self.world {
            self.spectators
                .serve_waiting(world, self.following.as_ref(), output);
        }
    }

    /// Plays the recorded ticks that are due.
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
                // The reader is behind. Playback does not catch up on this delay.
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

    /// Runs a recorded tick. Snapshots are sent only after the last tick of a step.
    fn run(&mut self, mut record: TickRecord, last: bool, output: &mut TickOutput) -> Result<(), String> {
        let tick = record.tick.0;
        let Some(world) = &mut self.world else {
            return Ok(());
        };
        // A tick that was skipped when recorded is run: spectators are viewers that it did not
        // have.
        if record.outcome == Outcome::Panicked {
            return Err(format!("tick {tick} panicked when it was recorded"));
        }
        let recorded = record.outcome.hash();
        self.spectators.hold_all(world, !last);
        // Connections that were slow in the recording must not hold spectators now.
        let is_kept = |kind: &EventKind| !matches!(kind, EventKind::Hold | EventKind::Release);
        record.input.events.retain(|event| is_kept(&event.kind));
        let part = &mut self.part;
        let stepped = step_caught(world, &mut record.input, part);
        if stepped.is_err() || recorded.is_some_and(|hash| hash != part.hash) {
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

    /// Returns the next item of the last seek.
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

    /// Sends a world to the reader, which drops it: that may take a while.
    fn drop_on_reader(&mut self, world: Option<Box<Simulation>>) {
        if let Some(world) = world {
            let _ = self.commands.push(Command::Drop(world));
        }
    }
}

impl Ticker for PlaybackTicker {
    /// A panic of game logic does not reach this: [`step_caught`] catches it.
    fn reclaim(&mut self, _: &mut TickInput) {}

    fn json_forms(&self) -> Option<Arc<JsonForms>> {
        Some(Arc::clone(self.world.as_ref()?.json_forms()))
    }

    fn step(&mut self, input: &mut TickInput, output: &mut TickOutput, _: Option<&mut TickSender>) {
        output.clear();
        self.take_requests(output);
        if self.seeking.is_none() || self.arrive(output) {
            self.play(output);
        }
        // After the play, so that a new spectator is shown the tick that all have seen.
        let world = self.world.as_deref_mut();
        let seeking = self.seeking.is_some();
        self.spectators
            .take_in(input, world, seeking, self.following.as_ref(), output);
        output.tick = self.tick;
        // The edge sends `frames`. Here these are the frames of the watchers; recorded players are
        // sent nothing.
        std::mem::swap(&mut output.frames, &mut output.watched);
        output.counts = Counts {
            sessions: self.spectators.len() as u32,
            refused: output.counts.refused,
            ..Counts::default()
        };
    }
}
