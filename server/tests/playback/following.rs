//! Spectators that follow one player.

use parlour_client::Event;
use parlour_recording::replay::words::id;
use parlour_shared::ids::{Slot, Tick};
use parlour_testing::eventually;

use crate::support::{PlaybackServer, RECORDING, Spectator};

#[test]
fn all_go_with_the_player_through_the_door_and_stay_when_it_is_gone() {
    let server = PlaybackServer::paused_at(RECORDING.door() - 60);
    let mut spectator = Spectator::in_room(&server, "plaza");
    let picture = server.order("/follow?player=ann");
    assert_eq!(picture["following"]["player"], id(RECORDING.id("ann")));
    assert_eq!(picture["following"]["room"], "plaza");
    spectator.until(|event| matches!(event, Event::Entered).then_some(()));
    let entered = &spectator.client().room().unwrap().entered;
    assert!(
        entered.slot != Slot::NOBODY && entered.interest_px.is_some(),
        "its own eyes"
    );
    server.order("/speed?x=4");
    server.order("/play");
    // The library checks that the followed player is in each snapshot, and moves as it says.
    spectator.until(|event| matches!(event, Event::Left(_)).then_some(()));
    spectator.until(|event| matches!(event, Event::Entered).then_some(()));
    assert_eq!(spectator.client().room().unwrap().entered.room, "garden");
    spectator.until(|event| matches!(event, Event::Snapshot { .. }).then_some(()));
    spectator.check(&RECORDING);
    let own = spectator.client().segment().unwrap().at(spectator.tick());
    let players = RECORDING.players("garden", spectator.tick()).unwrap();
    assert_eq!(players[&RECORDING.id("ann")].1, own);

    // A newcomer joins the others, whatever room it requests.
    let newcomer = Spectator::in_room(&server, "plaza");
    assert_eq!(newcomer.client().room().unwrap().entered.room, "garden");

    // At tick 900 it goes: everyone is seen then, if someone is there.
    spectator.until(|event| matches!(event, Event::Entered).then_some(()));
    let entered = &spectator.client().room().unwrap().entered;
    assert_eq!((entered.room.as_str(), entered.slot), ("garden", Slot::NOBODY));
    assert!(entered.tick >= Tick(900));
    eventually("nowhere", || {
        server.look()["following"]["room"] == serde_json::Value::Null
    });
    assert_eq!(
        server.order("/follow?player=")["following"],
        serde_json::Value::Null
    );
}

#[test]
fn one_changes_from_player_to_player_and_to_everyone() {
    let server = PlaybackServer::paused_at(RECORDING.door() + 30);
    let mut spectator = Spectator::in_room(&server, "plaza");
    server.order("/play");
    let stay = |spectator: &mut Spectator| {
        spectator.until(|event| matches!(event, Event::Entered).then_some(()));
        spectator.until(|event| matches!(event, Event::Snapshot { .. }).then_some(()));
        spectator.check(&RECORDING);
        let entered = &spectator.client().room().unwrap().entered;
        (entered.room.clone(), entered.slot == Slot::NOBODY)
    };
    server.order("/follow?player=ann");
    assert_eq!(stay(&mut spectator), ("garden".into(), false));
    server.order("/follow?player=bob%20b");
    assert_eq!(stay(&mut spectator), ("plaza".into(), false));
    server.order("/follow?player=ANN");
    assert_eq!(stay(&mut spectator), ("garden".into(), false));
    // The number of bob's session.
    server.order("/follow?player=512");
    assert_eq!(stay(&mut spectator), ("plaza".into(), false));
    let decimal = format!("/follow?player={}", RECORDING.id("ann").0);
    assert_eq!(server.refused(&decimal).0, 404, "ids are hexadecimal everywhere");
    server.order(&format!("/follow?player={}", id(RECORDING.id("ann"))));
    assert_eq!(stay(&mut spectator), ("garden".into(), false));
    server.order("/follow?player=");
    assert_eq!(stay(&mut spectator), ("garden".into(), true));
    assert_eq!(server.refused("/follow?player=eve").0, 404, "she comes later");
}

#[test]
fn of_two_names_that_differ_only_in_case_neither_is_chosen() {
    let server = PlaybackServer::paused_at(1100);
    let (code, text) = server.refused("/follow?player=Eve");
    let expected = "\"Eve\" is not in a room at tick 1100; there are EVE, eve";
    assert_eq!((code, text.trim_end()), (404, expected));
    for name in ["eve", "EVE"] {
        assert_eq!(
            server.order(&format!("/follow?player={name}"))["following"]["name"],
            name
        );
    }
}
