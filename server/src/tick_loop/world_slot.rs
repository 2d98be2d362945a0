//! One world of a tick thread: its input, its guests, and what happens when its step panics.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use parlour_recording::recorder::TickSender;
use parlour_shared::{
    ids::{SessionId, Tick},
    message::ClientMessage,
    text::panic_message,
};
use parlour_tick::{Counts, Event, EventKind, Pace, Reservation, TickInput, TickOutput, WorldId};

use super::guests::Guests;
use crate::{
    bridge::{
        reports::{LostKind, LostRequest},
        route::IoThreads,
    },
    metrics::Counter,
    node_status::{TickTimes, WorldFigures},
    ticker::{TickReport, Ticker},
};

/// The maximum number of events that a world collects after it panicked. Further messages are
/// dropped and counted, but not those that the desk forwards and waits for (joins, leaves and
/// reservations): like arrivals, departures, holds and releases, their number is bounded by the
/// sessions.
const COLLECTED: usize = 4096;

/// A world, and what the tick thread knows about it.
pub(super) struct WorldSlot {
    pub(super) id: WorldId,
    /// `None` after a panic or [`Self::take`], until the desk restores the world or ends it.
    ticker: Option<Box<dyn Ticker>>,
    /// The events for the next tick.
    pub(super) input: TickInput,
    pub(super) guests: Guests,
    /// The last finished tick.
    pub(super) tick: Tick,
    /// The last tick that the world itself has counted. The ticks after it were skipped.
    stepped: Tick,
    /// The last tick that can be skipped, while there is no input and the pace does not change.
    quiet_until: Tick,
    /// The pace of the last step.
    pace: Pace,
    times: TickTimes,
    /// The sizes after the last tick.
    pub(super) counts: Counts,
    /// The bytes of the outputs since the last figures.
    bytes: u64,
}

/// The result of a step.
pub(super) enum Stepped {
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
    pub(super) fn new(id: WorldId, ticker: Box<dyn Ticker>) -> Self {
        Self {
            id,
            ticker: Some(ticker),
            input: TickInput::default(),
            guests: Guests::default(),
            tick: Tick::default(),
            stepped: Tick::default(),
            quiet_until: Tick::default(),
            pace: Pace::default(),
            times: TickTimes::new(Instant::now()),
            counts: Counts::default(),
            bytes: 0,
        }
    }

    /// Adds a message to the next tick, which starts at `deadline`.
    pub(super) fn take_message(
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
    pub(super) fn take_reservation(
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
    pub(super) fn sleep(&mut self, pace: Pace) -> bool {
        let sleeps = self.tick < self.quiet_until && self.input.events.is_empty() && pace == self.pace;
        self.tick = self.tick.after(sleeps.into());
        sleeps
    }

    /// Lets the world count and record the ticks that were skipped. Its recording is complete then.
    pub(super) fn catch_up(&mut self, recorder: Option<&mut TickSender>) {
        let skipped = self.tick.since(self.stepped);
        if let Some(ticker) = &mut self.ticker
            && skipped > 0
        {
            ticker.skip(skipped, recorder);
        }
        self.stepped = self.tick;
        self.quiet_until = self.tick;
    }

    /// Runs one tick, after those that were skipped.
    pub(super) fn step(
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
        let stepped = catch_unwind(AssertUnwindSafe(|| {
            if skipped > 0 {
                ticker.skip(skipped, recorded.as_deref_mut());
                let quiet = ticker.quiet_ticks();
                if goes_on && quiet > 0 {
                    return Some(quiet);
                }
            }
            ticker.step(input, output, recorded);
            None
        }));
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
                self.times.add(began.elapsed());
                self.counts = output.counts;
                self.bytes += output.bytes.len() as u64;
                self.input.events.clear();
                Stepped::Ticked
            }
            Err(panic) => {
                let why = panic_message(&*panic);
                // A payload may panic when it is dropped.
                mem::forget(panic);
                Stepped::Panicked(self.panicked(why, recorder))
            }
        }
    }

    /// Takes back the input of the tick that panicked. Its arrivals and requests are lost, because
    /// one of them may be the cause. Its other events are kept for the restored world: without its
    /// departures, players would stay there who have left.
    fn panicked(&mut self, why: String, recorder: Option<&mut TickSender>) -> TickReport {
        let tick = self.tick.after(1);
        (self.stepped, self.quiet_until) = (self.tick, self.tick);
        let mut remains = self.ticker.take();
        let mut fatal = mem::take(&mut self.input);
        if let Some(ticker) = &mut remains {
            ticker.reclaim(&mut fatal);
        }
        let lost = lost_requests(&fatal.events);
        for event in &fatal.events {
            if matches!(event.kind, EventKind::Arrive(_)) {
                self.guests.lose_arrival(event.session);
            }
        }
        let is_kept = |event: &&Event| match event.kind {
            EventKind::Depart | EventKind::Hold | EventKind::Release => true,
            EventKind::Arrive(_) | EventKind::Message { .. } | EventKind::Reserve(_) => false,
        };
        self.input.events = fatal.events.iter().filter(is_kept).cloned().collect();
        if let Some(ticker) = &mut remains {
            ticker.record_panic(tick, &mut fatal, recorder);
        }
        TickReport::Panicked {
            world: self.id,
            tick,
            why,
            lost,
            remains,
        }
    }

    /// Forgets what is only needed until the output of the tick is published. A world that panicked
    /// has not had the tick yet.
    pub(super) fn end_tick(&mut self) {
        if self.ticker.is_some() {
            self.guests.end_tick();
        }
    }

    /// Returns the figures of the last second.
    pub(super) fn figures(&mut self, now: Instant) -> WorldFigures {
        WorldFigures {
            world: self.id,
            tick: self.tick.0,
            times: self.times.summary(now),
            sessions: self.counts.sessions,
            players: self.counts.players,
            entities: self.counts.entities,
            output_bytes: mem::take(&mut self.bytes),
        }
    }

    /// Goes on with a world that was rebuilt. It has finished the tick before the one that panicked
    /// or was not begun, and holds nobody. `behind` are the I/O threads that are behind. Returns
    /// the world that was here, if there was one.
    pub(super) fn restore(&mut self, ticker: Box<dyn Ticker>, behind: IoThreads) -> Option<Box<dyn Ticker>> {
        self.guests.hold_again(behind, &mut self.input);
        if self.ticker.is_none() {
            self.counts = Counts::default();
        }
        self.quiet_until = self.tick;
        self.ticker.replace(ticker)
    }

    /// Returns whether the world panicked, and is not restored yet.
    pub(super) fn is_broken(&self) -> bool {
        self.ticker.is_none()
    }

    /// Takes the world out before its next tick, to be restored. Its guests stay, and it collects
    /// events as after a panic. `None`: it waits to be restored already.
    pub(super) fn take(&mut self) -> Option<TickReport> {
        Some(TickReport::Taken {
            world: self.id,
            tick: self.tick.after(1),
            ticker: self.ticker.take()?,
        })
    }

    /// Ends the world.
    pub(super) fn end(self) -> TickReport {
        TickReport::Ended {
            world: self.id,
            lost: lost_requests(&self.input.events),
            ticker: self.ticker,
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

/// Returns the arrivals among these events, and the requests that expect an answer.
pub(super) fn lost_requests(events: &[Event]) -> Vec<LostRequest> {
    let lost = |event: &Event| {
        let (request, kind) = match &event.kind {
            EventKind::Reserve(reservation) => (reservation.join.request, LostKind::Reserve),
            EventKind::Message { message, .. } => match message {
                ClientMessage::Join(join) => (join.request, LostKind::Join),
                ClientMessage::Leave { request } => (*request, LostKind::Other),
                ClientMessage::Chat(chat) => (chat.request, LostKind::Other),
                ClientMessage::SetSkin(skin) => (skin.request, LostKind::Other),
                ClientMessage::SetState(batch) => (batch.request, LostKind::Other),
                ClientMessage::Custom(custom) => (custom.request, LostKind::Other),
                ClientMessage::Act(act) => (act.request, LostKind::Other),
                ClientMessage::Reserve(reserve) => (reserve.request, LostKind::Other),
                ClientMessage::Hello(_)
                | ClientMessage::Move(_)
                | ClientMessage::Ping { .. }
                | ClientMessage::Bye => return None,
            },
            EventKind::Arrive(_) => (0, LostKind::Arrival),
            EventKind::Depart | EventKind::Hold | EventKind::Release => return None,
        };
        Some(LostRequest {
            session: event.session,
            request,
            kind,
        })
    };
    events.iter().filter_map(lost).collect()
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use parlour_shared::message::{Chat, Join};
    use parlour_tick::Arrival;

    use super::*;
    use crate::metrics::Metrics;

    const A: SessionId = SessionId(256);
    const B: SessionId = SessionId(512);

    /// A world that panics when a chat arrives, and otherwise counts its ticks and events.
    #[derive(Default)]
    struct Fragile {
        tick: Tick,
        events: usize,
    }

    impl Ticker for Fragile {
        fn step(&mut self, input: &mut TickInput, output: &mut TickOutput, _: Option<&mut TickSender>) {
            output.clear();
            let is_chat = |event: &Event| {
                matches!(
                    &event.kind,
                    EventKind::Message {
                        message: ClientMessage::Chat(_),
                        ..
                    }
                )
            };
            assert!(!input.events.iter().any(is_chat), "a chat");
            self.events += input.events.len();
            self.tick = self.tick.after(1);
            output.tick = self.tick;
        }

        fn reclaim(&mut self, _: &mut TickInput) {}

        fn record_panic(&mut self, _: Tick, input: &mut TickInput, _: Option<&mut TickSender>) {
            *input = TickInput::default();
        }
    }

    fn message(slot: &mut WorldSlot, message: ClientMessage) {
        let dropped = Metrics::new(1).edge.dropped_inbound_full.clone();
        slot.take_message(A, Instant::now(), message, Instant::now(), &dropped);
    }

    fn chat(request: u32) -> ClientMessage {
        ClientMessage::Chat(Chat {
            request,
            ..Chat::default()
        })
    }

    fn step(slot: &mut WorldSlot) -> Stepped {
        slot.step(Pace::default(), &mut TickOutput::default(), None)
    }

    #[test]
    fn after_a_panic_arrivals_and_requests_are_lost_and_departures_wait_for_the_restored_world() {
        let mut slot = WorldSlot::new(WorldId(1), Box::<Fragile>::default());
        assert!(matches!(step(&mut slot), Stepped::Ticked));
        let (arrival, none) = (Arrival::default(), IoThreads::default());
        let WorldSlot { guests, input, .. } = &mut slot;
        guests.arrive(B, arrival.clone(), 0, false, none, input);
        assert!(matches!(step(&mut slot), Stepped::Ticked));
        let WorldSlot { guests, input, .. } = &mut slot;
        guests.arrive(A, arrival, 0, false, none, input);
        guests.depart(B, input);
        message(&mut slot, ClientMessage::Join(Join::room(7, "plaza")));
        message(&mut slot, chat(8));
        let Stepped::Panicked(TickReport::Panicked { tick, why, lost, .. }) = step(&mut slot) else {
            panic!("no panic");
        };
        assert_eq!((tick, why.as_str()), (Tick(3), "a chat"));
        let lost: Vec<_> = lost.iter().map(|lost| (lost.request, lost.kind)).collect();
        assert_eq!(
            lost,
            [(0, LostKind::Arrival), (7, LostKind::Join), (8, LostKind::Other)]
        );
        let kept = [Event {
            session: B,
            kind: EventKind::Depart,
        }];
        assert_eq!(slot.input.events, kept);
        assert!(slot.guests.is_outside(A));

        assert!(matches!(step(&mut slot), Stepped::Waiting));
        message(&mut slot, ClientMessage::Leave { request: 9 });
        assert!(slot.restore(Box::<Fragile>::default(), none).is_none());
        assert!(matches!(step(&mut slot), Stepped::Ticked));
        assert_eq!(slot.input.events, []);
    }

    #[test]
    fn a_world_that_is_taken_out_keeps_its_events_for_the_restored_one() {
        let mut slot = WorldSlot::new(WorldId(1), Box::<Fragile>::default());
        assert!(matches!(step(&mut slot), Stepped::Ticked));
        message(&mut slot, ClientMessage::Leave { request: 9 });
        let taken = slot.take();
        assert!(matches!(taken, Some(TickReport::Taken { tick: Tick(2), .. })));
        assert!(slot.take().is_none() && matches!(step(&mut slot), Stepped::Waiting));
        assert_eq!(slot.input.events.len(), 1);
        let none = IoThreads::default();
        assert!(slot.restore(Box::<Fragile>::default(), none).is_none());
        assert!(matches!(step(&mut slot), Stepped::Ticked));
    }

    #[test]
    fn a_broken_world_collects_few_messages_and_its_end_reports_them() {
        let metrics = Metrics::new(1);
        let dropped = &metrics.edge.dropped_inbound_full;
        let mut slot = WorldSlot::new(WorldId(1), Box::<Fragile>::default());
        message(&mut slot, chat(1));
        assert!(matches!(step(&mut slot), Stepped::Panicked(_)));
        let now = Instant::now();
        for request in 0..COLLECTED as u32 + 10 {
            slot.take_message(A, now, chat(request), now, dropped);
        }
        assert_eq!(
            metrics.value("parlour_drops_total{reason=\"inbound_full\"}"),
            10.0
        );
        let leave = ClientMessage::Leave { request: 2 };
        for of_desk in [ClientMessage::Join(Join::room(1, "plaza")), leave] {
            slot.take_message(A, now, of_desk, now, dropped);
        }
        assert_eq!(
            metrics.value("parlour_drops_total{reason=\"inbound_full\"}"),
            10.0
        );
        let TickReport::Ended { lost, ticker, .. } = slot.end() else {
            panic!("no end");
        };
        assert_eq!(lost.len(), COLLECTED + 2);
        let kept: Vec<_> = lost[COLLECTED..]
            .iter()
            .map(|lost| (lost.request, lost.kind))
            .collect();
        assert_eq!(kept, [(1, LostKind::Join), (2, LostKind::Other)]);
        assert!(ticker.is_none());
    }

    /// A world that is quiet for ten ticks after each step, and notes what is done to it.
    #[derive(Clone, Default)]
    struct Sleeper(Arc<Mutex<(Tick, u32, Vec<Act>)>>);

    /// A step with its number of events, or the number of skipped ticks.
    type Act = (&'static str, u32);

    impl Ticker for Sleeper {
        fn step(&mut self, input: &mut TickInput, output: &mut TickOutput, _: Option<&mut TickSender>) {
            output.clear();
            let (tick, quiet, story) = &mut *self.0.lock().unwrap();
            *tick = tick.after(1);
            *quiet = 10;
            story.push(("step", input.events.len() as u32));
            output.tick = *tick;
        }

        fn quiet_ticks(&self) -> u32 {
            self.0.lock().unwrap().1.min(4)
        }

        fn skip(&mut self, ticks: u32, _: Option<&mut TickSender>) {
            let (tick, quiet, story) = &mut *self.0.lock().unwrap();
            *tick = tick.after(ticks);
            *quiet -= ticks;
            story.push(("skip", ticks));
        }

        fn reclaim(&mut self, _: &mut TickInput) {}
    }

    impl Sleeper {
        fn story(&self) -> Vec<Act> {
            mem::take(&mut self.0.lock().unwrap().2)
        }
    }

    /// Runs a tick as the tick loop does.
    fn tick(slot: &mut WorldSlot, pace: Pace) {
        if !slot.sleep(pace) {
            drop(slot.step(pace, &mut TickOutput::default(), None));
        }
    }

    #[test]
    fn a_quiet_world_is_not_stepped_until_it_must_be() {
        let (world, pace) = (Sleeper::default(), Pace::default());
        let mut slot = WorldSlot::new(WorldId(1), Box::new(world.clone()));
        for ticks in 1..=12 {
            tick(&mut slot, pace);
            assert_eq!(slot.tick, Tick(ticks));
        }
        // A run has at most four ticks here. After ten, a tick must run.
        let skips = [("skip", 4), ("skip", 4), ("skip", 2)];
        assert_eq!(
            world.story(),
            [&[("step", 0)][..], &skips, &[("step", 0)]].concat()
        );
    }

    #[test]
    fn a_quiet_world_wakes_in_the_tick_of_its_input_or_of_a_new_pace() {
        let (world, pace) = (Sleeper::default(), Pace::default());
        let mut slot = WorldSlot::new(WorldId(1), Box::new(world.clone()));
        (0..3).for_each(|_| tick(&mut slot, pace));
        assert_eq!(world.story(), [("step", 0)]);
        message(&mut slot, chat(1));
        tick(&mut slot, pace);
        assert_eq!(world.story(), [("skip", 2), ("step", 1)]);

        // In the last tick of a run, and in the first of the next.
        for ticks in [4, 5] {
            (0..ticks).for_each(|_| tick(&mut slot, pace));
            message(&mut slot, chat(2));
            tick(&mut slot, pace);
            assert_eq!(world.story().last(), Some(&("step", 1)));
        }
        let slower = Pace::Adaptive(parlour_tick::PaceLevel::LAST);
        assert_ne!(slower, pace);
        tick(&mut slot, pace);
        tick(&mut slot, slower);
        assert_eq!(world.story(), [("skip", 1), ("step", 0)]);

        tick(&mut slot, slower);
        slot.catch_up(None);
        assert_eq!(
            (world.story(), slot.tick),
            (vec![("skip", 1)], world.0.lock().unwrap().0)
        );
    }

    #[test]
    fn early_is_in_tenths_of_a_millisecond_and_saturates() {
        let now = Instant::now();
        assert_eq!(early(now + Duration::from_micros(12_345), now), 123);
        assert_eq!(early(now, now + Duration::from_millis(2)), -20);
        assert_eq!(early(now + Duration::from_secs(100), now), i16::MAX);
        assert_eq!(early(now, now + Duration::from_secs(100)), -i16::MAX);
    }
}
