//! The thread of the desk, in a playback.

use crate::bridge::{commands::command_ring, fault::Fault, outbound, reports::report_ring, wake};

use parlour_recording::recorder::TickSender;
use parlour_shared::ids::Tick;
use parlour_tick::{TickInput, TickOutput, WorldId};

use super::*;
use crate::ticker::{TickCommand, TickReport};

const PLACE: WorldPlace = WorldPlace {
    thread: 0,
    world: WorldId(0),
};

/// Returns the start of a desk that stops at once, with these ends of one tick thread.
fn stopping(
    world: Option<(WorldPlace, Box<dyn Ticker>)>,
    rings: TickRings,
    wake: WakeEnd,
    metrics: &Arc<Metrics>,
) -> DeskStart {
    DeskStart {
        desk: Desk::playback(PLACE),
        actions: Vec::new(),
        world,
        io: Vec::new(),
        ticks: vec![rings],
        publisher: outbound::connect(1, &[]).unwrap().desk,
        wake,
        workers: None,
        view: Arc::default(),
        types: metrics.room_types(&[]),
        node: Arc::new(NodeStatus::new(1)),
        status: Arc::new(TickThreads::new(1)),
        freeze: None,
        metrics: Arc::clone(metrics),
        failure: Arc::default(),
        stop: Arc::new(AtomicBool::new(true)),
    }
}

#[test]
fn a_panic_in_the_world_of_a_playback_fails_the_server_with_its_reason() {
    let (wake, woken) = wake::pair().unwrap();
    let metrics = Arc::new(Metrics::new(1));
    let (commands, _to_world) = command_ring(metrics.edge.dropped_inbound_full.clone());
    let (mut from_world, reports) = report_ring(wake);
    from_world.send(TickReport::Panicked {
        world: PLACE.world,
        tick: Tick(7),
        fault: Fault::new(Some("game::sit"), "a chair without legs".to_owned()),
        lost: Vec::new(),
        remains: None,
    });
    let start = stopping(None, TickRings { commands, reports }, woken, &metrics);
    let failure = Arc::clone(&start.failure);
    run(start).unwrap();
    let reason = failure.get().map(ToString::to_string);
    assert_eq!(
        reason.as_deref(),
        Some("thread tick-0 panicked: a chair without legs, in the system game::sit")
    );
}

/// A world in which nothing happens.
struct Still;

impl Ticker for Still {
    fn step(&mut self, _: &mut TickInput, _: &mut TickOutput, _: Option<&mut TickSender>) {}

    fn reclaim(&mut self, _: &mut TickInput) {}
}

#[test]
fn a_desk_that_stops_waits_until_there_is_room_for_its_commands() {
    let (wake, woken) = wake::pair().unwrap();
    let metrics = Arc::new(Metrics::new(1));
    let (mut commands, mut to_world) = command_ring(metrics.edge.dropped_inbound_full.clone());
    let (_from_world, reports) = report_ring(wake);
    while !commands.is_waiting() {
        commands.send(TickCommand::Take { world: WorldId(9) });
    }
    let world: (_, Box<dyn Ticker>) = (PLACE, Box::new(Still));
    let start = stopping(Some(world), TickRings { commands, reports }, woken, &metrics);
    let began = Instant::now();
    let desk = std::thread::spawn(move || run(start).unwrap());
    let mut started = false;
    while !started && !desk.is_finished() {
        while let Ok(command) = to_world.pop() {
            started |= matches!(command, TickCommand::Start { .. });
        }
        std::thread::yield_now();
    }
    desk.join().unwrap();
    started |= std::iter::from_fn(|| to_world.pop().ok())
        .any(|command| matches!(command, TickCommand::Start { .. }));
    // On a busy machine, this thread may be too late.
    assert!(started || began.elapsed() >= MAX_AWAIT);
}
