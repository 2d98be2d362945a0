//! Moods: a template for your own game logic. Run it with `cargo run -p parlour-sim --example
//! mood`.
//!
//! Players have moods, which nearby players can see. A player sets its own mood. A player that
//! comes near a happier one is cheered up, and receives a message about it. A player alone grows
//! gloomy. This takes one component, two messages and three systems.
#![allow(clippy::print_stdout, reason = "an example prints what it does")]

use std::sync::Arc;

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use parlour_shared::{
    message::{Refusal, ServerMessage},
    motion::{Direction, Position, WallGrid},
    view::Seen,
};
use parlour_sim::{
    Answer, CameNear, Clock, FromPlayer, InRoom, Nearby, SimConfig, SimulationApp, StepSet, TickSchedule,
    ToPlayers,
};
use parlour_testing::{SessionActions as _, TestWorld, maps::map};
use serde::{Deserialize, Serialize};

/// The best mood.
pub(crate) const BEST: u8 = 9;
/// The code of a refusal: the player has no mood to hide.
pub(crate) const HAS_NO_MOOD: u16 = 1;
/// How much a mood falls in a second alone.
const LONELY: u8 = 1;

// The state. `Serialize` defines the bytes that viewers of the player are sent. They must be at
// most 64 bytes; here it is one. The same bytes are hashed and saved in recordings, because a mood
// is part of the state: a replay may start at any keyframe, and must reach the same hashes.
/// The mood of a player, from 0 to 9. A player has none until it sets one.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mood(pub(crate) u8);

// A message from a player. A client sends it as a `custom` message, with the name from the plugin
// below, and with this type as its body, in the same encoding as all other messages. Clients are
// not trusted, so the system that reads the message checks the value.
/// Sets the mood of a player, or hides it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SetMood {
    /// The new mood. `None` hides the mood.
    pub(crate) mood: Option<u8>,
}

// A message to a player.
/// A happier player came near.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CheeredUp {
    /// The player's mood now.
    pub(crate) mood: u8,
}

/// The plugin. Add it to a world with [`parlour_sim::Simulation::with_plugins`].
pub(crate) struct MoodPlugin;

impl Plugin for MoodPlugin {
    fn build(&self, app: &mut App) {
        // Declare everything before the first tick, so that nothing is missing from the state hash
        // by mistake. An undeclared message panics when the world is made, and an undeclared
        // component in the first tick that finds it. The panic shows the line to add here.
        app.replicate::<Mood>("mood")
            .player_message::<SetMood>("set_mood")
            .client_message::<CheeredUp>("cheered_up");
        // A tick runs the schedule `TickSchedule`, set by set. Game logic belongs in `Simulate`:
        // the requests of players arrive before it, and its changes are sent to viewers after it.
        // All three systems write moods, so they need an order: without `chain`, the world would
        // not start. Systems of other plugins do not access moods, and need no order with these. (A
        // system that moves players runs `.before(Walk)`. A system that reads the positions of this
        // tick runs `.after(Walk)`.)
        app.add_systems(
            TickSchedule,
            (set_mood, cheer_up, grow_gloomy)
                .chain()
                .in_set(StepSet::Simulate),
        );
    }
}

/// Handles the requests of players. A reader returns each request once, in the order of the input.
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
            // The request is valid, but the rules of the game do not allow it. The code tells the
            // client why.
            None => {
                answers.write(request.refuse(Refusal::Declined { code: HAS_NO_MOOD }));
                continue;
            }
            // Not a valid mood. An honest client does not send this, so it counts as a strike: 20
            // strikes in a minute close the session.
            Some(_) => {
                let reason = format!("`mood` must be at most {BEST}");
                answers.write(request.refuse(Refusal::BadBody { reason }));
                continue;
            }
        };
        // The answer contains the number of the request, so that the client can match it.
        answers.write(request.accept());
    }
}

/// Cheers up a player that meets a happier one. Proximity is checked after `Simulate`, so these
/// messages are from the checks of the previous tick.
fn cheer_up(
    mut meetings: MessageReader<CameNear>,
    mut moods: Query<&mut Mood>,
    mut news: MessageWriter<ToPlayers<CheeredUp>>,
) {
    for meeting in meetings.read() {
        // A player may have no mood, or its session may be closed by now.
        let Ok([one, other]) = moods.get_many_mut([meeting.one, meeting.other]) else {
            continue;
        };
        let (mut gloomy, gloomy_player, happy_player) = match one.0.cmp(&other.0) {
            std::cmp::Ordering::Less => (one, meeting.one, meeting.other),
            std::cmp::Ordering::Greater => (other, meeting.other, meeting.one),
            std::cmp::Ordering::Equal => continue,
        };
        // Writing through `Mut` marks the component as changed, which updates viewers and the hash.
        gloomy.0 += 1;
        news.write(ToPlayers::one(gloomy_player, CheeredUp { mood: gloomy.0 }).from(happy_player));
        // Counts in the server's metrics, at /metrics. In a replay, and in a world without a server
        // like this one, it does nothing.
        metrics::counter!("mood_cheered_up_total").increment(1);
    }
}

/// Makes players gloomy: once a second, the mood of a player that is in a room and near nobody
/// falls. Time is the tick number; there is no other clock. (For random numbers, use
/// `parlour_shared::rng::Stream`, seeded from [`parlour_sim::Setup`], the tick and a purpose.)
fn grow_gloomy(mut players: Query<(Entity, &mut Mood), With<InRoom>>, nearby: Nearby, clock: Res<Clock>) {
    if !clock.tick.0.is_multiple_of(60) {
        return;
    }
    for (player, mut mood) in &mut players {
        if nearby.of(player).next().is_none() {
            // `set_if_neq` marks no change if the mood was already 0, so nothing is sent.
            let gloomier = Mood(mood.0.saturating_sub(LONELY));
            mood.set_if_neq(gloomier);
        }
    }
}

// The rest is a small world that shows the plugin at work: two players, and the view of the first.

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
    println!("- Bob walks away, until he is out of sight, and both are alone for a while ...");
    world.walk(BOB, Direction::East);
    run(&mut world, 100, &mut shown);
    println!("- ... and comes back.");
    world.walk(BOB, Direction::West);
    run(&mut world, 100, &mut shown);
    println!("- Bob hides his mood.");
    set_mood_of(&mut world, BOB, None);
    run(&mut world, 1, &mut shown);
}

/// Sends a plugin's message, as a client does: a `custom` message with its name and its encoded
/// value.
fn set_mood_of(world: &mut TestWorld, session: u64, mood: Option<u8>) {
    world.custom(session, "set_mood", &SetMood { mood });
}

/// Runs several ticks, and prints the messages to both players and the changes in Ada's view.
fn run(world: &mut TestWorld, ticks: u32, shown: &mut Vec<String>) {
    for _ in 0..ticks {
        world.tick();
        let tick = world.now().0;
        for (session, name) in [(ADA, "Ada"), (BOB, "Bob")] {
            for message in world.messages(session) {
                report(tick, name, &message);
            }
        }
        let players = world.client(ADA).view.players();
        let now: Vec<String> = players
            .map(|(_, player, seen)| describe(&player.name, &seen))
            .collect();
        if now != *shown {
            println!("tick {tick:3}: Ada sees {}", now.join(" and "));
            *shown = now;
        }
    }
}

fn describe(name: &str, seen: &Seen<'_>) -> String {
    // Component 0 is the first one that was declared with `replicate`. The kinds in `room_entered`
    // list the names in this order.
    let mood = seen.components.iter().find(|(index, _)| *index == 0);
    match mood {
        Some((_, bytes)) => format!("{name} in mood {}", bytes[0]),
        None => format!("{name} without a mood"),
    }
}

fn report(tick: u32, name: &str, message: &ServerMessage) {
    match message {
        ServerMessage::Custom(said) => {
            let cheered: CheeredUp = said.decode().expect("our own bytes");
            println!(
                "tick {tick:3}: {name} receives {} {cheered:?}, caused by {:08x}",
                said.name,
                said.player.unwrap_or_default().0
            );
        }
        ServerMessage::Accepted(accepted) => {
            println!(
                "tick {tick:3}: {name} receives: request {} accepted",
                accepted.request
            );
        }
        ServerMessage::Refused(refused) => {
            println!(
                "tick {tick:3}: {name} receives: request {} refused, {:?}",
                refused.request, refused.refusal
            );
        }
        _ => {}
    }
}
