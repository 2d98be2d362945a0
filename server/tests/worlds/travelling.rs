//! Players that travel between worlds: by joins and through doors.

use parlour_client::{Command, Direction, Event, shared::message::LeaveReason};

use crate::{
    games::{start, thread_of},
    visitor::{SeenVisitor, Visitor},
};

/// Rooms to travel through, again and again: of the shared worlds on both tick threads, and of two
/// own worlds.
const ROOMS: [&str; 4] = ["plaza/a", "tag/a", "plaza/b", "tag/b"];

#[tokio::test]
async fn a_traveller_takes_its_identity_along_and_its_neighbours_see_it_leave_and_enter() {
    let server = start(|_| {});
    let mut neighbours = Vec::new();
    for room in ROOMS {
        neighbours.push(Visitor::open_in(&server, "neighbour", room).await);
        // The next room goes to the other thread once this player is counted.
        thread_of(&server, room);
    }
    let threads: Vec<u64> = ROOMS.iter().map(|room| thread_of(&server, room)).collect();
    assert!(threads.contains(&0) && threads.contains(&1), "{threads:?}");

    let mut ann = Visitor::open_in(&server, "ann", ROOMS[0]).await;
    let id = ann.player();
    assert_eq!(ann.ask(Command::SetSkin { skin: 1 }).await, None);
    let mut expected = SeenVisitor {
        name: "ann".to_owned(),
        skin: 1,
        component: 0,
    };
    let mut last_tick = None;
    for round in 0..8 {
        let (here, next) = (round % ROOMS.len(), (round + 1) % ROOMS.len());
        assert_eq!(ann.ask(Command::custom("score", &5_u32).unwrap()).await, None);
        expected.component += 5;
        let seen = |seen: &SeenVisitor| *seen == expected;
        neighbours[here].wait_to_see(id, seen).await;
        ann.wait_to_see(neighbours[here].player(), |_| true).await;
        neighbours[next].wait_to_miss(id).await;

        // What is sent behind the join is for the next room.
        let request = ann.send(Command::join(ROOMS[next])).await;
        ann.send(Command::say(format!("round {round}"))).await;
        let mut order = Vec::new();
        ann.wait_for(|connection, event| {
            match event {
                Event::Left(left) => {
                    assert_eq!((left.request, left.reason), (0, LeaveReason::Moved));
                    assert!(connection.client().room().is_none());
                    order.push("left");
                }
                Event::Entered => {
                    let entered = &connection.client().room().unwrap().entered;
                    assert_eq!((entered.request, &*entered.room), (request, ROOMS[next]));
                    last_tick = Some(entered.tick);
                    order.push("entered");
                }
                Event::Snapshot { .. } if order.len() == 2 => {
                    let tick = connection.client().snapshot().tick;
                    let entered = last_tick.unwrap();
                    assert!(
                        tick >= entered && tick.0 < entered.0 + 600,
                        "{tick:?} {entered:?}"
                    );
                    return Some(());
                }
                Event::Refused(refused) => panic!("{refused:?}"),
                _ => {}
            }
            None
        })
        .await;
        assert_eq!(order, ["left", "entered"]);
        assert_eq!(ann.player(), id);
        // The neighbour in the new room hears it. The one in the old room hears nothing before its
        // own voice.
        assert_eq!(neighbours[next].hear().await.text, format!("round {round}"));
        neighbours[here].send(Command::say("alone")).await;
        assert_eq!(neighbours[here].hear().await.text, "alone");
        ann.wait_to_miss(neighbours[here].player()).await;
        ann.wait_to_see(id, seen).await;
        ann.wait_to_see(neighbours[next].player(), |_| true).await;
        neighbours[here].wait_to_miss(id).await;
        neighbours[next].wait_to_see(id, seen).await;
    }
}

#[tokio::test]
async fn doors_lead_between_own_worlds() {
    let server = start(|_| {});
    let mut east = Visitor::open_in(&server, "east", "east/1").await;
    let mut west = Visitor::open_in(&server, "west", "west/1").await;
    let mut ann = Visitor::open_in(&server, "ann", "east/1").await;
    let id = ann.player();
    assert_eq!(ann.ask(Command::custom("score", &3_u32).unwrap()).await, None);
    east.wait_to_see(id, |ann| ann.component == 3).await;
    ann.send(Command::walk(Direction::East)).await;
    assert_eq!(ann.wait_to_leave().await, LeaveReason::Moved);
    assert_eq!(ann.wait_to_enter().await, "west/1");
    assert_eq!(ann.player(), id);
    east.wait_to_miss(id).await;
    west.wait_to_see(id, |ann| ann.component == 3 && ann.name == "ann")
        .await;
    ann.send(Command::say("hello west")).await;
    assert_eq!(west.hear().await.text, "hello west");
    // No door opens for 60 ticks after a door.
    let entered = ann.connection.client().room().unwrap().entered.tick.0;
    ann.wait_for(|connection, _| (connection.client().snapshot().tick.0 >= entered + 60).then_some(()))
        .await;
    ann.send(Command::walk(Direction::West)).await;
    assert_eq!(ann.wait_to_leave().await, LeaveReason::Moved);
    assert_eq!(ann.wait_to_enter().await, "east/1");
}
