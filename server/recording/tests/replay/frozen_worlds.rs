//! A world goes on from its file, with every later hash as if it had never been saved, and files
//! that cannot go on are refused.

use std::{io::Cursor, sync::Arc, thread};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_recording::{
    HeaderError, VersionError,
    format::{FrozenWorld, FrozenWorldError, OpenError},
    replay::{ReplayError, ThawError, thaw, thawed_config},
};
use parlour_shared::{
    ids::{SessionId, Tick},
    rng::{Purpose, Stream},
};
use parlour_sim::{Clock, Logic, Player, Rooms, SimConfig, Simulation, SimulationApp, StepSet, TickSchedule};
use parlour_testing::{
    Crowd, Script, SessionActions as _, TestWorld,
    maps::connected_maps,
    players_in,
    recording::{STARTED_MS, header},
};
use parlour_tick::{Report, TickInput, TickOutput};
use serde::{Deserialize, Serialize};

/// Game logic with a resource and a component, which change at random.
#[derive(Resource, Default, Serialize, Deserialize)]
struct Weather(u64);
#[derive(Component, Default, Serialize, Deserialize)]
struct Wet(u32);

fn weather(app: &mut App) {
    app.init_resource::<Weather>()
        .state_resource::<Weather>("weather");
    app.replicate::<Wet>("wet");
    app.register_required_components::<Player, Wet>();
    app.add_systems(TickSchedule, rain.in_set(StepSet::Simulate));
}

fn rain(mut weather: ResMut<Weather>, mut players: Query<(&Player, &mut Wet)>, clock: Res<Clock>) {
    let mut random = Stream::new(weather.0, clock.tick.0.into(), Purpose::Game);
    if random.below(7) == 0 {
        weather.0 = random.next_u64();
    }
    for (player, mut wet) in &mut players {
        if (weather.0 ^ u64::from(player.id.0)).is_multiple_of(5) {
            wet.0 += 1;
        }
    }
}

fn logic() -> Logic {
    Logic::new(weather)
}

fn freeze(world: &mut Simulation, config: &SimConfig) -> FrozenWorld {
    let mut state = Vec::new();
    world.save(&mut state);
    let mut header = header(world, config, STARTED_MS);
    header.world = "main".to_owned();
    let tick = world.tick();
    FrozenWorld { header, tick, state }
}

fn to_bytes(frozen: &FrozenWorld) -> Vec<u8> {
    frozen.write(Vec::new()).unwrap()
}

fn read(bytes: &[u8]) -> Result<FrozenWorld, FrozenWorldError> {
    FrozenWorld::read(Cursor::new(bytes))
}

/// Returns a world after this many ticks of a crowd, and its file.
fn crowd(ticks: usize) -> (SimConfig, Vec<u8>) {
    let config = Crowd::config();
    let mut world = Simulation::with_plugins(config.clone(), logic());
    let mut output = TickOutput::default();
    for mut input in Crowd::new(5).take(ticks) {
        world.step(&mut input, &mut output);
    }
    let bytes = to_bytes(&freeze(&mut world, &config));
    (config, bytes)
}

#[test]
fn a_world_that_was_frozen_at_any_time_reaches_every_later_hash_on_a_different_thread() {
    let config = Crowd::config();
    let inputs: Arc<[TickInput]> = Crowd::new(31).take(700).collect();
    let mut world = Simulation::with_plugins(config.clone(), logic());
    let mut output = TickOutput::default();
    let (mut hashes, mut files) = (Vec::new(), Vec::new());
    for (at, input) in inputs.iter().enumerate() {
        world.step(&mut input.clone(), &mut output);
        hashes.push(output.hash);
        if (at + 1) % 50 == 0 {
            files.push((at + 1, to_bytes(&freeze(&mut world, &config))));
        }
    }
    assert_eq!(files.len(), 14);
    for (ticks, file) in files {
        let (config, inputs) = (config.clone(), Arc::clone(&inputs));
        let thread = thread::spawn(move || {
            let frozen = read(&file).unwrap();
            let config = thawed_config(&frozen, config);
            let mut thawed = thaw(&frozen, &config, &logic()).unwrap();
            assert_eq!(thawed.tick(), Tick(ticks as u32));
            let mut output = TickOutput::default();
            let mut hash = |input: &TickInput| {
                thawed.step(&mut input.clone(), &mut output);
                output.hash
            };
            inputs[ticks..].iter().map(&mut hash).collect::<Vec<u64>>()
        });
        assert!(
            thread.join().unwrap() == hashes[ticks..],
            "frozen after tick {ticks}"
        );
    }
}

#[test]
fn a_thawed_world_keeps_its_seed_and_epochs() {
    let (config, file) = crowd(40);
    let mut frozen = read(&file).unwrap();
    frozen.header.first_epoch = 770;
    let settings = SimConfig {
        seed: 99,
        first_epoch: 3,
        max_rooms: 12,
        ..config.clone()
    };
    let thawed = thawed_config(&frozen, settings);
    assert_eq!(
        (thawed.seed, thawed.first_epoch, thawed.max_rooms),
        (config.seed, 770, 12)
    );
}

#[test]
fn new_limits_apply_to_a_thawed_world_and_those_inside_stay() {
    let mut config = SimConfig::new(connected_maps());
    config.rules.capacity = 200;
    let mut world = TestWorld::new(config.clone());
    for session in 1..=100 {
        world.open_and_join(session, "east");
    }
    world.open_and_join(101, "west");
    world.ticks(3);
    let frozen = freeze(&mut world.sim, &config);

    config.rules.capacity = 2;
    config.rules.near_px = 40;
    config.max_rooms = 1;
    let mut thawed = thaw(&frozen, &config, &Logic::default()).unwrap();
    let players = |name: &str| players_in(&thawed, room_of(&thawed, name)).len();
    assert_eq!((players("east"), players("west")), (100, 1));

    // The recording of the thawed world starts with its state, so that it must load as well.
    let again = freeze(&mut thawed, &config);
    assert_eq!(again.state, frozen.state);
    assert!(thaw(&read(&to_bytes(&again)).unwrap(), &config, &Logic::default()).is_ok());

    let mut script = Script::default();
    for (session, room) in [(200, "east"), (201, "west"), (202, "east/new")] {
        script.at(1).open_as_and_join(session, "", room);
    }
    let mut output = TickOutput::default();
    thawed.step(&mut script.input(1), &mut output);
    let entered = |session| {
        let reports = &mut output.reports.iter();
        reports
            .any(|report| matches!(report, Report::Entered { session: id, .. } if *id == SessionId(session)))
    };
    assert_eq!([200, 201, 202].map(entered), [false, true, false]);
    assert_eq!(players_in(&thawed, room_of(&thawed, "east")).len(), 100);
}

fn room_of(world: &Simulation, name: &str) -> Entity {
    world.world().resource::<Rooms>().get(name).unwrap()
}

#[test]
fn every_cut_and_every_wrong_byte_is_noticed() {
    let (_, file) = crowd(60);
    assert!(read(&file).is_ok());
    for length in (0..file.len()).step_by(97).chain([file.len() - 1]) {
        // Only the index may be missing: everything before it is complete and checked.
        if let Ok(frozen) = read(&file[..length]) {
            assert_eq!(frozen, read(&file).unwrap(), "cut at {length}");
        }
    }
    for at in (0..file.len()).step_by(61) {
        let mut wrong = file.clone();
        wrong[at] ^= 0x20;
        if let Ok(frozen) = read(&wrong) {
            assert_eq!(frozen, read(&file).unwrap(), "byte {at}");
        }
    }
}

#[test]
fn a_file_with_a_foreign_byte_order_or_format_is_refused() {
    let (_, mut file) = crowd(10);
    file.swap(8, 9);
    let error = read(&file).unwrap_err();
    assert!(
        matches!(error, FrozenWorldError::Open(OpenError::Format(256))),
        "{error}"
    );
    let error = read(b"a text").unwrap_err();
    assert!(matches!(error, FrozenWorldError::Open(OpenError::NotARecording)));
}

#[test]
fn a_recording_is_not_a_saved_world() {
    let script = crate::support::walkers();
    let error = read(&script.record(100)).unwrap_err();
    assert!(matches!(error, FrozenWorldError::NotOneWorld), "{error}");
}

#[track_caller]
fn refused(frozen: &FrozenWorld, config: &SimConfig, logic: &Logic) -> (ThawError, String) {
    let error = thaw(frozen, config, logic).unwrap_err();
    let text = error.to_string();
    (error, text)
}

#[test]
fn other_versions_logic_and_maps_are_refused_with_the_reason() {
    let (config, file) = crowd(60);
    let frozen = read(&file).unwrap();
    assert!(thaw(&frozen, &config, &logic()).is_ok());

    let mut older = frozen.clone();
    older.header.simulation -= 1;
    let (error, text) = refused(&older, &config, &logic());
    assert!(
        matches!(error, ThawError::Version(VersionError::Simulation { .. })),
        "{text}"
    );

    let (error, text) = refused(&frozen, &config, &Logic::default());
    assert!(matches!(error, ThawError::Logic(ref error) if matches!(**error, ReplayError::Logic(_))));
    assert!(text.contains("weather, wet"), "{text}");

    let mut other = config.clone();
    for map in &mut other.maps {
        let map = Arc::make_mut(map);
        map.spawns[0].position.x += 16;
    }
    let (error, text) = refused(&frozen, &other, &logic());
    assert!(
        matches!(error, ThawError::Map(HeaderError::OtherMap { .. })),
        "{text}"
    );

    let mut fewer = config.clone();
    fewer.room_types.clear();
    let (error, text) = refused(&frozen, &fewer, &logic());
    assert!(matches!(error, ThawError::NoPlace { .. }), "{text}");
    assert!(
        text.contains("hall") && text.contains("no longer exists"),
        "{text}"
    );

    let mut elsewhere = frozen.clone();
    elsewhere.tick = Tick(7);
    let (error, text) = refused(&elsewhere, &config, &logic());
    assert!(matches!(error, ThawError::OtherTick { .. }), "{text}");

    let mut forged = frozen;
    forged.state.truncate(forged.state.len() - 3);
    let (error, text) = refused(&forged, &config, &logic());
    assert!(matches!(error, ThawError::Load { .. }), "{text}");
}
