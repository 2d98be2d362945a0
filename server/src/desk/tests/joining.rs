//! A join finds the room that it means, and every join is answered.

use std::time::Duration;

use parlour_shared::{
    close::CloseCode,
    message::{ClientMessage, Join, JoinMode, Refusal},
};
use parlour_tick::{Report, WorldId};

use super::super::{DeskEvent, WorldSharing};
use super::support::{
    Did, MAIN, OFFICE, TestDesk, config, entered, property, refused, room_status, room_type, status,
};

fn with_mode(room: &str, mode: JoinMode) -> Join {
    Join {
        mode,
        ..Join::room(1, room)
    }
}

#[test]
fn a_join_from_the_lobby_takes_the_session_into_the_shared_world() {
    let mut desk = TestDesk::new();
    let ada = desk.open();
    desk.join(ada, 1, "plaza");
    let join = Did::Join(MAIN, Join::room(1, "plaza"));
    assert_eq!(desk.take(), [Did::Arrive(MAIN), join]);
    // Later messages wait for the answer.
    desk.chat(ada, 2);
    assert_eq!(desk.take(), []);
    desk.reports(MAIN, vec![entered(ada, 1, "plaza"), status("plaza", 1)]);
    assert_eq!(desk.take(), [Did::Forward(MAIN, 2), Did::Place(MAIN, 2)]);
    let rooms = desk.desk.rooms();
    assert_eq!(rooms[0].status, room_status("plaza", 1));
}

#[test]
fn a_refused_join_leads_back_to_the_lobby() {
    let mut desk = TestDesk::new();
    let ada = desk.open();
    desk.join(ada, 1, "plaza");
    desk.chat(ada, 2);
    desk.take();
    desk.reports(MAIN, vec![refused(ada, 1)]);
    assert_eq!(desk.take(), [Did::Depart(MAIN)]);
    desk.reports(MAIN, vec![super::support::departed(ada)]);
    assert_eq!(desk.take(), [Did::Refuse(2, Refusal::NotInRoom)]);
}

#[test]
fn a_join_within_the_world_is_a_message() {
    let mut desk = TestDesk::new();
    let ada = desk.open_in(MAIN, "plaza");
    desk.join(ada, 2, "plaza/b");
    assert_eq!(desk.take(), [Did::Join(MAIN, Join::room(2, "plaza/b"))]);
    desk.reports(MAIN, vec![refused(ada, 2)]);
    assert_eq!(desk.take(), [Did::Place(MAIN, 2)]);
}

#[test]
fn names_that_mean_nothing_are_refused() {
    let mut desk = TestDesk::new();
    let ada = desk.open();
    let mut refuse = |room: &str, mode| {
        desk.pass(Duration::from_secs(5));
        desk.join_mode(ada, 1, room, mode);
        assert_eq!(
            desk.take(),
            [Did::Refuse(1, Refusal::NoSuchRoom)],
            "{room} {mode:?}"
        );
    };
    for (room, mode) in [
        ("nowhere", JoinMode::Enter),
        ("Plaza", JoinMode::Enter),
        ("plaza/", JoinMode::Enter),
        ("plaza/x", JoinMode::Existing),
        ("plaza/x", JoinMode::New),
        ("plaza/x", JoinMode::Any),
        ("nowhere", JoinMode::Private),
    ] {
        refuse(room, mode);
    }
}

#[test]
fn too_many_senseless_joins_close_the_session() {
    let mut desk = TestDesk::new();
    let ada = desk.open();
    let join = Join {
        options: vec![property("no spaces", "x")],
        ..Join::room(1, "plaza")
    };
    // They come slowly enough for the limit on joins, but one is forgiven only every 3 s.
    for _ in 0..27 {
        desk.pass(Duration::from_secs(1));
        desk.message(ada, ClientMessage::Join(join.clone()));
        assert_eq!(desk.take(), [Did::Refuse(1, Refusal::BadOptions)]);
    }
    for _ in 0..3 {
        desk.pass(Duration::from_secs(1));
        desk.message(ada, ClientMessage::Join(join.clone()));
    }
    assert!(desk.take().contains(&Did::Close(CloseCode::RepeatedlyInvalid)));
}

#[test]
fn joins_are_limited() {
    let mut desk = TestDesk::new();
    let ada = desk.open();
    for request in 1..=5 {
        desk.join_mode(ada, request, "plaza", JoinMode::Existing);
    }
    desk.take();
    desk.join(ada, 6, "plaza");
    let refusal = Refusal::RateLimited { retry_after_ms: 1000 };
    assert_eq!(desk.take(), [Did::Refuse(6, refusal)]);
    desk.pass(Duration::from_secs(1));
    desk.join(ada, 7, "plaza");
    assert_eq!(desk.take()[0], Did::Arrive(MAIN));
}

#[test]
fn any_is_the_fullest_open_room_with_these_properties() {
    let mut desk = TestDesk::new();
    let with = |room: &str, players, change: fn(&mut parlour_tick::RoomStatus)| {
        let mut status = room_status(room, players);
        change(&mut status);
        Report::Room(status)
    };
    let rooms = vec![
        status("plaza/empty", 0),
        status("plaza/full", 3),
        with("plaza/locked", 2, |room| room.locked = true),
        with("plaza/private", 2, |room| room.private = true),
        with("plaza/reserved", 1, |room| room.reserved = 2),
        with("plaza/fast", 1, |room| {
            room.properties = vec![property("mode", "fast")]
        }),
        status("plaza/slow", 2),
    ];
    desk.reports(MAIN, rooms);
    let mut joined = |options: &[_]| {
        let ada = desk.open();
        let join = Join {
            options: options.to_vec(),
            ..with_mode("plaza", JoinMode::Any)
        };
        desk.message(ada, ClientMessage::Join(join));
        match &desk.take()[1] {
            Did::Join(_, join) => join.room.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(joined(&[]), "plaza/slow");
    // The seat that is asked for counts as taken.
    assert_eq!(joined(&[]), "plaza/fast");
    assert_eq!(joined(&[property("mode", "fast")]), "plaza/fast");
    assert_eq!(joined(&[]), "plaza/empty");
    // The new room is found as well, although its world has not answered.
    let new = joined(&[property("mode", "fast")]);
    assert_eq!(new.len(), "plaza/".len() + 15);
    assert_eq!(joined(&[property("mode", "fast")]), new);
    assert_ne!(joined(&[property("mode", "other")]), new);
}

#[test]
fn any_is_never_the_room_in_which_the_player_is() {
    let mut desk = TestDesk::new();
    let ada = desk.open_in(MAIN, "plaza");
    desk.join_mode(ada, 2, "plaza", JoinMode::Any);
    let did = desk.take();
    assert!(
        matches!(&did[0], Did::Join(MAIN, join) if join.room != "plaza"),
        "{did:?}"
    );
}

#[test]
fn new_and_private_rooms_have_names_that_cannot_be_guessed() {
    let mut desk = TestDesk::new();
    for (mode, sent) in [
        (JoinMode::New, JoinMode::Enter),
        (JoinMode::Private, JoinMode::Private),
    ] {
        let (ada, ben) = (desk.open(), desk.open());
        desk.join_mode(ada, 1, "plaza", mode);
        let did = desk.take();
        let Did::Join(MAIN, join) = &did[1] else {
            panic!("{did:?}")
        };
        assert_eq!((join.room.len(), join.mode), ("plaza/".len() + 15, sent));
        // A private room is not found by others.
        desk.join_mode(ben, 1, "plaza", JoinMode::Any);
        let did = desk.take();
        let found = matches!(&did[1], Did::Join(_, other) if other.room == join.room);
        assert_eq!(found, mode == JoinMode::New);
    }
}

#[test]
fn the_world_of_a_private_room_does_not_have_its_name() {
    let mut desk = TestDesk::new();
    let (ada, ben) = (desk.open(), desk.open());
    desk.join_mode(ada, 1, "tag", JoinMode::Private);
    desk.join_mode(ben, 1, "tag", JoinMode::Private);
    // The number in the name is the id of the world.
    let names = ["tag.private-3", "tag.private-4"];
    let expected = [3, 4].map(|id| Did::Create(WorldId(id), names[id as usize - 3].to_owned()));
    assert_eq!(desk.take(), expected);
    // The world itself learns the name.
    desk.created(WorldId(3));
    let did = desk.take();
    let Did::Join(WorldId(3), join) = &did[1] else {
        panic!("{did:?}")
    };
    assert!(join.room.starts_with("tag/") && join.room.len() == "tag/".len() + 15);
}

#[test]
fn a_room_with_its_own_world_is_built_once_for_all_who_join_it() {
    let mut desk = TestDesk::new();
    let (ada, ben) = (desk.open(), desk.open());
    desk.join(ada, 1, "tag/a");
    let world = WorldId(3);
    assert_eq!(desk.take(), [Did::Create(world, "tag.a".to_owned())]);
    desk.join(ben, 1, "tag/a");
    desk.chat(ben, 2);
    assert_eq!(desk.take(), []);
    desk.created(world);
    let join = || Did::Join(world, Join::room(1, "tag/a"));
    assert_eq!(
        desk.take(),
        [Did::Arrive(world), join(), Did::Arrive(world), join()]
    );
}

#[test]
fn a_world_that_cannot_be_built_refuses_those_who_wait() {
    let mut desk = TestDesk::new();
    let ada = desk.open();
    desk.join(ada, 1, "tag/a");
    desk.chat(ada, 2);
    desk.take();
    desk.handle(DeskEvent::Created {
        world: WorldId(3),
        ok: Err("no memory".to_owned()),
    });
    assert_eq!(
        desk.take(),
        [
            Did::Refuse(1, Refusal::TooManyRooms),
            Did::Refuse(2, Refusal::NotInRoom)
        ]
    );
    assert_eq!(desk.state(WorldId(3)), None);
    assert_eq!(desk.desk.rooms(), []);
}

#[test]
fn a_world_that_takes_too_long_refuses_those_who_wait_and_ends_when_it_is_built() {
    let mut desk = TestDesk::new();
    let ada = desk.open();
    desk.join(ada, 1, "tag/a");
    desk.take();
    desk.pass(Duration::from_secs(9));
    assert_eq!(desk.take(), []);
    desk.pass(Duration::from_secs(2));
    assert_eq!(desk.take(), [Did::Refuse(1, Refusal::TooManyRooms)]);
    desk.created(WorldId(3));
    assert_eq!(desk.take(), [Did::End(WorldId(3))]);
}

#[test]
fn rooms_and_worlds_are_limited() {
    let mut limits = config();
    limits.max_rooms = 2;
    limits.max_worlds = 3;
    let mut desk = TestDesk::with(limits);
    desk.created(MAIN);
    desk.created(OFFICE);
    desk.take();
    let mut join = |room: &str| {
        let session = desk.open();
        desk.join(session, 1, room);
        desk.take()
    };
    assert!(matches!(join("tag/a")[..], [Did::Create(..)]));
    assert_eq!(join("tag/b"), [Did::Refuse(1, Refusal::TooManyRooms)]);
    assert!(matches!(join("plaza")[..], [Did::Arrive(_), Did::Join(..)]));
    assert_eq!(join("plaza/b"), [Did::Refuse(1, Refusal::TooManyRooms)]);
    // A room that exists can be entered.
    assert!(matches!(join("plaza")[..], [Did::Arrive(_), Did::Join(..)]));
}

#[test]
fn bad_options_are_refused_before_a_world_is_built() {
    let mut desk = TestDesk::new();
    let bad = [
        vec![property("no spaces", "x")],
        vec![property("a", "x"), property("a", "y")],
        vec![property("a", &"x".repeat(257))],
        (0..9).map(|key| property(&format!("key{key}"), "x")).collect(),
        // The type does not have the option, or not with this value.
        vec![property("colour", "red")],
        vec![property("mode", "wild")],
    ];
    for options in bad {
        for (room, mode) in [
            ("tag/a", JoinMode::Enter),
            ("tag", JoinMode::New),
            ("tag", JoinMode::Private),
            ("tag", JoinMode::Any),
        ] {
            let ada = desk.open();
            let join = Join {
                options: options.clone(),
                ..with_mode(room, mode)
            };
            desk.message(ada, ClientMessage::Join(join));
            assert_eq!(desk.take(), [Did::Refuse(1, Refusal::BadOptions)]);
        }
    }
    let ada = desk.open();
    let join = Join {
        options: vec![property("mode", "fast")],
        ..Join::room(1, "tag/a")
    };
    desk.message(ada, ClientMessage::Join(join));
    assert!(matches!(desk.take()[..], [Did::Create(..)]));
}

#[test]
fn a_new_room_goes_to_the_thread_with_the_fewest_players_or_the_least_load() {
    let mut two = config();
    two.tick_threads = 2;
    two.types = vec![
        room_type("plaza", WorldSharing::Main, None),
        room_type("tag", WorldSharing::Own, None),
    ];
    let mut desk = TestDesk::with(two);
    desk.created(WorldId(1));
    desk.created(WorldId(2));
    desk.take();
    let mut world_of = |room: &str| {
        let session = desk.open();
        desk.join(session, 1, room);
        match &desk.take()[0] {
            Did::Arrive(world) => *world,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(world_of("plaza/a"), WorldId(1));
    assert_eq!(world_of("plaza/b"), WorldId(2));
    assert_eq!(world_of("plaza/a"), WorldId(1));
    assert_eq!(world_of("plaza/c"), WorldId(2));
    for (thread, load) in [(0, 0.5), (1, 0.2)] {
        desk.handle(DeskEvent::Load { thread, load });
    }
    let ada = desk.open();
    desk.join(ada, 1, "tag/a");
    let worlds = desk.desk.worlds();
    assert_eq!(worlds.last().map(|world| world.thread), Some(1));
}
