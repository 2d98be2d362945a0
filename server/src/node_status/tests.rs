//! Tests of the reports of a node.

use std::sync::mpsc;

use super::*;

fn desk_world(world: u32, name: &str) -> DeskWorld {
    DeskWorld {
        world: WorldId(world),
        name: name.to_owned(),
        kind: WorldKind::Main,
        thread: 0,
        state: WorldState::Running,
        panics: 0,
        restarts: 0,
        rooms: Vec::new(),
    }
}

#[test]
fn worlds_are_joined_with_the_figures_of_their_thread() {
    let status = NodeStatus::new(2);
    status.publish_desk(DeskReport {
        worlds: vec![
            DeskWorld {
                rooms: vec![RoomStatus {
                    room: "plaza".to_owned(),
                    players: 2,
                    ..RoomStatus::default()
                }],
                ..desk_world(4, "main")
            },
            DeskWorld {
                thread: 1,
                kind: WorldKind::Own {
                    room_type: "tag".to_owned(),
                    room: "tag/2".to_owned(),
                },
                ..desk_world(9, "tag.2")
            },
            desk_world(11, "tag.3"),
        ],
        in_lobby: 3,
    });
    let figures = |world, tick| WorldFigures {
        world: WorldId(world),
        tick,
        ..WorldFigures::default()
    };
    assert!(status.publish_thread(0, 0.5, &mut vec![figures(4, 40)]));
    // World 7 has ended: the desk does not list it any longer.
    assert!(status.publish_thread(1, 0.25, &mut vec![figures(7, 70), figures(9, 90)]));
    let report = status.report();
    assert_eq!(
        (report.lobby_sessions, &report.thread_load[..]),
        (3, &[0.5, 0.25][..])
    );
    let found: Vec<(&str, u32, usize)> = report
        .worlds
        .iter()
        .map(|world| (&*world.name, world.tick, world.thread))
        .collect();
    assert_eq!(found, [("main", 40, 0), ("tag.2", 90, 1), ("tag.3", 0, 0)]);
    assert_eq!(report.worlds[0].rooms[0].name, "plaza");
    let kinds: Vec<(Option<&str>, bool)> = report
        .worlds
        .iter()
        .map(|world| (world.room_type.as_deref(), world.own))
        .collect();
    assert_eq!(kinds, [(None, false), (Some("tag"), true), (None, false)]);
    assert!(status.has_world("tag.2") && !status.has_world("tag"));
}

#[test]
fn a_tick_thread_gets_its_memory_back_and_never_waits() {
    let status = NodeStatus::new(1);
    let mut worlds = Vec::with_capacity(100);
    worlds.push(WorldFigures::default());
    assert!(status.publish_thread(0, 0.0, &mut worlds));
    worlds.push(WorldFigures::default());
    assert!(status.publish_thread(0, 0.0, &mut worlds));
    assert!(
        worlds.is_empty() && worlds.capacity() >= 100,
        "the first list is back"
    );
    worlds.push(WorldFigures::default());
    let reading = locked(&status.threads[0].worlds);
    assert!(!status.publish_thread(0, 0.0, &mut worlds));
    assert_eq!(worlds.len(), 1, "the figures are kept for the next try");
    drop(reading);
    assert!(status.publish_thread(0, 0.0, &mut worlds));
}

#[test]
fn the_desk_takes_and_answers_requests_for_restarts_which_are_bounded() {
    let status = NodeStatus::new(1);
    let (sender, answers) = mpsc::sync_channel(100);
    let request = |name: &str| {
        let sender = sender.clone();
        status.request_restart(name, Box::new(move |result| drop(sender.try_send(result))))
    };
    request("main").unwrap();
    request("nothing").unwrap();
    let taken = status.take_restarts();
    assert_eq!(
        taken.iter().map(|request| &*request.world).collect::<Vec<_>>(),
        ["main", "nothing"]
    );
    for (request, result) in taken.into_iter().zip([Ok(()), Err(RestartError::NoSuchWorld)]) {
        request.answer(result);
    }
    assert_eq!(
        answers.try_iter().collect::<Vec<_>>(),
        [Ok(()), Err(RestartError::NoSuchWorld)]
    );
    assert!(status.take_restarts().is_empty());
    let refused = (0..20).filter(|_| request("main").is_err()).count();
    assert_eq!(refused, 4);
}
