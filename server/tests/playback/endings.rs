//! Playback stops where it cannot continue, and says why.

use bevy_ecs::prelude::*;
use parlour_client::Command;
use parlour_recording::format::EndReason;
use parlour_shared::{ids::Tick, message::Refusal};
use parlour_sim::{Clock, Logic, StepSet, TickSchedule, Walk};
use parlour_testing::eventually;

use crate::{
    known_recording::{KnownRecording, LAST, RECORDING},
    playback_server::PlaybackServer,
    spectator::Spectator,
    support::http::status_of,
};

#[test]
fn playback_pauses_at_the_end() {
    let server = PlaybackServer::paused_at(LAST - 30);
    let mut spectator = Spectator::in_room(&server, "plaza");
    server.post("/play");
    eventually("the end", || server.has_ended());
    let status = server.status();
    assert_eq!((&status["tick"], &status["paused"]), (&LAST.into(), &true.into()));
    assert_eq!(status["ended"], "the recording ends here: stopped");
    let (code, detail) = server.post_error("/play");
    assert_eq!((code, detail.contains("seek")), (409, true), "{detail}");
    assert_eq!(status_of(&server.get("/readyz")), 200);
    // Seeks back and reaches the end again.
    server.post("/seek?to=-1s");
    spectator.wait_for_left();
    spectator.wait_for_entered();
    assert!(!server.has_ended());
    server.post("/play");
    eventually("the end for the second time", || server.status()["tick"] == LAST);
    // A spectator that joins at the end sees the last tick.
    let late = Spectator::in_room(&server, "plaza");
    assert_eq!(late.tick().0, LAST);
    late.check(&RECORDING);
}

#[test]
fn playback_stops_before_a_tick_that_reaches_a_different_state() {
    let recording = KnownRecording::record(500, EndReason::Stopped, |tick, hash| {
        hash ^ u64::from(tick == 450)
    });
    let server = PlaybackServer::start(&recording, |playback| {
        playback.begin_at(&"430".parse().unwrap()).unwrap()
    });
    eventually("the different state", || server.has_ended());
    let status = server.status();
    assert_eq!((&status["tick"], &status["paused"]), (&449.into(), &true.into()));
    assert_eq!(
        status["ended"],
        "tick 450 reached a different state than was recorded"
    );
    let mut spectator = Spectator::new(&server);
    let join = Command::join("plaza");
    assert_eq!(spectator.refusal(join), Refusal::NoSuchRoom, "there is no world");
    // No seek can pass the tick, but all ticks before it can be watched.
    let (code, detail) = server.post_error("/seek?to=460");
    assert_eq!((code, detail.contains("tick 450")), (409, true), "{detail}");
    server.post("/seek?to=440");
    server.post("/pause");
    Spectator::in_room(&server, "plaza").check(&recording);
}

#[test]
fn playback_stops_at_a_damaged_chunk() {
    let mut recording = KnownRecording::record(300, EndReason::Stopped, |_, hash| hash);
    // A byte in the middle of the ticks.
    let middle = recording.bytes.len() * 3 / 5;
    recording.bytes[middle] ^= 1;
    let server = PlaybackServer::start(&recording, |_| {});
    server.post("/speed?x=16");
    eventually("the damaged chunk", || server.has_ended());
    let status = server.status();
    assert!(status["ended"].as_str().unwrap().contains("damaged"), "{status}");
    assert!(status["tick"].as_u64().unwrap() < 300, "{status}");
    assert_eq!(server.inner.stop().failure, None);
}

#[test]
fn playback_stops_before_a_tick_that_panicked() {
    let recording = KnownRecording::with_panic(450);
    let logic = || {
        Logic::new(|app| {
            app.add_systems(TickSchedule, fail_at_450.before(Walk).in_set(StepSet::Simulate));
        })
    };
    let reason = "tick 450 panicked when it was recorded: enough";
    let check_status = |server: &PlaybackServer| {
        let status = server.status();
        assert_eq!((&status["tick"], &status["ended"]), (&449.into(), &reason.into()));
        Spectator::in_room(server, "plaza").check(&recording);
    };
    // Starts at the tick that panicked.
    check_status(&PlaybackServer::start_with_logic(
        &recording,
        logic(),
        |playback| playback.begin_at(&"450".parse().unwrap()).unwrap(),
    ));
    let server = PlaybackServer::start_with_logic(&recording, logic(), |playback| playback.set_paused(true));
    // Seeks to the tick that panicked.
    let (code, detail) = server.post_error("/seek?to=450");
    assert_eq!((code, detail.contains(reason)), (409, true), "{detail}");
    check_status(&server);
    // All ticks before it can be watched again.
    server.post("/seek?to=440");
    assert!(!server.has_ended());
}

fn fail_at_450(clock: Res<Clock>) {
    assert!(clock.tick < Tick(450), "enough");
}
