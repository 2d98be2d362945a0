//! Census: the players and rooms of a saved state, read without loading it.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use parlour_sim::SavedState;
use parlour_testing::{SessionActions as _, TestWorld, plaza};

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
