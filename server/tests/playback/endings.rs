//! Where playback cannot continue.

use bevy_ecs::prelude::*;
use parlour_recording::format::EndReason;
use parlour_shared::{ids::Tick, message::Refusal};
use parlour_sim::{Clock, Logic, StepSet, TickSchedule, Walk};
use parlour_testing::eventually;

use crate::support::{KnownRecording, LAST, PlaybackServer, RECORDING, Spectator};

#[test]
fn at_the_end_it_pauses_and_says_so() {
    let server = PlaybackServer::paused_at(LAST - 30);
    let mut spectator = Spectator::in_room(&server, "plaza");
    server.order("/play");
    eventually("the end", || server.look()["ended"] != serde_json::Value::Null);
    let picture = server.look();
    assert_eq!(
        (&picture["tick"], &picture["paused"]),
        (&LAST.into(), &true.into())
    );
    assert_eq!(picture["ended"], "the recording ends here: stopped");
    let (status, why) = server.refused("/play");
    assert_eq!((status, why.contains("seek")), (409, true), "{why}");
    assert_eq!(server.http("GET /readyz HTTP/1.1\r\n")[9..12], *"200");
    // Seek back, and reach the end again.
    server.order("/seek?to=-1s");
    assert_eq!(spectator.closed(), Some(4102));
    assert_eq!(server.look()["ended"], serde_json::Value::Null);
    server.order("/play");
    eventually("the end, again", || server.look()["tick"] == LAST);
    // A spectator that joins then sees the last tick.
    let late = Spectator::in_room(&server, "plaza");
    assert_eq!(late.tick().0, LAST);
    late.check(&RECORDING);
}

#[test]
fn at_a_tick_that_reached_a_different_state_it_stops_and_says_why() {
    let recording = KnownRecording::record(500, EndReason::Stopped, |tick, hash| {
        hash ^ u64::from(tick == 450)
    });
    let server = PlaybackServer::of(&recording, |past| past.begin_at(&"430".parse().unwrap()).unwrap());
    eventually("the difference", || {
        server.look()["ended"] != serde_json::Value::Null
    });
    let picture = server.look();
    assert_eq!(
        (&picture["tick"], &picture["paused"]),
        (&449.into(), &true.into())
    );
    assert_eq!(
        picture["ended"],
        "tick 450 reached a different state than was recorded"
    );
    let mut spectator = Spectator::new(&server);
    let join = parlour_client::Command::Join { room: "plaza".into() };
    assert_eq!(spectator.refused(join), Refusal::NoSuchRoom, "the world is gone");
    // Playback cannot pass it, but everything before it can be watched.
    let (status, why) = server.refused("/seek?to=460");
    assert_eq!((status, why.contains("tick 450")), (409, true), "{why}");
    server.order("/seek?to=440");
    server.order("/pause");
    Spectator::in_room(&server, "plaza").check(&recording);
}

#[test]
fn at_a_damage_it_stops_and_says_why() {
    let mut recording = KnownRecording::record(300, EndReason::Stopped, |_, hash| hash);
    // In the middle of the ticks, which are small.
    let middle = recording.bytes.len() * 3 / 5;
    recording.bytes[middle] ^= 1;
    let server = PlaybackServer::of(&recording, |_| {});
    server.order("/speed?x=16");
    eventually("the damage", || server.look()["ended"] != serde_json::Value::Null);
    let picture = server.look();
    assert!(
        picture["ended"].as_str().unwrap().contains("damaged"),
        "{picture}"
    );
    assert!(picture["tick"].as_u64().unwrap() < 300, "{picture}");
    assert_eq!(server.inner.stop().failure, None);
}

#[test]
fn before_a_tick_that_panicked_it_stops_and_says_why() {
    let recording = KnownRecording::panicked(450);
    let logic = || {
        Logic::new(|app| {
            app.add_systems(TickSchedule, fail_at_450.before(Walk).in_set(StepSet::Simulate));
        })
    };
    let why = "tick 450 panicked when it was recorded: enough";
    let stands = |server: &PlaybackServer| {
        let picture = server.look();
        assert_eq!((&picture["tick"], &picture["ended"]), (&449.into(), &why.into()));
        Spectator::in_room(server, "plaza").check(&recording);
    };
    // Right there, which is run on the thread that reads, and by and by, which is played.
    stands(&PlaybackServer::with(&recording, logic(), |past| {
        past.begin_at(&"450".parse().unwrap()).unwrap()
    }));
    let server = PlaybackServer::with(&recording, logic(), |past| past.set_paused(true));
    let (status, told) = server.refused("/seek?to=450");
    assert_eq!((status, told.contains(why)), (409, true), "{told}");
    stands(&server);
    // Everything before it can be watched again.
    server.order("/seek?to=440");
    assert_eq!(server.look()["ended"], serde_json::Value::Null);
}

fn fail_at_450(clock: Res<Clock>) {
    assert!(clock.tick < Tick(450), "enough");
}
