//! Spectators that follow one player.

use parlour_recording::replay::display::id;
use parlour_shared::ids::{Slot, Tick};
use parlour_testing::eventually;
use serde_json::Value;

use crate::{known_recording::RECORDING, playback_server::PlaybackServer, spectator::Spectator};

#[test]
fn spectators_follow_a_player_through_a_door_and_stay_when_its_session_closes() {
    let server = PlaybackServer::paused_at(RECORDING.door_tick() - 60);
    let mut spectator = Spectator::in_room(&server, "plaza");
    let status = server.post("/follow?player=ann");
    assert_eq!(status["following"]["player"], id(RECORDING.id("ann")));
    assert_eq!(status["following"]["room"], "plaza");
    spectator.wait_for_entered();
    let entered = &spectator.client().room().unwrap().entered;
    assert!(
        entered.slot != Slot::NOBODY && entered.interest_px.is_some(),
        "the spectator has the view of the player"
    );
    server.post("/speed?x=4");
    server.post("/play");
    // The client library checks that each snapshot has the followed player where it predicts it.
    spectator.wait_for_left();
    spectator.wait_for_entered();
    assert_eq!(spectator.client().room().unwrap().entered.room, "garden");
    spectator.wait_for_snapshot();
    spectator.check(&RECORDING);
    let own = spectator.client().segment().unwrap().at(spectator.tick());
    let players = RECORDING.players("garden", spectator.tick()).unwrap();
    assert_eq!(players[&RECORDING.id("ann")].1, own);

    // A new spectator enters the same room as the others, whichever it requests.
    let newcomer = Spectator::in_room(&server, "plaza");
    assert_eq!(newcomer.client().room().unwrap().entered.room, "garden");

    // The session of the player closes at tick 900. The spectators then see the whole room.
    spectator.wait_for_entered();
    let entered = &spectator.client().room().unwrap().entered;
    assert_eq!((entered.room.as_str(), entered.slot), ("garden", Slot::NOBODY));
    assert!(entered.tick >= Tick(900));
    eventually("the followed player is in no room", || {
        server.status()["following"]["room"] == Value::Null
    });
    assert_eq!(server.post("/follow?player=")["following"], Value::Null);
}

#[test]
fn the_followed_player_can_be_changed_by_name_session_or_id() {
    let server = PlaybackServer::paused_at(RECORDING.door_tick() + 30);
    let mut spectator = Spectator::in_room(&server, "plaza");
    server.post("/play");
    let next_room = |spectator: &mut Spectator| {
        spectator.wait_for_entered();
        spectator.wait_for_snapshot();
        spectator.check(&RECORDING);
        let entered = &spectator.client().room().unwrap().entered;
        (entered.room.clone(), entered.slot == Slot::NOBODY)
    };
    server.post("/follow?player=ann");
    assert_eq!(next_room(&mut spectator), ("garden".into(), false));
    server.post("/follow?player=bob%20b");
    assert_eq!(next_room(&mut spectator), ("plaza".into(), false));
    server.post("/follow?player=ANN");
    assert_eq!(next_room(&mut spectator), ("garden".into(), false));
    // The number of the session of bob.
    server.post("/follow?player=512");
    assert_eq!(next_room(&mut spectator), ("plaza".into(), false));
    let decimal = format!("/follow?player={}", RECORDING.id("ann").0);
    assert_eq!(server.post_error(&decimal).0, 404, "a decimal number is no id");
    server.post(&format!("/follow?player={}", id(RECORDING.id("ann"))));
    assert_eq!(next_room(&mut spectator), ("garden".into(), false));
    server.post("/follow?player=");
    assert_eq!(next_room(&mut spectator), ("garden".into(), true));
    assert_eq!(server.post_error("/follow?player=eve").0, 404, "eve joins later");
}

#[test]
fn a_name_that_fits_two_players_except_for_case_is_an_error() {
    let server = PlaybackServer::paused_at(1100);
    let (code, text) = server.post_error("/follow?player=Eve");
    let expected = "no player \"Eve\" in a room at tick 1100; present: EVE, eve";
    assert_eq!((code, text.trim_end()), (404, expected));
    for name in ["eve", "EVE"] {
        assert_eq!(
            server.post(&format!("/follow?player={name}"))["following"]["name"],
            name
        );
    }
}
