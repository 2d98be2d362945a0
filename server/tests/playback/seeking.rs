//! Seeks.

use parlour_client::{Command, Event};
use parlour_testing::eventually;

use crate::support::{LAST, PlaybackServer, RECORDING, Spectator};

/// Waits for the first snapshot of the next stay.
fn next_stay(spectator: &mut Spectator) {
    spectator.until(|event| matches!(event, Event::Left(_)).then_some(()));
    spectator.until(|event| matches!(event, Event::Entered).then_some(()));
    spectator.until(|event| matches!(event, Event::Snapshot { .. }).then_some(()));
}

#[test]
fn forward_everyone_is_shown_the_very_tick() {
    let server = PlaybackServer::paused_at(40);
    let mut spectator = Spectator::in_room(&server, "plaza");
    // Before, at and behind saved worlds, which are at 400, 800 and 1200.
    for tick in [100, 399, 400, 401, 850, LAST] {
        let picture = server.order(&format!("/seek?to={tick}"));
        assert_eq!(
            (&picture["tick"], &picture["paused"]),
            (&tick.into(), &true.into())
        );
        next_stay(&mut spectator);
        assert_eq!(spectator.tick().0, tick);
        spectator.check(&RECORDING);
    }
    server.order("/play");
    eventually("that was the last", || {
        server.look()["ended"] != serde_json::Value::Null
    });
    assert_eq!(server.refused("/play").0, 409);
}

#[test]
fn after_a_seek_back_an_ordinary_client_reconnects_by_itself() {
    let server = PlaybackServer::paused_at(850);
    let mut spectator = Spectator::in_room(&server, "plaza");
    let mut idle = Spectator::new(&server);
    server.order("/seek?to=405");
    assert_eq!(spectator.closed(), Some(4102), "reconnect as a new session");
    let mut again = Spectator::in_room(&server, "plaza");
    assert_eq!(again.tick().0, 405);
    again.check(&RECORDING);
    // A spectator that has seen nothing need not reconnect.
    idle.enter("plaza");
    server.order("/play");
    for spectator in [&mut again, &mut idle] {
        spectator.check_until(&RECORDING, 500);
    }
}

#[test]
fn distances_and_times_are_also_moments() {
    let server = PlaybackServer::paused_at(60);
    assert_eq!(server.order("/seek?to=+1s")["tick"], 120);
    server.order("/seek?to=60");
    assert_eq!(server.order("/seek?to=+10s")["tick"], 660);
    assert_eq!(server.order("/seek?to=%2B1.5s")["tick"], 750);
    assert_eq!(server.order("/seek?to=-10s")["tick"], 150);
    assert_eq!(server.order("/seek?to=-10s")["tick"], 1, "not before the first");
    assert_eq!(server.order("/seek?to=+1000s")["tick"], LAST);
    let picture = server.order("/seek?to=2026-01-31T12:00:05Z");
    assert!(
        (295..=301).contains(&picture["tick"].as_u64().unwrap()),
        "{picture}"
    );
}

#[test]
fn a_seek_while_playing_continues_from_there() {
    let server = PlaybackServer::paused_at(40);
    let mut spectator = Spectator::in_room(&server, "plaza");
    server.order("/play");
    spectator.check_until(&RECORDING, 60);
    let picture = server.order("/seek?to=600");
    assert_eq!(picture["paused"], false);
    next_stay(&mut spectator);
    spectator.check(&RECORDING);
    assert!(spectator.tick().0 >= 600);
    let said = spectator.until(|event| match event {
        Event::Chat(said) => Some(said.text.clone()),
        _ => None,
    });
    assert_eq!(said, "good day", "and not what was said in between");
}

#[test]
fn a_room_that_does_not_exist_then_is_left() {
    let server = PlaybackServer::paused_at(RECORDING.door() + 10);
    let mut spectator = Spectator::in_room(&server, "garden");
    let mut late = Spectator::new(&server);
    server.order("/seek?to=1400");
    next_stay(&mut spectator);
    late.enter("plaza/late");
    server.order("/seek?to=1450");
    let mut gone = Spectator::in_room(&server, "plaza/late");
    // Before eve joined.
    server.order("/seek?to=990");
    assert_eq!(gone.closed(), Some(4102));
    assert_eq!(
        Spectator::new(&server).refused(Command::Join {
            room: "plaza/late".into()
        }),
        parlour_shared::message::Refusal::NoSuchRoom
    );
}
