//! Own worlds move from one tick thread to another while their players walk and chat. Nobody is
//! disconnected, and no tick, no message and no recorded input is missing.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parlour::RoomType;
use parlour_client::{Command, Direction, Event, Refusal};
use parlour_testing::{TemporaryPath, eventually};
use serde_json::Value;
use tokio::task::{spawn, spawn_blocking};

use crate::{
    games::{slow, start, thread_of, worlds},
    panics::{panics_and_restarts, walk, witness_each_tick},
    recordings::verify_all,
    support::{http, raw_client::TIMEOUT, test_server::TestServer},
    visitor::Visitor,
};

/// How often a world moves to and fro.
const MOVES: u64 = 8;
/// By how many ticks a calm world must get ahead of a slow one, which it cannot on one thread.
const AHEAD: u64 = 60;

/// Requests the move of a world. Returns the answer.
fn request_move(server: &TestServer, world: &str, query: &str) -> String {
    let request = format!(
        "POST /worlds/{world}/move{query} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-length: 0\r\n\r\n"
    );
    http::exchange(server.connect_admin(), &request)
}

/// Moves a world, and waits until it is there.
fn move_to(server: &TestServer, world: &str, room: &str, thread: u64) {
    let answer = request_move(server, world, &format!("?thread={thread}"));
    assert_eq!(http::status_of(&answer), 200, "{answer}");
    eventually("the world is on the new thread", || {
        thread_of(server, room) == thread && field(server, room, "state") == "running"
    });
}

/// Moves the world `steady.1` to and fro until the server ends.
fn move_while_it_runs(admin: SocketAddr) {
    for thread in [0, 1].into_iter().cycle() {
        let Ok(mut connection) = TcpStream::connect(admin) else {
            return;
        };
        let request = format!(
            "POST /worlds/steady.1/move?thread={thread} HTTP/1.1\r\nhost: {admin}\r\nconnection: close\r\n\r\n"
        );
        // The server may end meanwhile.
        let _ = connection.set_read_timeout(Some(TIMEOUT));
        let _ = connection.write_all(request.as_bytes());
        let _ = connection.read_to_end(&mut Vec::new());
    }
}

/// Returns a field of the world that has a room.
fn field(server: &TestServer, room: &str, name: &str) -> Value {
    let has_room = |world: &&Value| {
        let rooms = world["rooms"].as_array().unwrap();
        rooms.iter().any(|listed| listed["name"] == room)
    };
    let worlds = worlds(server);
    worlds.iter().find(has_room).unwrap()[name].clone()
}

/// Walks to and fro and chats, until it is stopped. Returns the number of chat messages.
async fn walk_and_chat(mut visitor: Visitor, stop: Arc<AtomicBool>) -> (Visitor, usize) {
    let mut said = 0;
    while !stop.load(Ordering::Relaxed) {
        let direction = [Direction::East, Direction::West][said % 2];
        visitor.send(Command::walk(direction)).await;
        let answer = visitor.ask(Command::say(said.to_string())).await;
        assert_eq!(answer, None, "of chat {said}");
        said += 1;
    }
    (visitor, said)
}

#[tokio::test]
async fn a_world_moves_to_and_fro_while_its_players_walk_and_chat() {
    let directory = TemporaryPath::directory();
    let mut maps = Vec::new();
    let server = Arc::new(start(|options| {
        options.recording.directory = Some(directory.0.clone());
        options.recording.keyframe_ticks = 60;
        maps.clone_from(&options.sim.maps);
    }));
    let stop = Arc::new(AtomicBool::new(false));
    let witness = Visitor::open_in(&server, "witness", "steady/1").await;
    let ann = Visitor::open_in(&server, "ann", "steady/1").await;
    let mut bob = Visitor::open_in(&server, "bob", "steady/1").await;
    let witness = spawn(witness_each_tick(witness, Arc::clone(&stop)));
    let ann = spawn(walk_and_chat(ann, Arc::clone(&stop)));
    // Hears every chat message once, in order, until the last one.
    let listener = spawn(async move {
        let mut heard = 0;
        loop {
            let text = bob
                .wait_for(|_, event| match event {
                    Event::Chat(said) => Some(said.text.clone()),
                    _ => None,
                })
                .await;
            if text == "bye" {
                return heard;
            }
            assert_eq!(text, heard.to_string());
            heard += 1;
        }
    });
    let moving = Arc::clone(&server);
    spawn_blocking(move || {
        let first = thread_of(&moving, "steady/1");
        for nth in 1..=MOVES {
            move_to(&moving, "steady.1", "steady/1", (first + nth) % 2);
        }
        moving.await_metric("parlour_worlds_moved_total{type=\"steady\"}", MOVES as f64);
    })
    .await
    .unwrap();
    stop.store(true, Ordering::Relaxed);
    assert!(witness.await.unwrap() >= 60);
    let (mut ann, said) = ann.await.unwrap();
    assert_eq!(ann.ask(Command::say("bye")).await, None);
    assert_eq!(listener.await.unwrap(), said);
    drop(ann);
    assert_eq!(server.inner.stop().failure, None);

    let verified = verify_all(&directory.0, &maps);
    let steady = &verified["steady.1"];
    assert_eq!((steady.runs, steady.panics), (1, 0), "{verified:#?}");
    assert!(steady.ticks > 60, "{verified:#?}");
}

#[tokio::test]
async fn a_world_that_moves_while_the_server_stops_is_recorded_to_the_end() {
    let directory = TemporaryPath::directory();
    let mut maps = Vec::new();
    let server = start(|options| {
        options.recording.directory = Some(directory.0.clone());
        maps.clone_from(&options.sim.maps);
    });
    let _ann = Visitor::open_in(&server, "ann", "steady/1").await;
    let admin = server.inner.admin_addr();
    let mover = std::thread::spawn(move || move_while_it_runs(admin));
    eventually("the world moves to and fro", || {
        server.metric("parlour_worlds_moved_total{type=\"steady\"}") >= 2.0
    });
    assert_eq!(server.inner.stop().failure, None);
    mover.join().unwrap();
    let verified = verify_all(&directory.0, &maps);
    let steady = &verified["steady.1"];
    assert_eq!((steady.runs, steady.panics), (1, 0), "{verified:#?}");
    // The stop closes the session of ann. It is the last event of the world.
    assert!(steady.all_left, "{verified:#?}");
}

#[tokio::test]
async fn a_world_that_has_moved_is_rebuilt_after_a_panic_and_moves_again() {
    let server = start(|_| {});
    let mut ann = Visitor::open_in(&server, "ann", "fragile/1").await;
    assert_eq!(ann.ask(Command::custom("score", &7_u32).unwrap()).await, None);
    let first = thread_of(&server, "fragile/1");
    move_to(&server, "fragile.1", "fragile/1", 1 - first);
    walk(&mut ann, Direction::East).await;
    let fatal = ann.custom("explode", &()).await;
    assert_eq!(ann.answer(fatal).await, Some(Refusal::WorldRestarted));
    ann.wait_to_see(ann.player(), |ann| ann.component == 7).await;
    eventually("the restart is listed", || {
        panics_and_restarts(&server, "fragile/1") == Some((1, 1))
    });
    assert_eq!(thread_of(&server, "fragile/1"), 1 - first);
    move_to(&server, "fragile.1", "fragile/1", first);
    walk(&mut ann, Direction::West).await;
    assert_eq!(server.inner.stop().failure, None);
}

#[tokio::test]
async fn a_world_that_makes_its_thread_late_moves_away_from_a_calm_one() {
    // A busy machine delays each thread, which then seems to be busy itself. One of three others is
    // free in one of the many seconds in which the world may move.
    let server = Arc::new(start(|options| options.tick_threads = 4));
    let mut ann = Visitor::open_in(&server, "ann", "slow/1").await;
    let witness = Visitor::open_in(&server, "witness", "steady/1").await;
    let shared = thread_of(&server, "slow/1");
    if thread_of(&server, "steady/1") != shared {
        move_to(&server, "steady.1", "steady/1", shared);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let witness = spawn(witness_each_tick(witness, Arc::clone(&stop)));
    assert_eq!(ann.ask(Command::custom("toil", &()).unwrap()).await, None);
    let moving = Arc::clone(&server);
    spawn_blocking(move || {
        eventually("the slow world is on a thread of its own", || {
            thread_of(&moving, "slow/1") != shared
        });
        assert_eq!(thread_of(&moving, "steady/1"), shared);
        assert_eq!(moving.metric("parlour_worlds_moved_total{type=\"slow\"}"), 1.0);
        assert!(moving.metric("parlour_world_overruns_total{type=\"slow\"}") >= 1.0);
        // On one thread, both would have the same number of ticks from now on.
        let lead = || {
            let tick = |room| field(&moving, room, "tick").as_u64().unwrap();
            // The slow one first, so that the calm one is at most too far ahead by this look.
            let slow = tick("slow/1");
            tick("steady/1") as i64 - slow as i64
        };
        let before = lead();
        eventually("the calm world gets ahead", || lead() >= before + AHEAD as i64);
    })
    .await
    .unwrap();
    stop.store(true, Ordering::Relaxed);
    assert!(witness.await.unwrap() >= 60);
    // The slow world still answers.
    walk(&mut ann, Direction::East).await;
    assert_eq!(server.inner.stop().failure, None);
}

#[tokio::test]
async fn an_own_world_moves_away_from_a_shared_one_that_makes_it_late() {
    // Four threads, as above.
    let server = Arc::new(start(|options| {
        let sluggish = RoomType::new("sluggish").map("plaza").plugins(slow);
        options.room_types.push(sluggish);
        options.tick_threads = 4;
    }));
    let mut ann = Visitor::open_in(&server, "ann", "sluggish/1").await;
    let witness = Visitor::open_in(&server, "witness", "steady/1").await;
    let shared = thread_of(&server, "sluggish/1");
    if thread_of(&server, "steady/1") != shared {
        move_to(&server, "steady.1", "steady/1", shared);
    }
    let moved = "parlour_worlds_moved_total{type=\"steady\"}";
    let before = server.metric(moved);
    let stop = Arc::new(AtomicBool::new(false));
    let witness = spawn(witness_each_tick(witness, Arc::clone(&stop)));
    assert_eq!(ann.ask(Command::custom("toil", &()).unwrap()).await, None);
    let moving = Arc::clone(&server);
    spawn_blocking(move || {
        eventually("the own world is on a different thread", || {
            thread_of(&moving, "steady/1") != shared
        });
    })
    .await
    .unwrap();
    assert_eq!(server.metric(moved), before + 1.0);
    assert_eq!(thread_of(&server, "sluggish/1"), shared);
    stop.store(true, Ordering::Relaxed);
    assert!(witness.await.unwrap() >= 60);
    walk(&mut ann, Direction::East).await;
    assert_eq!(server.inner.stop().failure, None);
}

#[tokio::test]
async fn a_move_that_is_not_possible_is_refused() {
    let server = start(|_| {});
    let _ann = Visitor::open_in(&server, "ann", "tag/1").await;
    let here = thread_of(&server, "tag/1");
    let here = format!("?thread={here}");
    for (world, query, status, why) in [
        ("main", "?thread=1", 409, "only own worlds can be moved"),
        ("tug.1", "?thread=1", 404, "did you mean `tag.1`?"),
        ("tag.1", "?thread=2", 400, "they are 0 to 1"),
        (
            "tag.1",
            "?thread=left",
            400,
            "thread is the number of a tick thread",
        ),
        ("tag.1", "", 400, "thread is missing"),
        ("tag.1", &here, 409, "on this tick thread already"),
    ] {
        let answer = request_move(&server, world, query);
        assert_eq!(http::status_of(&answer), status, "{answer}");
        assert!(answer.contains(why), "{answer}");
    }
}
