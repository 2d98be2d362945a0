//! The room types of the tests, and a server that has all of them.

use std::{
    sync::Arc,
    thread::park_timeout,
    time::{Duration, Instant},
};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour::{RoomType, ServerOptions};
use parlour_shared::{
    message::Refusal,
    motion::{Position, WallGrid},
};
use parlour_sim::{
    Answer, Clock, FromPlayer, MaySleep, OptionSpec, Player, Room, RoomListings, Seats, SimulationApp,
    StepSet, TickSchedule,
};
use parlour_testing::maps::{door, map};
use parlour_tick::Cadence;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::support::{
    http,
    test_server::{TestServer, start_with},
};

/// The code with which a room of tag at night is declined.
pub(crate) const TOO_DARK: u16 = 4;
/// How long `hang` blocks its tick thread.
const HANG: Duration = Duration::from_secs(2);
/// How long a tick of a world takes that toils: longer than its period.
const TOIL: Duration = Duration::from_millis(25);
/// The ticks from `light` until the fuse has burnt.
const FUSE_TICKS: u32 = 30;

/// Travels from world to world, and is seen by everyone who sees the player.
#[derive(Component, Default, Serialize, Deserialize)]
struct Score(u32);

/// Counts the ticks in which its player was in the world. It changes in each tick, so each tick is
/// worth a snapshot.
#[derive(Component, Default, Serialize, Deserialize)]
struct Pulse(u32);

/// The tick at which a world fails.
#[derive(Resource, Default, Serialize, Deserialize)]
struct Fuse(Option<u32>);

/// Whether each tick of a world takes long.
#[derive(Resource, Default, Serialize, Deserialize)]
struct Toils(bool);

/// The messages of players. All are requests without a body, except `score`.
#[derive(Deserialize)]
struct AddScore(u32);
#[derive(Deserialize)]
struct Lock;
#[derive(Deserialize)]
struct Explode;
#[derive(Deserialize)]
struct Light;
#[derive(Deserialize)]
struct Hang;
#[derive(Deserialize)]
struct Toil;

/// The logic of all worlds: scores.
pub(crate) fn scores(app: &mut App) {
    app.replicate::<Score>("score").travels::<Score>("score");
    app.player_message::<AddScore>("score");
    app.register_required_components::<Player, Score>();
    app.add_systems(TickSchedule, add_score.in_set(StepSet::Simulate).in_set(MaySleep));
}

fn add_score(
    mut requests: MessageReader<FromPlayer<AddScore>>,
    mut answers: MessageWriter<Answer<AddScore>>,
    mut players: Query<&mut Score>,
) {
    for request in requests.read() {
        if let Ok(mut score) = players.get_mut(request.player) {
            score.0 += request.message.0;
            answers.write(request.accept());
        }
    }
}

/// Rooms that a player can lock, and that are refused at night.
pub(crate) fn tag(app: &mut App) {
    scores(app);
    app.accept_room(|room| match room.options.get("light") {
        Some("night") => Err(TOO_DARK),
        _ => Ok(()),
    });
    app.player_message::<Lock>("lock");
    app.add_systems(TickSchedule, lock.in_set(StepSet::Simulate).in_set(MaySleep));
}

fn lock(
    mut requests: MessageReader<FromPlayer<Lock>>,
    mut answers: MessageWriter<Answer<Lock>>,
    rooms: Query<(Entity, &Seats), With<Room>>,
    mut listings: RoomListings,
) {
    for request in requests.read() {
        for (room, seats) in &rooms {
            if seats.players().any(|player| player == request.player) {
                listings.lock(room);
            }
        }
        answers.write(request.accept());
    }
}

/// Each tick is sent to each player.
pub(crate) fn steady(app: &mut App) {
    app.replicate::<Pulse>("pulse");
    app.register_required_components::<Player, Pulse>();
    app.add_systems(TickSchedule, pulse.in_set(StepSet::Simulate));
}

fn pulse(mut pulses: Query<&mut Pulse>) {
    for mut pulse in &mut pulses {
        pulse.0 += 1;
    }
}

/// Fails by a message, by a fuse that a message lights, or hangs.
pub(crate) fn fragile(app: &mut App) {
    scores(app);
    app.init_resource::<Fuse>().state_resource::<Fuse>("fuse");
    app.player_message::<Explode>("explode")
        .player_message::<Light>("light")
        .player_message::<Hang>("hang");
    app.add_systems(TickSchedule, (explode, burn, hang).in_set(StepSet::Simulate));
}

fn explode(mut requests: MessageReader<FromPlayer<Explode>>) {
    assert!(
        requests.read().next().is_none(),
        "game logic that fails by a message"
    );
}

fn burn(
    mut requests: MessageReader<FromPlayer<Light>>,
    mut answers: MessageWriter<Answer<Light>>,
    mut fuse: ResMut<Fuse>,
    clock: Res<Clock>,
) {
    for request in requests.read() {
        if fuse.0.is_some() {
            answers.write(request.refuse(Refusal::Declined { code: 1 }));
            continue;
        }
        fuse.0 = Some(clock.tick.0 + FUSE_TICKS);
        answers.write(request.accept());
    }
    assert!(
        fuse.0.is_none_or(|end| clock.tick.0 < end),
        "game logic that fails by a timer"
    );
}

fn hang(mut requests: MessageReader<FromPlayer<Hang>>, mut answers: MessageWriter<Answer<Hang>>) {
    for request in requests.read() {
        // A replay of the recording hangs as well.
        take_time(HANG);
        answers.write(request.accept());
    }
}

fn take_time(time: Duration) {
    let begin = Instant::now();
    while begin.elapsed() < time {
        park_timeout(time.saturating_sub(begin.elapsed()));
    }
}

/// Each tick takes longer than its period, after the message `toil`.
pub(crate) fn slow(app: &mut App) {
    app.init_resource::<Toils>().state_resource::<Toils>("toils");
    app.player_message::<Toil>("toil");
    app.add_systems(TickSchedule, toil.in_set(StepSet::Simulate));
}

fn toil(
    mut requests: MessageReader<FromPlayer<Toil>>,
    mut answers: MessageWriter<Answer<Toil>>,
    mut toils: ResMut<Toils>,
) {
    for request in requests.read() {
        toils.0 = true;
        answers.write(request.accept());
    }
    if toils.0 {
        take_time(TOIL);
    }
}

/// Returns the types: `office` in the shared world, all others with their own worlds.
fn room_types() -> Vec<RoomType> {
    let own = |name: &str| {
        RoomType::new(name)
            .map("plaza")
            .own_world()
            .rules(|rules| rules.empty_ticks = 30)
    };
    vec![
        RoomType::new("office")
            .map("plaza")
            .rules(|rules| rules.capacity = 2),
        own("tag")
            .plugins(tag)
            .rules(|rules| {
                rules.empty_ticks = 30;
                rules.capacity = 4;
            })
            .option(OptionSpec::one_of("mode", ["classic", "fast"]))
            .option(OptionSpec::one_of("light", ["day", "night"])),
        own("steady").plugins(steady),
        own("fragile").plugins(fragile),
        own("slow").plugins(slow),
        own("sheltered").plugins(fragile).fallback("plaza/shelter"),
        RoomType::new("east").map("east").plugins(scores).own_world(),
        RoomType::new("west").map("west").plugins(scores).own_world(),
    ]
}

/// Starts a server with all types, two tick threads, and a snapshot for each tick that changes
/// something.
pub(crate) fn start(change: impl FnOnce(&mut ServerOptions)) -> TestServer {
    start_with(|options| {
        // A player that walks east or west from the spawn point enters a door.
        for (name, to, x) in [("east", "west", 200), ("west", "east", 0)] {
            let doors = vec![door([x, 0, 16, 256], to)];
            let built = map(
                name,
                WallGrid::new(16, 16, 16),
                Position::from_px(128, 128),
                doors,
            );
            options.sim.maps.push(Arc::new(built));
        }
        options.sim.skins = ["plain", "striped"].map(String::from).to_vec();
        options.sim.rules.rates = parlour_testing::generous_rules().rates;
        options.logic = parlour_sim::Logic::new(scores);
        options.room_types = room_types();
        options.tick_threads = 2;
        options.io_threads = 2;
        options.cadence = Some(Cadence::default());
        change(options);
    })
}

/// Returns the logic of a world by its name.
pub(crate) fn logic_of(world: &str) -> parlour_sim::Logic {
    let room_type = world.split('.').next().unwrap();
    match room_type {
        "tag" => parlour_sim::Logic::new(tag),
        "steady" => parlour_sim::Logic::new(steady),
        "fragile" | "sheltered" | "castle" => parlour_sim::Logic::new(fragile),
        _ => parlour_sim::Logic::new(scores),
    }
}

/// Returns the worlds that the admin port lists.
pub(crate) fn worlds(server: &TestServer) -> Vec<Value> {
    let answer = server.get_admin("/worlds");
    let node: Value = serde_json::from_str(http::head_and_body(&answer).1).unwrap();
    node["worlds"].as_array().unwrap().clone()
}

/// Waits until the world that has a room is listed. Returns its tick thread.
pub(crate) fn thread_of(server: &TestServer, room: &str) -> u64 {
    let mut found = None;
    parlour_testing::eventually(room, || {
        let mut worlds = worlds(server).into_iter();
        let has_room = |world: &Value| {
            let rooms = world["rooms"].as_array().unwrap();
            rooms.iter().any(|listed| listed["name"] == room)
        };
        found = worlds.find(has_room).and_then(|world| world["thread"].as_u64());
        found.is_some()
    });
    found.unwrap()
}
