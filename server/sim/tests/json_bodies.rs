//! A player sends the messages and actions of game logic as JSON.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    limits::{MAX_BAD_BODY_REASON, MAX_CUSTOM_JSON_BYTES},
    message::{Act, ActTarget, Body, ClientMessage, Custom, Refusal},
};
use parlour_sim::{ActionOn, FromPlayer, Reach, SimulationApp as _, StepSet, TickSchedule};
use parlour_testing::{SessionActions as _, TestWorld, plaza};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Wave {
    times: u8,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Throw {
    Snowball,
    Coins { count: u16 },
}

/// Sent without a body.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Bow;

/// What game logic received.
#[derive(Resource, Default, Serialize, Deserialize)]
struct Received(Vec<String>);

fn logic(app: &mut App) {
    app.init_resource::<Received>()
        .state_resource::<Received>("received");
    app.player_message::<Wave>("wave")
        .player_message::<Bow>("bow")
        .player_message::<String>("text")
        .player_action::<Throw>("throw", Reach::px(1_000));
    app.add_systems(TickSchedule, receive.in_set(StepSet::Simulate));
}

fn receive(
    mut waves: MessageReader<FromPlayer<Wave>>,
    mut bows: MessageReader<FromPlayer<Bow>>,
    mut throws: MessageReader<ActionOn<Throw>>,
    mut received: ResMut<Received>,
) {
    for wave in waves.read() {
        received.0.push(format!("{:?}", wave.message));
    }
    for bow in bows.read() {
        received.0.push(format!("{:?}", bow.message));
    }
    for throw in throws.read() {
        received.0.push(format!("{:?}", throw.message));
    }
}

fn world() -> TestWorld {
    let mut world = TestWorld::with_plugins(plaza(), logic);
    world.open_and_join(1, "plaza");
    world.ticks(7);
    world.forget_messages();
    world
}

fn custom(name: &str, body: &str) -> ClientMessage {
    ClientMessage::Custom(Custom {
        request: 6,
        name: name.into(),
        body: Body::Json(body.into()),
    })
}

/// Sends a message. Returns what logic received, and the refusals.
fn send(world: &mut TestWorld, message: ClientMessage) -> (Vec<String>, Vec<Refusal>) {
    world.send(1, message);
    world.tick();
    let received = world.sim.world().resource::<Received>().0.clone();
    (received, world.refusals(1))
}

fn bad(reason: &str) -> Vec<Refusal> {
    vec![Refusal::BadBody {
        reason: reason.into(),
    }]
}

#[test]
fn a_json_body_arrives_as_the_same_message_as_its_binary_form() {
    let mut world = world();
    world.custom(1, "wave", &Wave { times: 3 });
    let (received, refused) = send(&mut world, custom("wave", r#"{"times":3}"#));
    assert_eq!(received, ["Wave { times: 3 }", "Wave { times: 3 }"]);
    assert_eq!(refused, []);
    for body in ["null", "{}"] {
        send(&mut world, custom("bow", body));
    }
    let received = &world.sim.world().resource::<Received>().0;
    assert_eq!(received[2..], ["Bow", "Bow"]);
}

#[test]
fn the_details_of_an_action_can_be_json() {
    let mut world = world();
    let target = ActTarget::Player(world.client(1).player);
    for body in [r#""snowball""#, r#"{"coins":{"count":300}}"#] {
        world.send(
            1,
            ClientMessage::Act(Act {
                request: 10,
                target,
                name: "throw".into(),
                body: Body::Json(body.into()),
            }),
        );
    }
    world.tick();
    let received = &world.sim.world().resource::<Received>().0;
    assert_eq!(received[..], ["Snowball", "Coins { count: 300 }"]);
}

#[test]
fn a_bad_body_and_an_unknown_name_are_different_refusals() {
    let mut world = world();
    for (name, body, refusals) in [
        (
            "wave",
            r#"{"times":300}"#,
            bad("`times` must be a whole number from 0 to 255"),
        ),
        (
            "wave",
            r#"{"tims":3}"#,
            bad("the field `times` of the body is missing"),
        ),
        ("wave", r#"{"times":3,"x":1}"#, bad("there is no field `x`")),
        ("waves", r#"{"times":3}"#, vec![Refusal::UnknownMessage]),
    ] {
        assert_eq!(send(&mut world, custom(name, body)), (vec![], refusals), "{body}");
    }
}

#[test]
fn a_json_body_has_at_most_4_kib_and_its_error_200_bytes() {
    let mut world = world();
    let text = |bytes: usize| custom("text", &format!("\"{}\"", "x".repeat(bytes - 2)));
    assert_eq!(send(&mut world, text(MAX_CUSTOM_JSON_BYTES)).1, []);
    let (_, refused) = send(&mut world, text(MAX_CUSTOM_JSON_BYTES + 1));
    assert_eq!(refused, bad("the body is longer than 4096 bytes"));
    // The unknown field is named in full.
    let body = format!(r#"{{"times":1,"{}":1}}"#, "ü".repeat(300));
    let (_, refused) = send(&mut world, custom("wave", &body));
    let [Refusal::BadBody { reason }] = &refused[..] else {
        panic!("{refused:?}")
    };
    assert!((MAX_BAD_BODY_REASON - 1..=MAX_BAD_BODY_REASON).contains(&reason.len()));
}
