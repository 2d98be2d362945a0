//! A server with a small piece of game logic: dice. `cargo run -p parlour-server --example dice`
//!
//! A player rolls, everyone near it is sent the number, and its best roll is a component that those
//! who see it know.
#![allow(clippy::print_stdout, reason = "an example says what it does")]

use std::error::Error;

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use parlour_server::{Server, ServerOptions, config::Settings, logs, maps};
use parlour_shared::{
    message::Refusal,
    rng::{Purpose, Stream},
};
use parlour_sim::{
    Answer, Clock, FromPlayer, Logic, Nearby, Player, Setup, SimConfig, SimulationApp, StepSet, TickSchedule,
    ToPlayer,
};
use serde::{Deserialize, Serialize};

/// The refusal code of a die with fewer than 2 sides.
const NO_SUCH_DIE: u16 = 1;

/// A request of a player.
#[derive(Deserialize)]
struct Roll {
    sides: u8,
}

/// The result, which the player and everyone near it are sent.
#[derive(Serialize)]
struct Rolled {
    number: u8,
}

/// The highest number that a player rolled. It is part of the state, and sent to those who see the
/// player.
#[derive(Component, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Best(u8);

struct Dice;

impl Plugin for Dice {
    fn build(&self, app: &mut App) {
        app.replicate::<Best>("best_roll")
            .player_message::<Roll>("roll")
            .client_message::<Rolled>("rolled");
        app.register_required_components::<Player, Best>();
        app.add_systems(TickSchedule, roll.in_set(StepSet::Simulate));
    }
}

fn roll(
    mut requests: MessageReader<FromPlayer<Roll>>,
    mut answers: MessageWriter<Answer<Roll>>,
    mut results: MessageWriter<ToPlayer<Rolled>>,
    mut bests: Query<&mut Best>,
    nearby: Nearby,
    (clock, setup): (Res<Clock>, Res<Setup>),
) {
    // The same seed, tick and order of requests give the same numbers in a replay.
    let mut chance = Stream::new(setup.seed, clock.tick.0.into(), Purpose::Game);
    for request in requests.read() {
        let sides = request.message.sides;
        if sides < 2 {
            answers.write(request.refuse(Refusal::Declined { code: NO_SUCH_DIE }));
            continue;
        }
        // Below 256, because `sides` is.
        let number = chance.below(sides.into()) as u8 + 1;
        answers.write(request.accept());
        for player in nearby.of(request.player).chain([request.player]) {
            results.write(ToPlayer {
                player,
                from: Some(request.player),
                message: Rolled { number },
            });
        }
        if let Ok(mut best) = bests.get_mut(request.player) {
            let higher = (*best).max(Best(number));
            // Writing through `Mut` marks a component as changed: it is hashed, and sent, only if
            // it differs.
            best.set_if_neq(higher);
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = ServerOptions {
        logic: Logic::new(|app| {
            app.add_plugins(Dice);
        }),
        ..ServerOptions::new(SimConfig::new(maps::load(None)?))
    };
    let _logs = logs::start(&Settings::default())?;
    let server = Server::start(options)?;
    println!(
        r#"npx wscat -c ws://{}/ws -s parlour.v1.json
> {{"hello":{{"protocol":1,"name":"Ada"}}}}
> {{"join":{{"request":1,"room":"plaza"}}}}
> {{"custom":{{"request":2,"name":"roll","body":"06"}}}}

The body is the message in binary, as hexadecimal digits: 06 is a die with 6 sides. Ctrl-C stops the server."#,
        server.listen_addr()
    );
    server.run_until_signal()?;
    Ok(())
}
