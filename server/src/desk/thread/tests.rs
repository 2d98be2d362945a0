//! The thread of the desk of a playback.

use crate::bridge::{commands::command_ring, outbound, reports::report_ring, wake};

use parlour_shared::ids::Tick;
use parlour_tick::WorldId;

use super::*;
use crate::ticker::TickReport;

#[test]
fn a_panic_in_the_world_of_a_playback_fails_the_server_with_its_reason() {
    let (wake, woken) = wake::pair().unwrap();
    let metrics = Arc::new(Metrics::new(1));
    let (commands, _to_world) = command_ring(metrics.edge.dropped_inbound_full.clone());
    let (mut from_world, reports) = report_ring(wake);
    let world = WorldId(0);
    let failure = Arc::new(Failure::default());
    from_world.send(TickReport::Panicked {
        world,
        tick: Tick(7),
        why: "a chair without legs".to_owned(),
        lost: Vec::new(),
        remains: None,
    });
    let start = DeskStart {
        desk: Desk::playback(WorldPlace { thread: 0, world }),
        actions: Vec::new(),
        world: None,
        io: Vec::new(),
        ticks: vec![TickRings { commands, reports }],
        publisher: outbound::connect(1, &[]).unwrap().desk,
        wake: woken,
        workers: None,
        view: Arc::default(),
        types: metrics.room_types(&[]),
        node: Arc::new(NodeStatus::new(1)),
        freeze: None,
        metrics: Arc::clone(&metrics),
        failure: Arc::clone(&failure),
        stop: Arc::new(AtomicBool::new(true)),
    };
    run(start).unwrap();
    let reason = failure.get().map(ToString::to_string);
    assert_eq!(
        reason.as_deref(),
        Some("thread tick-0 panicked: a chair without legs")
    );
}
