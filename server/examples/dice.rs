//! A server with game logic for dice: `cargo run -p parlour --example dice`
//!
//! A player rolls a die. The player and everyone nearby are sent the number. The best roll of a
//! player is a component, which is replicated to everyone who sees the player.
//!
//! The program has the whole command line of a server. `dice --record recordings` records, and
//! `dice replay recordings --verify` runs the recorded ticks again with this game logic.
//!
//! To roll a die with 6 sides from a terminal, connect as the banner of the server shows, join the
//! room `plaza`, and type `{"custom":{"request":2,"name":"roll","body":{"sides":6}}}`.

use std::process::ExitCode;

use parlour::prelude::*;

/// The code of the refusal of a die with fewer than 2 sides.
const NO_SUCH_DIE: u16 = 1;

/// The request: clients send it as `custom` message `roll`.
#[derive(Deserialize)]
struct Roll {
    sides: u8,
}

/// The result: it is sent to the player and everyone nearby, as `custom` message `rolled`.
#[derive(Serialize, Deserialize)]
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
        app.player_component::<Best>("best_roll")
            .player_message::<Roll>("roll")
            .client_message::<Rolled>("rolled");
        app.add_systems(TickSchedule, roll.in_set(StepSet::Simulate));
    }
}

fn roll(
    mut requests: MessageReader<FromPlayer<Roll>>,
    mut answers: MessageWriter<Answer<Roll>>,
    mut results: MessageWriter<ToPlayers<Rolled>>,
    mut bests: Query<&mut Best>,
    nearby: Nearby,
    chance: Chance,
) {
    // In a replay, the same seed, tick and order of requests result in the same numbers.
    let mut random = chance.named("dice");
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

fn main() -> ExitCode {
    parlour::cli("dice").plugins(Dice).run()
}
