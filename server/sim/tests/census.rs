//! Census: the players, rooms and objects of a saved state, read without loading it.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use parlour_shared::{ids::ObjectId, motion::Position};
use parlour_sim::{SavedState, StableId};
use parlour_testing::{Color, ObjectOrder, SessionActions as _, TestWorld, objects_plugin, plaza};

#[test]
fn a_census_has_every_session_with_its_name_and_room() {
    let mut world = TestWorld::new(plaza());
    for (session, name) in [(1, "Ada"), (2, "Bob"), (3, "Eve")] {
        world.open_as(session, name);
    }
    world.join(1, "plaza");
    world.join(2, "plaza/2");
    world.ticks(2);

    let saved = world.saved();
    let census = world.sim.census(&SavedState::parse(&saved).unwrap());
    let players = census.players.values();
    let mut players: Vec<_> = players
        .map(|player| (player.session.0, &*player.name, player.room.as_deref()))
        .collect();
    players.sort_unstable();
    assert_eq!(
        players,
        [
            (1, "Ada", Some("plaza")),
            (2, "Bob", Some("plaza/2")),
            (3, "Eve", None)
        ]
    );
    let open: Vec<u64> = world.sim.sessions().map(|session| session.0).collect();
    assert_eq!(open, [1, 2, 3]);
    let mut rooms: Vec<&str> = census.rooms.values().map(String::as_str).collect();
    rooms.sort_unstable();
    assert_eq!(rooms, ["plaza", "plaza/2"]);
}

#[test]
fn a_census_has_every_object_with_its_kind_and_room() {
    let mut world = TestWorld::with_plugins(plaza(), objects_plugin);
    world.open_and_join(1, "plaza");
    world.open_and_join(2, "plaza/2");
    world.tick();
    for (session, kind) in [(1, "chair"), (2, "bell"), (2, "chair")] {
        let order = ObjectOrder::Spawn {
            kind: kind.into(),
            place: Position::from_px(40, 40),
            color: Some(Color(7)),
        };
        world.custom(session, "order", &order);
        world.tick();
    }
    let saved = world.saved();
    let census = world.sim.census(&SavedState::parse(&saved).unwrap());
    let objects: Vec<_> = census
        .objects
        .iter()
        .map(|(id, object)| {
            assert_eq!(*id, StableId::object(object.id));
            (object.id.0, &*object.kind, &*object.room)
        })
        .collect();
    assert_eq!(
        objects,
        [
            (1, "chair", "plaza"),
            (2, "bell", "plaza/2"),
            (3, "chair", "plaza/2")
        ]
    );

    let bell = world.sim.object(ObjectId(2)).unwrap();
    let parts = world.sim.show_entity(bell);
    assert_eq!(parts["color"], 7);
    assert_eq!(parts["rings"], 0);
    assert!(
        parts.contains_key("motion") && !parts.contains_key("seat"),
        "{parts:?}"
    );
    assert_eq!(world.sim.object(ObjectId(4)), None);
}
