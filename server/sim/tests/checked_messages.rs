//! A check of game logic refuses messages and actions before a system receives them.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::ObjectId,
    message::{ActTarget, Refusal},
};
use parlour_sim::{ActionOn, FromPlayer, Reach, SimulationApp as _, StepSet, TickSchedule};
use parlour_testing::{SessionActions as _, TestWorld, plaza};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Wave(u32);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Push(u32);

#[derive(Resource, Default, Serialize, Deserialize)]
struct Received(Vec<u32>);

const TOO_OFTEN: u16 = 4;

fn few(times: u32) -> Result<(), u16> {
    if times > 10 { Err(TOO_OFTEN) } else { Ok(()) }
}

fn logic(app: &mut App) {
    app.init_resource::<Received>()
        .state_resource::<Received>("received");
    app.player_message_checked::<Wave>("wave", |wave| few(wave.0))
        .player_action_checked::<Push>("push", Reach::px(40), |push| few(push.0));
    app.add_systems(TickSchedule, receive.in_set(StepSet::Simulate));
}

fn receive(
    mut waves: MessageReader<FromPlayer<Wave>>,
    mut pushes: MessageReader<ActionOn<Push>>,
    mut received: ResMut<Received>,
) {
    received.0.extend(waves.read().map(|wave| wave.message.0));
    received.0.extend(pushes.read().map(|push| push.message.0));
}

#[test]
fn logic_receives_only_what_the_check_accepts() {
    let mut world = TestWorld::with_plugins(plaza(), logic);
    world.open_and_join(1, "plaza");
    world.ticks(7);
    let declined = Refusal::Declined { code: TOO_OFTEN };
    let me = ActTarget::Player(world.client(1).player);
    for times in [10, 11, 12] {
        world.custom(1, "wave", &Wave(times));
        world.act(1, me, "push", &Push(times));
    }
    world.tick();
    assert_eq!(world.refusals(1), vec![declined.clone(); 4]);
    assert_eq!(world.sim.world().resource::<Received>().0, [10, 10]);

    // The check comes before the target, and after the body.
    let nowhere = ActTarget::Object(ObjectId(9_999));
    world.act(1, nowhere, "push", &Push(11));
    world.act(1, nowhere, "push", &Push(10));
    world.act(1, nowhere, "push", &());
    world.tick();
    let refusals = world.refusals(1);
    assert_eq!(refusals[..2], [declined, Refusal::OutOfReach]);
    assert!(matches!(refusals[2..], [Refusal::BadBody { .. }]), "{refusals:?}");
}
