//! Game logic that fails or hangs. Those in its world notice a pause at most; those in other worlds
//! notice nothing: each tick reaches them.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bevy_ecs::prelude::*;
use parlour::RoomType;
use parlour_client::{
    Command, Direction, Event, Refusal,
    shared::{close::CloseCode, message::LeaveReason},
};
use parlour_sim::{Motion, StepSet, TickSchedule, Walk};
use parlour_testing::eventually;
use serde_json::Value;
use tokio::task::{JoinHandle, spawn};

use crate::{
    games::{start, thread_of, worlds},
    support::test_server::TestServer,
    visitor::{Visitor, component},
};

/// The most ticks between two snapshots. The protocol allows 65 while a connection accepts data;
/// the rest is for a machine that is too busy to send them all.
const MAX_PAUSE_TICKS: u32 = 240;

/// Visitors of other worlds, each of which checks that no tick is missing.
struct Witnesses {
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<u32>>,
}

impl Witnesses {
    /// Sends a visitor to each of these rooms of the type `steady`.
    async fn watch(server: &TestServer, rooms: &[String]) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks = Vec::new();
        for room in rooms {
            let witness = Visitor::open_in(server, "witness", room.as_str()).await;
            tasks.push(spawn(witness_each_tick(witness, Arc::clone(&stop))));
        }
        Self { stop, tasks }
    }

    /// Ends the watch when each of them has seen the ticks of a second.
    async fn finish(self) {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            assert!(task.await.unwrap() >= 60);
        }
    }
}

/// Checks that each tick of the world counts for its player, and that the player hears of them
/// without a long pause. Returns the number of ticks.
pub(crate) async fn witness_each_tick(mut witness: Visitor, stop: Arc<AtomicBool>) -> u32 {
    let id = witness.player();
    witness.wait_to_see(id, |_| true).await;
    let mut seen = Vec::new();
    while !stop.load(Ordering::Relaxed) || ticks_between(&seen) < 60 {
        let found = witness
            .wait_for(|connection, event| match event {
                Event::Snapshot { .. } => {
                    let tick = connection.client().snapshot().tick.0;
                    let (_, _, own) = connection.client().view().find_player(id)?;
                    Some((tick, component(&own)))
                }
                Event::Pong { .. } | Event::Chat(_) => None,
                other => panic!("{other:?}"),
            })
            .await;
        seen.push(found);
    }
    // A busy machine may put some ticks into one snapshot, but no tick is left out.
    for pair in seen.windows(2) {
        let [(before, pulse_before), (tick, pulse)] = [pair[0], pair[1]];
        assert_eq!(tick - before, pulse - pulse_before, "tick {tick}");
        assert!(
            tick - before <= MAX_PAUSE_TICKS,
            "after tick {before} came tick {tick}"
        );
    }
    ticks_between(&seen)
}

/// Returns the number of ticks from the first to the last.
fn ticks_between(seen: &[(u32, u32)]) -> u32 {
    let ticks = seen.first().zip(seen.last());
    ticks.map_or(0, |((first, _), (last, _))| last - first)
}

/// Returns a room of each of some worlds of the type `steady`: enough for each tick thread.
async fn steady_rooms(server: &TestServer) -> Vec<String> {
    let mut rooms = Vec::new();
    let mut threads = [false; 2];
    for number in 0..16 {
        let room = format!("steady/{number}");
        let mut scout = Visitor::open_in(server, "scout", room.as_str()).await;
        let thread = thread_of(server, &room);
        threads[usize::try_from(thread).unwrap()] = true;
        scout.send(Command::Bye).await;
        rooms.push(room);
        if threads == [true; 2] {
            break;
        }
    }
    assert_eq!(threads, [true; 2], "worlds are on both tick threads");
    rooms
}

/// Returns the panics and restarts of the only world with this room. The world has a different name
/// than the one before if that one is not gone yet.
pub(crate) fn panics_and_restarts(server: &TestServer, room: &str) -> Option<(u64, u64)> {
    let worlds = worlds(server);
    let has_room = |world: &&Value| {
        let rooms = world["rooms"].as_array().unwrap();
        rooms.iter().any(|held| held["name"] == room)
    };
    let mut named = worlds.iter().filter(has_room);
    let world = named.next()?;
    let number = |field: &str| world[field].as_u64().unwrap();
    let found = (number("panics"), number("restarts"));
    named.next().is_none().then_some(found)
}

/// Walks west or east, and waits until the server has confirmed it.
pub(crate) async fn walk(visitor: &mut Visitor, direction: Direction) {
    let before = visitor.connection.client().segment().unwrap();
    visitor.send(Command::walk(direction)).await;
    visitor
        .wait_for(|connection, event| {
            let is_acknowledged = matches!(event, Event::Snapshot { ack: Some(_), .. });
            (is_acknowledged && connection.client().segment() != Some(before)).then_some(())
        })
        .await;
}

#[tokio::test]
async fn a_world_that_fails_by_a_message_goes_on_and_no_other_world_notices() {
    let server = start(|_| {});
    let rooms = steady_rooms(&server).await;
    let witnesses = Witnesses::watch(&server, &rooms).await;
    let mut ann = Visitor::open_in(&server, "ann", "fragile/1").await;
    let mut bob = Visitor::open_in(&server, "bob", "fragile/1").await;
    assert_eq!(ann.ask(Command::custom("score", &7_u32).unwrap()).await, None);
    walk(&mut ann, Direction::East).await;
    bob.wait_to_see(ann.player(), |ann| ann.component == 7).await;

    let fatal = bob.custom("explode", &()).await;
    assert_eq!(bob.answer(fatal).await, Some(Refusal::WorldRestarted));
    // Nobody has to enter again, and the state is that from before.
    let inside = |visitor: &Visitor| visitor.connection.client().room().unwrap().entered.room.clone();
    for visitor in [&ann, &bob] {
        assert_eq!(inside(visitor), "fragile/1");
    }
    assert_eq!(bob.wait_to_see(ann.player(), |_| true).await.component, 7);
    walk(&mut ann, Direction::West).await;
    walk(&mut bob, Direction::East).await;
    assert_eq!(ann.ask(Command::custom("score", &1_u32).unwrap()).await, None);
    bob.wait_to_see(ann.player(), |ann| ann.component == 8).await;
    eventually("the panic and the restart are listed", || {
        panics_and_restarts(&server, "fragile/1") == Some((1, 1))
    });

    // The second failure ends the world. Its type names no other room.
    ann.custom("explode", &()).await;
    for visitor in [&mut ann, &mut bob] {
        assert_eq!(visitor.wait_to_leave().await, LeaveReason::Ended);
        assert_eq!(visitor.end().await.code(), Some(CloseCode::RoomEnded as u16));
    }
    // The name is free.
    let mut cal = Visitor::open_in(&server, "cal", "fragile/1").await;
    assert_eq!(cal.ask(Command::say("a new world")).await, None);
    assert_eq!(cal.wait_to_see(cal.player(), |_| true).await.component, 0);
    eventually("only the new world is listed", || {
        panics_and_restarts(&server, "fragile/1") == Some((0, 0))
    });
    witnesses.finish().await;
    assert_eq!(server.inner.stop().failure, None);
}

#[tokio::test]
async fn a_command_that_a_panic_loses_is_sent_again() {
    // Fails once, in the tick in which a player starts to walk.
    let has_failed = Arc::new(AtomicBool::new(false));
    let server = start(|options| {
        let stumble = move |players: Query<&Motion>| {
            let walks = players
                .iter()
                .any(|motion| !motion.segment().gait.heading.is_still());
            assert!(
                !walks || has_failed.swap(true, Ordering::Relaxed),
                "a player walks"
            );
        };
        let clumsy = RoomType::new("clumsy").map("plaza").own_world();
        let clumsy = clumsy.plugins(move |app: &mut bevy_app::App| {
            let stumble = stumble.clone().in_set(StepSet::Simulate).after(Walk);
            app.add_systems(TickSchedule, stumble);
        });
        options.room_types.push(clumsy);
    });
    let mut ann = Visitor::open_in(&server, "ann", "clumsy/1").await;
    ann.connection.steer(Direction::East);
    let mut refused = 0;
    ann.wait_for(|connection, event| {
        if let Event::Refused(answer) = event {
            assert_eq!((answer.request, &answer.refusal), (0, &Refusal::WorldRestarted));
            refused += 1;
        }
        let segment = connection.client().segment().unwrap();
        let walks = matches!(event, Event::Snapshot { ack: Some(_), .. }) && !segment.gait.heading.is_still();
        walks.then_some(())
    })
    .await;
    assert_eq!(refused, 1);
    eventually("the panic and the restart are listed", || {
        panics_and_restarts(&server, "clumsy/1") == Some((1, 1))
    });
}

#[tokio::test]
async fn a_world_that_fails_by_a_timer_fails_again_and_its_players_are_given_shelter() {
    let server = start(|_| {});
    let rooms = steady_rooms(&server).await;
    let witnesses = Witnesses::watch(&server, &rooms).await;
    let mut ann = Visitor::open_in(&server, "ann", "sheltered/1").await;
    let mut bob = Visitor::open_in(&server, "bob", "plaza").await;
    let (ann_id, bob_id) = (ann.player(), bob.player());
    assert_eq!(bob.ask(Command::custom("score", &2_u32).unwrap()).await, None);
    bob.enter("sheltered/1").await;
    ann.wait_to_see(bob_id, |bob| bob.component == 2).await;
    assert_eq!(ann.ask(Command::custom("light", &()).unwrap()).await, None);
    // The world that is rebuilt still has the fuse, so it fails again.
    for visitor in [&mut ann, &mut bob] {
        assert_eq!(visitor.wait_to_leave().await, LeaveReason::Ended);
        assert_eq!(visitor.wait_to_enter().await, "plaza/shelter");
    }
    assert_eq!((ann.player(), bob.player()), (ann_id, bob_id));
    // They have what they had when they entered the world that failed.
    ann.wait_to_see(bob_id, |bob| bob.name == "bob" && bob.component == 2)
        .await;
    walk(&mut ann, Direction::East).await;
    // Those that were in it can also come back.
    assert_eq!(ann.enter("sheltered/1").await, "sheltered/1");
    assert_eq!(ann.ask(Command::custom("light", &()).unwrap()).await, None);
    assert_eq!(ann.wait_to_leave().await, LeaveReason::Ended);
    assert_eq!(ann.wait_to_enter().await, "plaza/shelter");
    bob.wait_to_see(ann_id, |_| true).await;
    witnesses.finish().await;
    assert_eq!(server.inner.stop().failure, None);
}

#[tokio::test]
async fn a_world_that_hangs_delays_no_world_of_a_different_thread() {
    let server = start(|_| {});
    let rooms = steady_rooms(&server).await;
    let mut ann = Visitor::open_in(&server, "ann", "fragile/1").await;
    let thread = thread_of(&server, "fragile/1");
    let mut elsewhere = Vec::new();
    for room in rooms {
        // A room whose scout has left may have ended, and is then created on either thread.
        let scout = Visitor::open_in(&server, "scout", room.as_str()).await;
        if thread_of(&server, &room) != thread {
            elsewhere.push((room, scout));
        }
    }
    let (room, _scout) = elsewhere.pop().expect("a world on the other thread");
    let witness = Visitor::open_in(&server, "witness", room.as_str()).await;
    let stop = Arc::new(AtomicBool::new(false));
    let watching = spawn(witness_each_tick(witness, Arc::clone(&stop)));

    // The witness sees a second of ticks, and ends, before the hang is over.
    let request = ann.custom("hang", &()).await;
    stop.store(true, Ordering::Relaxed);
    tokio::select! {
        biased;
        ticks = watching => assert!(ticks.unwrap() >= 60),
        answer = ann.answer(request) => panic!("{answer:?} before a second of the other world"),
    }
    assert_eq!(ann.answer(request).await, None);
    walk(&mut ann, Direction::East).await;
    assert_eq!(server.inner.stop().failure, None);
}
