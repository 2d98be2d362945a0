//! A world that panics, is taken out, or sleeps.

use std::sync::{Arc, Mutex};

use parlour_shared::message::{Chat, Join, Move};
use parlour_tick::Arrival;

use super::*;
use crate::{
    bridge::{link_state::LinkState, reports::LostKind},
    metrics::Metrics,
};

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

    fn failed_system(&self) -> Option<&str> {
        Some("game::listen")
    }

    fn record_panic(&mut self, _: Tick, input: &mut TickInput, _: Option<&mut TickSender>) {
        *input = TickInput::default();
    }
}

fn slot(ticker: Box<dyn Ticker>) -> WorldSlot {
    WorldSlot::new(WorldId(1), ticker, IoThreads::default())
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
    let mut slot = slot(Box::<Fragile>::default());
    assert!(matches!(step(&mut slot), Stepped::Ticked));
    let arrival = Arrival::default();
    let WorldSlot { guests, input, .. } = &mut slot;
    guests.arrive(B, arrival.clone(), 0, LinkState::default(), input);
    assert!(matches!(step(&mut slot), Stepped::Ticked));
    let WorldSlot { guests, input, .. } = &mut slot;
    guests.arrive(A, arrival, 0, LinkState::default(), input);
    guests.depart(B, input);
    message(&mut slot, ClientMessage::Join(Join::room(7, "plaza")));
    message(&mut slot, chat(8));
    (0..3).for_each(|_| message(&mut slot, ClientMessage::Move(Move::default())));
    let Stepped::Panicked(TickReport::Panicked {
        tick, fault, lost, ..
    }) = step(&mut slot)
    else {
        panic!("no panic");
    };
    assert_eq!(tick, Tick(3));
    // In a program with a tick thread, the place in the code follows.
    assert!(fault.message.starts_with("a chat"), "{fault}");
    assert_eq!(fault.system.as_deref(), Some("game::listen"));
    let lost: Vec<_> = lost.iter().map(|lost| (lost.request, lost.kind)).collect();
    assert_eq!(
        lost,
        [
            (0, LostKind::Arrival),
            (7, LostKind::Join),
            (8, LostKind::Other),
            (0, LostKind::Move),
        ]
    );
    let kept = [Event {
        session: B,
        kind: EventKind::Depart,
    }];
    assert_eq!(slot.input.events, kept);
    assert!(slot.guests.is_outside(A));

    assert!(matches!(step(&mut slot), Stepped::Waiting));
    message(&mut slot, ClientMessage::Leave { request: 9 });
    assert!(slot.restore(Box::<Fragile>::default()).is_none());
    assert!(matches!(step(&mut slot), Stepped::Ticked));
    assert_eq!(slot.input.events, []);
}

#[test]
fn a_world_that_is_taken_out_keeps_its_events_for_the_restored_one() {
    let mut slot = slot(Box::<Fragile>::default());
    assert!(matches!(step(&mut slot), Stepped::Ticked));
    message(&mut slot, ClientMessage::Leave { request: 9 });
    let taken = slot.take();
    assert!(matches!(taken, Some(TickReport::Taken { tick: Tick(2), .. })));
    assert!(slot.take().is_none() && matches!(step(&mut slot), Stepped::Waiting));
    assert_eq!(slot.input.events.len(), 1);
    assert!(slot.restore(Box::<Fragile>::default()).is_none());
    assert!(matches!(step(&mut slot), Stepped::Ticked));
}

#[test]
fn a_broken_world_collects_few_messages_and_its_end_reports_them() {
    let metrics = Metrics::new(1);
    let dropped = &metrics.edge.dropped_inbound_full;
    let mut slot = slot(Box::<Fragile>::default());
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
    let mut slot = slot(Box::new(world.clone()));
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
    let mut slot = slot(Box::new(world.clone()));
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
    assert_eq!(slot.catch_up(None), None);
    assert_eq!(
        (world.story(), slot.tick),
        (vec![("skip", 1)], world.0.lock().unwrap().0)
    );
}

/// A quiet world that panics when it counts skipped ticks, as when it is saved.
struct BadSaver;

impl Ticker for BadSaver {
    fn step(&mut self, _: &mut TickInput, output: &mut TickOutput, _: Option<&mut TickSender>) {
        output.clear();
        output.tick = Tick(1);
    }

    fn quiet_ticks(&self) -> u32 {
        10
    }

    fn skip(&mut self, _: u32, _: Option<&mut TickSender>) {
        panic!("not saved");
    }

    fn reclaim(&mut self, _: &mut TickInput) {}
}

#[test]
fn a_panic_while_skipped_ticks_are_counted_stays_in_its_world() {
    let pace = Pace::default();
    let mut slot = WorldSlot::new(WorldId(1), Box::new(BadSaver), IoThreads::default());
    (0..3).for_each(|_| tick(&mut slot, pace));
    let why = slot.catch_up(None).unwrap();
    assert!(why.starts_with("not saved"), "{why}");
    let report = slot.panicked(why, None);
    // The recording ends with tick 1: the world can be rebuilt only up to there.
    assert!(matches!(report, TickReport::Panicked { tick: Tick(2), .. }));
    assert!(slot.is_broken() && slot.catch_up(None).is_none());
    assert_eq!(slot.tick, Tick(1));
}

/// Runs a few ticks, of which the last has input. Returns the tick of the panic.
fn panics_after_quiet_ticks(ticker: Box<dyn Ticker>) -> Tick {
    let mut slot = slot(ticker);
    (0..3).for_each(|_| tick(&mut slot, Pace::default()));
    message(&mut slot, chat(1));
    match step(&mut slot) {
        Stepped::Panicked(TickReport::Panicked { tick, .. }) => {
            assert_eq!(slot.tick.after(1), tick);
            tick
        }
        _ => panic!("no panic"),
    }
}

/// A world that is quiet, and panics when a chat arrives.
#[derive(Default)]
struct QuietUntilChat(Fragile);

impl Ticker for QuietUntilChat {
    fn step(&mut self, input: &mut TickInput, output: &mut TickOutput, recorder: Option<&mut TickSender>) {
        self.0.step(input, output, recorder);
    }

    fn quiet_ticks(&self) -> u32 {
        10
    }

    fn skip(&mut self, ticks: u32, _: Option<&mut TickSender>) {
        self.0.tick = self.0.tick.after(ticks);
    }

    fn reclaim(&mut self, _: &mut TickInput) {}
}

#[test]
fn a_panic_takes_back_skipped_ticks_only_if_they_were_not_recorded() {
    assert_eq!(panics_after_quiet_ticks(Box::new(BadSaver)), Tick(2));
    let fragile = Box::<QuietUntilChat>::default();
    assert_eq!(panics_after_quiet_ticks(fragile), Tick(4));
}

#[test]
fn early_is_in_tenths_of_a_millisecond_and_saturates() {
    let now = Instant::now();
    assert_eq!(early(now + Duration::from_micros(12_345), now), 123);
    assert_eq!(early(now, now + Duration::from_millis(2)), -20);
    assert_eq!(early(now + Duration::from_secs(100), now), i16::MAX);
    assert_eq!(early(now, now + Duration::from_secs(100)), -i16::MAX);
}
