//! Seeks to a tick, a time or an offset.

use parlour_client::{Command, Event};
use parlour_shared::message::Refusal;
use parlour_testing::eventually;

use crate::{
    known_recording::{LAST, RECORDING},
    playback_server::PlaybackServer,
    spectator::Spectator,
};

/// Waits until the spectator has left its room and has received the first snapshot after that.
fn wait_for_new_room(spectator: &mut Spectator) {
    spectator.wait_for_left();
    spectator.wait_for_entered();
    spectator.wait_for_snapshot();
}

#[test]
fn a_seek_forward_shows_spectators_exactly_that_tick() {
    let server = PlaybackServer::paused_at(40);
    let mut spectator = Spectator::in_room(&server, "plaza");
    // Before, at and after the saved worlds, which are at 400, 800 and 1200.
    for tick in [100, 399, 400, 401, 850, LAST] {
        let status = server.post(&format!("/seek?to={tick}"));
        assert_eq!((&status["tick"], &status["paused"]), (&tick.into(), &true.into()));
        wait_for_new_room(&mut spectator);
        assert_eq!(spectator.tick().0, tick);
        spectator.check(&RECORDING);
    }
    server.post("/play");
    eventually("the end", || server.has_ended());
    assert_eq!(server.post_error("/play").0, 409);
}

#[test]
fn a_seek_back_takes_spectators_into_the_room_of_that_tick() {
    let server = PlaybackServer::paused_at(850);
    let mut spectator = Spectator::in_room(&server, "plaza");
    let mut idle = Spectator::new(&server);
    // Ticks belong to a stay in a room, so they may go back.
    server.post("/seek?to=405");
    wait_for_new_room(&mut spectator);
    assert_eq!(spectator.tick().0, 405);
    spectator.check(&RECORDING);
    idle.join("plaza");
    server.post("/play");
    for spectator in [&mut spectator, &mut idle] {
        spectator.check_until(&RECORDING, 500);
    }
}

#[test]
fn a_seek_accepts_distances_and_times() {
    let server = PlaybackServer::paused_at(60);
    assert_eq!(server.post("/seek?to=+1s")["tick"], 120);
    server.post("/seek?to=60");
    assert_eq!(server.post("/seek?to=+10s")["tick"], 660);
    assert_eq!(server.post("/seek?to=%2B1.5s")["tick"], 750);
    assert_eq!(server.post("/seek?to=-10s")["tick"], 150);
    assert_eq!(server.post("/seek?to=-10s")["tick"], 1, "the first tick");
    assert_eq!(server.post("/seek?to=+1000s")["tick"], LAST);
    let status = server.post("/seek?to=2026-01-31T12:00:05Z");
    assert!(
        (295..=301).contains(&status["tick"].as_u64().unwrap()),
        "{status}"
    );
}

#[test]
fn playback_continues_after_a_seek() {
    let server = PlaybackServer::paused_at(40);
    let mut spectator = Spectator::in_room(&server, "plaza");
    server.post("/play");
    spectator.check_until(&RECORDING, 60);
    let status = server.post("/seek?to=600");
    assert_eq!(status["paused"], false);
    wait_for_new_room(&mut spectator);
    spectator.check(&RECORDING);
    assert!(spectator.tick().0 >= 600);
    let said = spectator.wait_for(|event| match event {
        Event::Chat(said) => Some(said.text.clone()),
        _ => None,
    });
    assert_eq!(said, "good day", "chats in between are skipped");
}

#[test]
fn spectators_leave_a_room_that_does_not_exist_at_the_tick_of_the_seek() {
    let server = PlaybackServer::paused_at(RECORDING.door_tick() + 10);
    let mut spectator = Spectator::in_room(&server, "garden");
    let mut late = Spectator::new(&server);
    server.post("/seek?to=1400");
    wait_for_new_room(&mut spectator);
    late.join("plaza/late");
    server.post("/seek?to=1450");
    let mut gone = Spectator::in_room(&server, "plaza/late");
    // Before eve joined.
    server.post("/seek?to=990");
    gone.wait_for_left();
    assert_eq!(gone.refusal(Command::join("plaza/late")), Refusal::NoSuchRoom);
}
