//! Moods: a template for game logic of one's own. `cargo run -p parlour-sim --example mood`
//!
//! Players have moods that those near them can see. A player sets its own; who comes near someone
//! happier is cheered up and told so; who is alone grows gloomy. That takes one component, two
//! messages and three systems.
#![allow(clippy::print_stdout, reason = "an example tells what it does")]

use std::sync::Arc;

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use parlour_shared::{
    codec,
    message::{Refusal, ServerMessage},
    motion::{Direction, Position, WallGrid},
    view::Seen,
};
use parlour_sim::{
    Answer, CameNear, Clock, FromPlayer, InRoom, Nearby, SimConfig, SimulationApp, StepSet, TickSchedule,
    ToPlayer,
};
use parlour_testing::{SessionActions as _, TestWorld, maps::map};
use serde::{Deserialize, Serialize};

/// The best mood there is.
pub(crate) const BEST: u8 = 9;
/// Why taking off a mood was declined: there is none.
pub(crate) const HAS_NO_MOOD: u16 = 1;
/// A second of loneliness costs this much.
const LONELY: u8 = 1;

// What the world knows. `Serialize` is what those who see the player are sent: here one byte, at
// most 32, at least one. It is also how the mood is hashed and kept in recordings: a mood is part
// of the state, and a replay, which may begin at any keyframe, must come to the same.
/// How a player feels, 0 to 9. A player that never said has none.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mood(pub(crate) u8);

// What a player can say. A client sends it as a `custom` message with the name given below and this
// type in the body, in the same encoding as all other messages. It may come from anyone, so it is
// checked where it is read.
/// A player sets its mood, or hides it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SetMood {
    /// The mood; none: nobody's business.
    pub(crate) mood: Option<u8>,
}

// What a player can be told.
/// Someone happier came near.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CheeredUp {
    /// The player's mood now.
    pub(crate) mood: u8,
}

/// The feature. Add it with [`Simulation::with_plugins`].
pub(crate) struct MoodPlugin;

impl Plugin for MoodPlugin {
    fn build(&self, app: &mut App) {
        // Everything is declared before the first tick. An undeclared message stops the start, and
        // an undeclared component the first tick that meets it, with a panic that says what to
        // write here: nothing can be missing from the state hash by mistake.
        app.replicate::<Mood>("mood")
            .player_message::<SetMood>("set_mood")
            .client_message::<CheeredUp>("cheered_up");
        // A tick is the schedule `TickSchedule`. Its sets run one after the other; game logic is part of
        // `Simulate`: the players' requests were taken in before, and what it changes is on its way
        // to the viewers after. All three write moods, so they need an order: without `chain` the
        // world would not start. Systems of other plugins do not touch moods and need no order to
        // these. (Who moves players runs `.before(Walk)`; who reads where they are in this tick,
        // `.after(Walk)`.)
        app.add_systems(
            TickSchedule,
            (set_mood, cheer_up, grow_gloomy)
                .chain()
                .in_set(StepSet::Simulate),
        );
    }
}

/// What players ask for: a reader gives each request once, in the order in which the world takes
/// them in.
fn set_mood(
    mut requests: MessageReader<FromPlayer<SetMood>>,
    mut answers: MessageWriter<Answer<SetMood>>,
    moods: Query<&Mood>,
    mut commands: Commands,
) {
    for request in requests.read() {
        match request.message.mood {
            Some(mood) if mood <= BEST => commands.entity(request.player).insert(Mood(mood)),
            None if moods.contains(request.player) => commands.entity(request.player).remove::<Mood>(),
            // A fair request that the rules of the game do not allow: the number tells the client
            // why.
            None => {
                answers.write(request.refuse(Refusal::Declined { code: HAS_NO_MOOD }));
                continue;
            }
            // No mood. An honest client would not have sent it: it counts, and 20 such in a minute
            // close the session.
            Some(_) => {
                answers.write(request.refuse(Refusal::UnknownMessage));
                continue;
            }
        };
        // The answer carries the request's number, so that the client knows which of its requests
        // this was.
        answers.write(request.accept());
    }
}

/// What happens between players who meet. The world looks every few ticks who is within reach of
/// whom, after the players have moved; so these messages are of the last tick.
fn cheer_up(
    mut meetings: MessageReader<CameNear>,
    mut moods: Query<&mut Mood>,
    mut news: MessageWriter<ToPlayer<CheeredUp>>,
) {
    for meeting in meetings.read() {
        // Either may have no mood, or be gone since.
        let Ok([one, other]) = moods.get_many_mut([meeting.one, meeting.other]) else {
            continue;
        };
        let (mut gloomy, gloomy_player, happy_player) = match one.0.cmp(&other.0) {
            std::cmp::Ordering::Less => (one, meeting.one, meeting.other),
            std::cmp::Ordering::Greater => (other, meeting.other, meeting.one),
            std::cmp::Ordering::Equal => continue,
        };
        // Writing through `Mut` is what marks a component as changed: viewers and the hash follow
        // by themselves.
        gloomy.0 += 1;
        news.write(ToPlayer {
            player: gloomy_player,
            from: Some(happy_player),
            message: CheeredUp { mood: gloomy.0 },
        });
        // One line adds to the metrics of the server, at /metrics. In a replay, and without a
        // server as here, it does nothing.
        metrics::counter!("mood_cheered_up_total").increment(1);
    }
}

/// What happens by itself: once a second, who is in a room and near nobody loses a little of its
/// mood. Time is the tick number; there is no other clock. (Chance, if you need it:
/// `parlour_shared::rng::Stream`, seeded from [`parlour_sim::Setup`], the tick and a purpose.)
fn grow_gloomy(mut players: Query<(Entity, &mut Mood), With<InRoom>>, nearby: Nearby, clock: Res<Clock>) {
    if !clock.tick.0.is_multiple_of(60) {
        return;
    }
    for (player, mut mood) in &mut players {
        if nearby.of(player).next().is_none() {
            // `set_if_neq`: who is at 0 stays there, and nobody need be told.
            let gloomier = Mood(mood.0.saturating_sub(LONELY));
            mood.set_if_neq(gloomier);
        }
    }
}

// That was the plugin. The rest is a tiny world to see it work in: two players, and what the first
// is sent.

const ADA: u64 = 1;
const BOB: u64 = 2;

fn main() {
    let square = map(
        "square",
        WallGrid::new(60, 20, 16),
        Position::from_px(300, 160),
        Vec::new(),
    );
    let config = SimConfig::new(vec![Arc::new(square)]);
    let mut world = TestWorld::with_plugins(config, MoodPlugin);

    for (session, name, mood) in [(ADA, "Ada", 8), (BOB, "Bob", 3)] {
        world.open_as(session, name);
        set_mood_of(&mut world, session, Some(mood));
        world.join(session, "square");
    }
    let mut shown = Vec::new();
    run(&mut world, 20, &mut shown);
    println!("- Bob asks for a mood that does not exist.");
    set_mood_of(&mut world, BOB, Some(77));
    run(&mut world, 1, &mut shown);
    println!("- Bob walks away, until he is out of sight and each is alone for a while ...");
    world.walk(BOB, Direction::East);
    run(&mut world, 100, &mut shown);
    println!("- ... and comes back.");
    world.walk(BOB, Direction::West);
    run(&mut world, 100, &mut shown);
    println!("- Bob keeps his mood to himself.");
    set_mood_of(&mut world, BOB, None);
    run(&mut world, 1, &mut shown);
}

/// Sends a plugin's message, as a client does: a `custom` message with its name and its encoded
/// value.
fn set_mood_of(world: &mut TestWorld, session: u64, mood: Option<u8>) {
    world.custom(session, "set_mood", &SetMood { mood });
}

/// Runs several ticks, and prints the news: messages to both players, and changes in Ada's view.
fn run(world: &mut TestWorld, ticks: u32, shown: &mut Vec<String>) {
    for _ in 0..ticks {
        world.tick();
        let tick = world.now().0;
        for (session, name) in [(ADA, "Ada"), (BOB, "Bob")] {
            for message in world.messages(session) {
                report(tick, name, &message);
            }
        }
        let view = world.client(ADA).view.iter();
        let now: Vec<String> = view.map(|(_, seen)| describe(&seen)).collect();
        if now != *shown {
            println!("tick {tick:3}: Ada sees {}", now.join(" and "));
            *shown = now;
        }
    }
}

fn describe(seen: &Seen<'_>) -> String {
    // Extra 0 is the first component declared as replicated. The welcome lists the names in this
    // order.
    let mood = seen.extras.iter().find(|(bit, _)| *bit == 0);
    match mood {
        Some((_, bytes)) => format!("{} in mood {}", seen.name, bytes[0]),
        None => format!("{} in a mood of his own", seen.name),
    }
}

fn report(tick: u32, name: &str, message: &ServerMessage) {
    match message {
        ServerMessage::Custom(said) => {
            let cheered: CheeredUp = codec::decode(&said.body.0).expect("our own bytes");
            println!(
                "tick {tick:3}: {name} is told: {} {cheered:?}, caused by {:08x}",
                said.name,
                said.player.unwrap_or_default().0
            );
        }
        ServerMessage::Accepted(accepted) => {
            println!(
                "tick {tick:3}: {name} is told: request {} accepted",
                accepted.request
            );
        }
        ServerMessage::Refused(refused) => {
            println!(
                "tick {tick:3}: {name} is told: request {} refused, {:?}",
                refused.request, refused.refusal
            );
        }
        _ => {}
    }
}
