//! A server with game logic for dice: `cargo run -p parlour --example dice`
//!
//! A player rolls a die. The player and everyone nearby are sent the number. The best roll of a
//! player is a component, which is replicated to everyone who sees the player.
#![allow(clippy::print_stdout, reason = "an example prints how to use it")]

use std::error::Error;

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use parlour::{Server, ServerOptions, config::Settings, logs, maps};
use parlour_shared::{
    message::Refusal,
    rng::{Purpose, Stream},
};
use parlour_sim::{
    Answer, Clock, FromPlayer, Logic, Nearby, Player, Setup, SimConfig, SimulationApp, StepSet, TickSchedule,
    ToPlayers,
};
use serde::{Deserialize, Serialize};

/// The code of the refusal of a die with fewer than 2 sides.
const NO_SUCH_DIE: u16 = 1;

/// The request: clients send it as `custom` message `roll`.
#[derive(Deserialize)]
struct Roll {
    sides: u8,
}

/// The result: it is sent to the player and everyone nearby, as `custom` message `rolled`.
#[derive(Serialize)]
struct Rolled {
    number: u8,
}

/// The highest number that a player rolled. It is a part of the state, and replicated to everyone
/// who sees the player.
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
    mut results: MessageWriter<ToPlayers<Rolled>>,
    mut bests: Query<&mut Best>,
    nearby: Nearby,
    (clock, setup): (Res<Clock>, Res<Setup>),
) {
    // In a replay, the same seed, tick and order of requests result in the same numbers.
    let mut random = Stream::new(setup.seed, clock.tick.0.into(), Purpose::Game);
    for request in requests.read() {
        let sides = request.message.sides;
        if sides < 2 {
            answers.write(request.refuse(Refusal::Declined { code: NO_SUCH_DIE }));
            continue;
        }
        // The number is at most `sides`, so it fits.
        let number = random.below(sides.into()) as u8 + 1;
        answers.write(request.accept());
        for player in nearby.of(request.player).chain([request.player]) {
            results.write(ToPlayers::one(player, Rolled { number }).from(request.player));
        }
        if let Ok(mut best) = bests.get_mut(request.player) {
            let higher = (*best).max(Best(number));
            // Any write through `Mut` marks the component as changed, so that it is hashed and
            // sent again. This writes only a new value.
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
    // Without this line, the server logs nothing.
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
