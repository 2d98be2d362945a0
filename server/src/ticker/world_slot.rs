//! One world of a tick thread: its input, its guests, and its steps.

mod outage;
#[cfg(test)]
mod tests;

use std::{
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

use parlour_recording::recorder::TickSender;
use parlour_shared::{
    ids::{SessionId, Tick},
    json_forms::JsonForms,
    message::ClientMessage,
};
use parlour_tick::{Counts, Event, EventKind, Pace, Reservation, TickInput, TickOutput, WorldId};

use super::{TickReport, Ticker, guests::Guests, panic_hook};
use crate::{
    bridge::route::IoThreads,
    metrics::Counter,
    node_status::{TickTimes, WorldFigures},
};

/// The maximum number of events that a world collects after it panicked. Further messages are
/// dropped and counted, but not those that the desk forwards and waits for (joins, leaves and
/// reservations): like arrivals, departures, holds and releases, their number is bounded by the
/// sessions.
const COLLECTED: usize = 4096;

/// A world, and what the tick thread knows about it.
pub(crate) struct WorldSlot {
    pub(crate) id: WorldId,
    /// `None` after a panic or [`Self::take`], until the desk restores the world or ends it.
    ticker: Option<Box<dyn Ticker>>,
    /// The events for the next tick.
    pub(crate) input: TickInput,
    pub(crate) guests: Guests,
    /// The last finished tick.
    pub(crate) tick: Tick,
    /// The last tick that the world itself has counted. The ticks after it were skipped.
    stepped: Tick,
    /// The last tick that can be skipped, while there is no input and the pace does not change.
    quiet_until: Tick,
    /// The pace of the last step.
    pace: Pace,
    times: TickTimes,
    /// The time that the steps took since [`Self::take_used`].
    used: Duration,
    /// The sizes after the last tick.
    pub(crate) counts: Counts,
    /// The bytes of the outputs since the last figures.
    bytes: u64,
}

/// The result of a step.
pub(crate) enum Stepped {
    /// The output is complete.
    Ticked,
    /// The tick is skipped. There is no output.
    Skipped,
    /// The world waits to be restored. There is no output.
    Waiting,
    /// The world panicked. There is no output.
    Panicked(TickReport),
}

impl WorldSlot {
    /// Returns a world without guests. `behind` are the I/O threads that are behind.
    pub(crate) fn new(id: WorldId, ticker: Box<dyn Ticker>, behind: IoThreads) -> Self {
        // A world that was saved by an earlier process goes on after its last tick.
        let tick = ticker.tick();
        Self {
            id,
            ticker: Some(ticker),
            input: TickInput::default(),
            guests: Guests::new(behind),
            tick,
            stepped: tick,
            quiet_until: tick,
            pace: Pace::default(),
            times: TickTimes::new(Instant::now()),
            used: Duration::ZERO,
            counts: Counts::default(),
            bytes: 0,
        }
    }

    /// Adds a message to the next tick, which starts at `deadline`.
    pub(crate) fn take_message(
        &mut self,
        session: SessionId,
        arrived: Instant,
        message: ClientMessage,
        deadline: Instant,
        dropped: &Counter,
    ) {
        let is_full = self.ticker.is_none() && self.input.events.len() >= COLLECTED;
        if is_full && !is_of_desk(&message) {
            dropped.increment(1);
            return;
        }
        let early = early(deadline, arrived);
        let kind = EventKind::Message { early, message };
        self.input.events.push(Event { session, kind });
    }

    /// Adds a reservation to the next tick.
    pub(crate) fn take_reservation(
        &mut self,
        session: SessionId,
        io_thread: usize,
        reservation: Box<Reservation>,
    ) {
        self.guests.expect_frames(session, io_thread);
        let kind = EventKind::Reserve(reservation);
        self.input.events.push(Event { session, kind });
    }

    /// Counts the next tick, and returns `true`, if the world is quiet: nothing would happen in the
    /// tick. Otherwise [`Self::step`] runs it.
    #[inline]
    pub(crate) fn sleep(&mut self, pace: Pace) -> bool {
        let sleeps = self.tick < self.quiet_until && self.input.events.is_empty() && pace == self.pace;
        self.tick = self.tick.after(sleeps.into());
        sleeps
    }

    /// Lets the world count and record the ticks that were skipped. Its recording is complete then.
    /// Returns the text of a panic: then the world cannot be stepped any longer.
    pub(crate) fn catch_up(&mut self, recorder: Option<&mut TickSender>) -> Option<String> {
        let skipped = self.tick.since(self.stepped);
        let before = mem::replace(&mut self.stepped, self.tick);
        self.quiet_until = self.tick;
        let ticker = self.ticker.as_mut().filter(|_| skipped > 0)?;
        let panicked = panic_hook::step_caught(|| ticker.skip(skipped, recorder)).err();
        if panicked.is_some() {
            self.take_back_skipped(before);
        }
        panicked
    }

    /// Goes back to the last tick before those that were skipped, because they could not be
    /// recorded. Without this, the world could not be rebuilt up to its last tick. Nobody has seen
    /// them, because skipped ticks have no output.
    fn take_back_skipped(&mut self, before: Tick) {
        self.tick = before;
        self.stepped = before;
        self.quiet_until = before;
    }

    /// Runs one tick, after those that were skipped.
    pub(crate) fn step(
        &mut self,
        pace: Pace,
        output: &mut TickOutput,
        mut recorder: Option<&mut TickSender>,
    ) -> Stepped {
        let Some(ticker) = &mut self.ticker else {
            return Stepped::Waiting;
        };
        let input = &mut self.input;
        let skipped = self.tick.since(self.stepped);
        let goes_on = input.events.is_empty() && pace == self.pace;
        input.pace = pace;
        input.sort();
        let began = Instant::now();
        // Unwind safety: a world that panicked is never stepped again, and the output is cleared
        // before it is used again.
        let mut recorded = recorder.as_deref_mut();
        let mut is_caught_up = skipped == 0;
        let stepped = panic_hook::step_caught(|| {
            if skipped > 0 {
                ticker.skip(skipped, recorded.as_deref_mut());
                is_caught_up = true;
                let quiet = ticker.quiet_ticks();
                if goes_on && quiet > 0 {
                    return Some(quiet);
                }
            }
            ticker.step(input, output, recorded);
            None
        });
        match stepped {
            Ok(Some(quiet)) => {
                self.stepped = self.tick;
                self.quiet_until = self.tick.after(quiet);
                self.tick = self.tick.after(1);
                Stepped::Skipped
            }
            Ok(None) => {
                self.tick = output.tick;
                self.stepped = output.tick;
                self.quiet_until = output.tick.after(ticker.quiet_ticks());
                self.pace = pace;
                let took = began.elapsed();
                self.times.add(took);
                self.used += took;
                self.counts = output.counts;
                self.bytes += output.bytes.len() as u64;
                self.input.events.clear();
                Stepped::Ticked
            }
            Err(why) => {
                if !is_caught_up {
                    self.take_back_skipped(self.stepped);
                }
                Stepped::Panicked(self.panicked(why, recorder))
            }
        }
    }

    /// Returns how the values of its game logic are written as JSON.
    pub(crate) fn json_forms(&self) -> Option<Arc<JsonForms>> {
        self.ticker.as_ref()?.json_forms()
    }

    /// Forgets what is only needed until the output of the tick is published. A world that panicked
    /// has not had the tick yet.
    pub(crate) fn end_tick(&mut self) {
        if self.ticker.is_some() {
            self.guests.end_tick();
        }
    }

    /// Returns the time that the steps took since the last call.
    pub(crate) fn take_used(&mut self) -> Duration {
        mem::take(&mut self.used)
    }

    /// Returns the figures of the last second.
    pub(crate) fn figures(&mut self, now: Instant) -> WorldFigures {
        WorldFigures {
            world: self.id,
            tick: self.tick.0,
            times: self.times.summary(now),
            sessions: self.counts.sessions,
            players: self.counts.players,
            objects: self.counts.objects,
            entities: self.counts.entities,
            output_bytes: mem::take(&mut self.bytes),
        }
    }
}

/// Returns whether only the desk sends messages of this kind to a world. It waits for the answer,
/// and sends no other for the session meanwhile.
fn is_of_desk(message: &ClientMessage) -> bool {
    matches!(
        message,
        ClientMessage::Join(_) | ClientMessage::Leave { .. } | ClientMessage::Reserve(_)
    )
}

/// Returns the time from the arrival of a message to the deadline, in 0.1 ms. It is negative if the
/// message arrived after the deadline.
fn early(deadline: Instant, arrived: Instant) -> i16 {
    let tenths = |duration: Duration| i16::try_from(duration.as_micros() / 100).unwrap_or(i16::MAX);
    match deadline.checked_duration_since(arrived) {
        Some(before) => tenths(before),
        None => -tenths(arrived.saturating_duration_since(deadline)),
    }
}
