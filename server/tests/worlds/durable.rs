//! Rooms of durable types go on after a restart of the server: their state, their epochs and their
//! ticks. Players come back by joining.

use std::{
    fs,
    path::{Path, PathBuf},
};

use parlour::{RoomType, ServerOptions};
use parlour_client::{
    Command, JoinRequest, Refusal,
    shared::{ids::Epoch, message::StateWrite},
};
use parlour_recording::{
    format::FrozenWorld,
    replay::worlds::{Worlds, world_directories},
};
use parlour_shared::ids::Tick;
use parlour_testing::{TemporaryPath, eventually};
use parlour_tick::{Event, EventKind};
use serde_json::Value;

use crate::{
    games::{fragile, logic_of, scores, start, thread_of, worlds},
    recordings::verify_all,
    support::{
        http::{exchange, status_of},
        test_server::TestServer,
    },
    visitor::Visitor,
};

/// Adds the durable types: a castle has its own world, and game logic that fails on request. The
/// rooms of the club share worlds.
pub(crate) fn with_durable(options: &mut ServerOptions, state: &Path) {
    let castle = RoomType::new("castle").map("plaza").plugins(fragile);
    let club = RoomType::new("club").map("plaza").plugins(scores);
    options.room_types.push(castle.own_world().durable());
    options.room_types.push(club.durable());
    options.state = Some(state.to_owned());
}

/// Starts a server with one tick thread.
pub(crate) fn start_durable(state: &TemporaryPath) -> TestServer {
    start(|options| {
        with_durable(options, &state.0);
        options.tick_threads = 1;
    })
}

/// Stops a server whose worlds can all be saved.
pub(crate) fn stop(server: &TestServer) {
    let report = server.inner.stop();
    assert_eq!((report.failure, report.unsaved), (None, Vec::new()));
}

/// Returns the names of the saved worlds.
pub(crate) fn saved(state: &TemporaryPath) -> Vec<String> {
    let files = fs::read_dir(&state.0).unwrap();
    let mut names: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".plr").map(str::to_owned))
        .collect();
    names.sort();
    names
}

pub(crate) fn file(state: &TemporaryPath, world: &str) -> PathBuf {
    state.0.join(format!("{world}.plr"))
}

pub(crate) async fn write(visitor: &mut Visitor, key: &str, value: &str) {
    let writes = vec![StateWrite {
        key: key.to_owned(),
        value: Some(value.to_owned()),
        ..StateWrite::default()
    }];
    assert_eq!(visitor.ask(Command::SetState { writes }).await, None);
}

/// Returns the epoch and the tick with which a visitor entered its room.
fn entered(visitor: &Visitor) -> (Epoch, Tick) {
    let entered = &visitor.connection.client().room().unwrap().entered;
    (entered.epoch, entered.tick)
}

fn values(visitor: &Visitor) -> Vec<(String, String)> {
    let state = visitor.connection.client().state().iter();
    state
        .filter_map(|entry| Some((entry.key.clone(), entry.value.clone()?)))
        .collect()
}

/// Returns the room as the admin port shows it.
fn listed(server: &TestServer, room: &str) -> Option<Value> {
    let rooms = worlds(server)
        .into_iter()
        .flat_map(|world| world["rooms"].as_array().unwrap().clone());
    rooms.into_iter().find(|listed| listed["name"] == room)
}

#[tokio::test]
async fn durable_rooms_go_on_after_a_restart_and_others_do_not() {
    let state = TemporaryPath::missing("durable");
    let server = start_durable(&state);
    let mut ann = Visitor::open_in(&server, "ann", "castle/1").await;
    write(&mut ann, "flag", "red").await;
    let mut bob = Visitor::open_in(&server, "bob", "club").await;
    write(&mut bob, "song", "blue").await;
    let _eve = Visitor::open_in(&server, "eve", "tag/1").await;
    let before = [entered(&ann), entered(&bob)];
    let reserved = bob
        .connection
        .reserve(2, JoinRequest::enter("castle/1"))
        .await
        .unwrap();
    stop(&server);
    drop(server);
    assert_eq!(saved(&state), ["castle.1", "club"]);
    let castle = FrozenWorld::open(&file(&state, "castle.1")).unwrap();
    assert!(castle.tick > before[0].1);

    let server = start_durable(&state);
    eventually("both rooms are listed, and nobody is in them", || {
        ["castle/1", "club"].iter().all(|room| {
            let listed = listed(&server, room);
            listed.is_some_and(|listed| listed["players"] == 0)
        })
    });
    // A name, an existing room, and any room of the type.
    for (name, request) in [
        ("cat", JoinRequest::enter("castle/1")),
        ("dan", JoinRequest::existing("castle/1")),
        ("fay", JoinRequest::any("castle")),
    ] {
        let visitor = Visitor::open_in(&server, name, request).await;
        let (epoch, tick) = entered(&visitor);
        assert_eq!(epoch, before[0].0);
        assert!(tick > castle.tick, "{tick:?} after {:?}", castle.tick);
        assert_eq!(values(&visitor), [("flag".to_owned(), "red".to_owned())]);
    }
    let guest = Visitor::open_in(&server, "gus", JoinRequest::existing("club")).await;
    assert_eq!(entered(&guest).0, before[1].0);
    assert_eq!(values(&guest), [("song".to_owned(), "blue".to_owned())]);
    let mut hal = Visitor::open(&server, "hal").await;
    let gone = hal.ask(Command::join(JoinRequest::existing("tag/1"))).await;
    assert_eq!(gone, Some(Refusal::NoSuchRoom));
    // The ticket was of the old process.
    let ticket = JoinRequest::with_ticket("castle", reserved.ticket.as_str());
    assert_eq!(hal.ask(Command::join(ticket)).await, Some(Refusal::BadTicket));
    // A new castle has an epoch that no castle had.
    let ivy = Visitor::open_in(&server, "ivy", "castle/2").await;
    assert_ne!(entered(&ivy).0, before[0].0);

    // The world goes on once more. The second castle is now saved as well.
    stop(&server);
    assert_eq!(saved(&state), ["castle.1", "castle.2", "club"]);
    // The stopped server no longer uses the directory.
    let server = start_durable(&state);
    let jim = Visitor::open_in(&server, "jim", JoinRequest::existing("castle/1")).await;
    assert_eq!(entered(&jim).0, before[0].0);
    assert_eq!(values(&jim), [("flag".to_owned(), "red".to_owned())]);
}

#[tokio::test]
async fn a_thawed_world_is_rebuilt_after_a_panic_and_on_request_and_its_recording_verifies() {
    let (state, recordings) = (
        TemporaryPath::missing("durable"),
        TemporaryPath::missing("records"),
    );
    let server = start_durable(&state);
    let mut ann = Visitor::open_in(&server, "ann", "castle/1").await;
    write(&mut ann, "flag", "red").await;
    let epoch = entered(&ann).0;
    stop(&server);
    drop(server);

    let mut maps = Vec::new();
    let server = start(|options| {
        with_durable(options, &state.0);
        options.recording.directory = Some(recordings.0.clone());
        maps.clone_from(&options.sim.maps);
    });
    // Before anything else has happened in the world.
    let restart = "POST /worlds/castle.1/restart HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    eventually("the world is restarted", || {
        status_of(&exchange(server.connect_admin(), restart)) < 300
    });
    let mut bob = Visitor::open_in(&server, "bob", "castle/1").await;
    let request = bob.custom("explode", &()).await;
    assert_eq!(bob.answer(request).await, Some(Refusal::WorldRestarted));
    write(&mut bob, "tower", "tall").await;
    assert_eq!(entered(&bob).0, epoch);
    assert_eq!(values(&bob)[0], ("flag".to_owned(), "red".to_owned()));
    stop(&server);
    drop(server);
    let verified = verify_all(&recordings.0, &maps);
    assert!(verified["castle.1"].runs > 0 && verified["castle.1"].panics == 1);
    let server = start_durable(&state);
    let cat = Visitor::open_in(&server, "cat", "castle/1").await;
    assert_eq!(values(&cat).len(), 2);
}

#[tokio::test]
async fn the_recordings_of_two_processes_contain_each_tick_and_the_departures_of_old_sessions() {
    let (state, recordings) = (
        TemporaryPath::missing("durable"),
        TemporaryPath::missing("records"),
    );
    let mut maps = Vec::new();
    let mut begin = || {
        start(|options| {
            with_durable(options, &state.0);
            options.recording.directory = Some(recordings.0.clone());
            maps.clone_from(&options.sim.maps);
        })
    };
    let server = begin();
    let _ann = Visitor::open_in(&server, "ann", "castle/1").await;
    stop(&server);
    drop(server);
    let frozen = FrozenWorld::open(&file(&state, "castle.1")).unwrap();
    let server = begin();
    let _bob = Visitor::open_in(&server, "bob", "castle/1").await;
    stop(&server);
    drop(server);

    assert_eq!(verify_all(&recordings.0, &maps)["castle.1"].runs, 2);
    let found = world_directories(&recordings.0).unwrap().into_iter();
    let castle = found.filter(|world| world.name == "castle.1").collect();
    let opened = Worlds::open(&recordings.0, castle, maps, logic_of("castle.1")).unwrap();
    let world = opened.iter().next().unwrap();
    let last = opened.replay(&world.runs[0]).unwrap().last_tick();
    assert_eq!(last, Some(frozen.tick));
    let mut replay = opened.replay(&world.runs[1]).unwrap();
    let first = frozen.tick.after(1);
    assert_eq!(replay.files().range().unwrap().0, first);
    let mut run = replay.run().unwrap();
    assert_eq!(run.simulation().sessions().count(), 1);
    run.next_up_to(first).unwrap();
    let departs = |event: &Event| event.kind == EventKind::Depart;
    assert!(run.input().events.iter().all(departs) && run.input().events.len() == 1);
    assert_eq!(run.simulation().sessions().count(), 0);
}

#[tokio::test]
async fn a_world_that_panics_as_the_server_stops_is_saved_as_it_was_before() {
    let state = TemporaryPath::missing("durable");
    let server = start_durable(&state);
    let mut ann = Visitor::open_in(&server, "ann", "castle/1").await;
    write(&mut ann, "flag", "red").await;
    ann.custom("explode", &()).await;
    // The stop comes while the world is being rebuilt, or just after that.
    server.await_metric("parlour_world_panics_total{type=\"castle\"}", 1.0);
    stop(&server);
    drop(server);
    let server = start_durable(&state);
    let bob = Visitor::open_in(&server, "bob", JoinRequest::existing("castle/1")).await;
    assert_eq!(values(&bob), [("flag".to_owned(), "red".to_owned())]);
}

#[tokio::test]
async fn the_file_of_a_world_that_ends_is_removed() {
    let state = TemporaryPath::missing("durable");
    let server = start_durable(&state);
    let _ann = Visitor::open_in(&server, "ann", "castle/1").await;
    stop(&server);
    drop(server);
    assert_eq!(saved(&state), ["castle.1"]);

    let server = start_durable(&state);
    let mut bob = Visitor::open_in(&server, "bob", "castle/1").await;
    // The files stay: after a crash, the server would go back to them.
    assert_eq!(saved(&state), ["castle.1"]);
    // The world fails again and again, and ends.
    assert_eq!(bob.ask(Command::custom("light", &()).unwrap()).await, None);
    bob.end().await;
    eventually("the file is removed", || saved(&state).is_empty());
    let cat = Visitor::open_in(&server, "cat", "castle/1").await;
    assert_eq!(values(&cat), []);
}

#[tokio::test]
async fn limits_and_the_number_of_threads_may_change_between_two_processes() {
    let state = TemporaryPath::missing("durable");
    let server = start(|options| with_durable(options, &state.0));
    let mut guests = Vec::new();
    for room in ["club/a", "club/b"] {
        // Two in each room: the second room is on the other thread.
        for name in ["ann", "bob"] {
            guests.push(Visitor::open_in(&server, name, room).await);
        }
    }
    assert_ne!(thread_of(&server, "club/a"), thread_of(&server, "club/b"));
    stop(&server);
    drop((server, guests));
    assert_eq!(saved(&state), ["club", "club-2"]);

    let server = start(|options| {
        with_durable(options, &state.0);
        options.tick_threads = 1;
        let club = options.room_types.pop().unwrap();
        options.room_types.push(club.rules(|rules| rules.capacity = 1));
    });
    for room in ["club/a", "club/b"] {
        let _cat = Visitor::open_in(&server, "cat", JoinRequest::existing(room)).await;
        let mut dan = Visitor::open(&server, "dan").await;
        let refusal = dan.ask(Command::join(JoinRequest::existing(room))).await;
        assert_eq!(refusal, Some(Refusal::RoomFull), "{room}");
    }
}

/// Moves the file of a world away, as that of a world with a different name.
fn renamed(state: &TemporaryPath, world: &str, name: &str) -> Vec<u8> {
    let mut frozen = FrozenWorld::open(&file(state, world)).unwrap();
    fs::remove_file(file(state, world)).unwrap();
    frozen.header.world = name.to_owned();
    frozen.write(Vec::new()).unwrap()
}

#[tokio::test]
async fn a_room_in_two_files_goes_on_from_the_one_that_was_saved_last() {
    let state = TemporaryPath::missing("durable");
    let server = start_durable(&state);
    let mut guests = Vec::new();
    for room in ["castle/1", "club/a", "club/b"] {
        let mut guest = Visitor::open_in(&server, "ann", room).await;
        write(&mut guest, "age", "old").await;
        guests.push(guest);
    }
    stop(&server);
    drop((server, guests));
    // As if these worlds had ended, and their files could not be removed.
    let (castle, club) = (
        renamed(&state, "castle.1", "castle.1-2"),
        renamed(&state, "club", "club-2"),
    );

    let server = start_durable(&state);
    let mut guests = Vec::new();
    for room in ["castle/1", "club/a"] {
        let mut guest = Visitor::open_in(&server, "ann", room).await;
        write(&mut guest, "age", "new").await;
        guests.push(guest);
    }
    stop(&server);
    drop((server, guests));
    assert_eq!(saved(&state), ["castle.1", "club"]);
    fs::write(file(&state, "castle.1-2"), castle).unwrap();
    fs::write(file(&state, "club-2"), club).unwrap();

    let server = start_durable(&state);
    for (room, age) in [("castle/1", "new"), ("club/a", "new"), ("club/b", "old")] {
        let cat = Visitor::open_in(&server, "cat", JoinRequest::existing(room)).await;
        assert_eq!(values(&cat), [("age".to_owned(), age.to_owned())], "{room}");
    }
    stop(&server);
    drop(server);
    assert_eq!(saved(&state), ["castle.1", "club", "club-2"]);
    // The older world no longer has the room.
    fs::remove_file(file(&state, "club")).unwrap();
    let server = start_durable(&state);
    let _dan = Visitor::open_in(&server, "dan", JoinRequest::existing("club/b")).await;
    let mut eve = Visitor::open(&server, "eve").await;
    let gone = eve.ask(Command::join(JoinRequest::existing("club/a"))).await;
    assert_eq!(gone, Some(Refusal::NoSuchRoom));
}
