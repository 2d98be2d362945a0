//! The settings of the world.

use std::time::Duration;

use parlour_shared::{
    limits::{MAX_ROOM_CAPACITY, MAX_ROOM_OBJECTS},
    motion::Speeds,
};
use parlour_sim::OnDrop;

use super::{ParseResult, Section, Setting, SettingKind, set};
use crate::{
    config::value::{
        LONGEST_ENTRY, path_or, shortened, show_path_or, show_time, show_whole_or, time, whole, whole_or,
    },
    maps::BundledMaps,
    suggest::closest,
};

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "interest_radius",
        section: Section::World,
        form: "PIXELS|all",
        help: "The distance in pixels within which players see each other. all: players see \
               everyone in the room",
        kind: SettingKind::NumberOrWord,
        also: None,
        apply: set!(interest_radius, |text| whole_or("all", text, RADIUS.0..=RADIUS.1)),
        show: |settings| show_whole_or("all", settings.interest_radius),
    },
    Setting {
        name: "near_radius",
        section: Section::World,
        form: "PIXELS|auto",
        help: "The reach of a near-me chat in pixels, if interest_radius is all. auto: \
               interest_radius, or 150 if that is all",
        kind: SettingKind::NumberOrWord,
        also: None,
        apply: set!(near_radius, |text| whole_or("auto", text, RADIUS.0..=RADIUS.1)),
        show: |settings| show_whole_or("auto", settings.near_radius),
    },
    Setting {
        name: "capacity",
        section: Section::World,
        form: "PLAYERS",
        help: "The maximum number of players in one room",
        kind: SettingKind::Number,
        also: None,
        apply: set!(capacity, |text| whole(text, 1..=MAX_ROOM_CAPACITY)),
        show: |settings| settings.capacity.to_string(),
    },
    Setting {
        name: "max_objects",
        section: Section::World,
        form: "OBJECTS",
        help: "The maximum number of objects in one room. Game logic cannot spawn more, and a map \
               that places more is refused",
        kind: SettingKind::Number,
        also: None,
        apply: set!(max_objects, |text| whole(text, 0..=MAX_ROOM_OBJECTS)),
        show: |settings| settings.max_objects.to_string(),
    },
    Setting {
        name: "speeds",
        section: Section::World,
        form: "SPEED,...",
        help: "The speeds at which players can walk at any angle, in 1/256 px per tick: 1 to 8 \
               speeds, each at most 4096. Keys always walk at 640 and sprint at 1024",
        kind: SettingKind::List,
        also: None,
        apply: set!(speeds, speeds),
        show: |settings| {
            settings
                .speeds
                .as_slice()
                .iter()
                .map(u16::to_string)
                .collect::<Vec<_>>()
                .join(",")
        },
    },
    Setting {
        name: "room_empty_after",
        section: Section::World,
        form: "TIME",
        help: "The time after which an empty room is removed",
        kind: SettingKind::Text,
        also: None,
        apply: set!(room_empty_after, |text| time(text, Duration::ZERO..=DAY)),
        show: |settings| show_time(settings.room_empty_after),
    },
    Setting {
        name: "on_drop",
        section: Section::World,
        form: "stand|continue|logic",
        help: "How a player moves whose connection is lost, until it is back or leaves. stand: it \
               stops at once. continue: it goes on until its motion ends by itself, for example at \
               a wall. logic: nothing changes, because game logic takes over",
        kind: SettingKind::Text,
        also: None,
        apply: set!(on_drop, on_drop),
        show: |settings| match settings.on_drop {
            OnDrop::Stand => "stand".to_owned(),
            OnDrop::Continue => "continue".to_owned(),
            OnDrop::Logic => "logic".to_owned(),
        },
    },
    Setting {
        name: "max_rooms",
        section: Section::World,
        form: "NUMBER",
        help: "The maximum number of rooms. A join that would create another room is refused",
        kind: SettingKind::Number,
        also: None,
        apply: set!(max_rooms, |text| whole(text, 1..=100_000)),
        show: |settings| settings.max_rooms.to_string(),
    },
    Setting {
        name: "seed",
        section: Section::World,
        form: "NUMBER|random",
        help: "The seed of all random numbers. The same seed and the same inputs result in the \
               same world. random: a new seed at each start, which is written to the log and the \
               recordings",
        kind: SettingKind::NumberOrWord,
        also: None,
        // The maximum of integers in TOML. 0 means "no seed" in `SimConfig`.
        apply: set!(seed, |text| whole_or("random", text, 1..=i64::MAX as u64)),
        show: |settings| show_whole_or("random", settings.seed),
    },
    Setting {
        name: "maps",
        section: Section::World,
        form: "DIRECTORY|bundled",
        help: "A directory of Tiled maps (*.tmx), which are served in addition to the bundled \
               maps. A map with the name of a bundled map replaces it. bundled: only the bundled \
               maps. See also bundled_maps",
        kind: SettingKind::PathOr("bundled"),
        also: None,
        apply: set!(maps, |text| path_or("bundled", "a directory", text)),
        show: |settings| show_path_or("bundled", settings.maps.as_ref()),
    },
    Setting {
        name: "bundled_maps",
        section: Section::World,
        form: "NAME,...|all|none",
        help: "The bundled maps to serve: some of garden, lobby and plaza. all: all three. none: \
               only the maps in the directory set with maps",
        kind: SettingKind::ListOr(&["all", "none"]),
        also: None,
        apply: set!(bundled_maps, bundled_maps),
        show: |settings| show_bundled_maps(&settings.bundled_maps),
    },
    Setting {
        name: "skins",
        section: Section::World,
        form: "FILE|bundled",
        help: "A catalogue of skins (TOML) that replaces the bundled one. bundled: the bundled \
               catalogue",
        kind: SettingKind::PathOr("bundled"),
        also: None,
        apply: set!(skins, |text| path_or("bundled", "a file", text)),
        show: |settings| show_path_or("bundled", settings.skins.as_ref()),
    },
    Setting {
        name: "state",
        section: Section::World,
        form: "DIRECTORY|off",
        help: "The directory in which worlds with rooms of durable types are kept while the server does not \
               run. Each server needs its own directory. off: they are not kept",
        kind: SettingKind::PathOr("off"),
        also: None,
        apply: set!(state, |text| path_or("off", "a directory", text)),
        show: |settings| show_path_or("off", settings.state.as_ref()),
    },
];

const RADIUS: (u32, u32) = (1, 100_000);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn on_drop(text: &str) -> ParseResult<OnDrop> {
    match text {
        "stand" => Ok(OnDrop::Stand),
        "continue" => Ok(OnDrop::Continue),
        "logic" => Ok(OnDrop::Logic),
        _ => Err("stand, continue or logic".to_owned()),
    }
}

/// Parses the speeds of a room.
fn speeds(text: &str) -> ParseResult<Speeds> {
    let listed: Result<Vec<u16>, _> = text.split(',').map(|speed| speed.trim().parse()).collect();
    let speeds = listed.ok().and_then(|listed| Speeds::new(&listed).ok());
    speeds.ok_or_else(|| {
        format!(
            "1 to {} speeds from 1 to {}, such as \"640,1024\"",
            Speeds::MOST,
            Speeds::FASTEST
        )
    })
}

/// Parses `all`, `none` or names of bundled maps. The names are sorted in the result.
fn bundled_maps(text: &str) -> ParseResult<BundledMaps> {
    match text {
        "all" => return Ok(BundledMaps::All),
        "none" => return Ok(BundledMaps::none()),
        _ => {}
    }
    let form = || {
        let names: Vec<&str> = BundledMaps::names().collect();
        format!("all, none, or some of {}", names.join(", "))
    };
    let mut names = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if BundledMaps::names().all(|known| known != name) {
            let meant = closest(name, BundledMaps::names())
                .map(|meant| format!(" (did you mean `{meant}`?)"))
                .unwrap_or_default();
            let name = shortened(name, LONGEST_ENTRY);
            return Err(format!("{}, but {name:?} is not a bundled map{meant}", form()));
        }
        names.push(name.to_owned());
    }
    names.sort();
    names.dedup();
    if names.is_empty() {
        return Err(form());
    }
    Ok(BundledMaps::Only(names))
}

fn show_bundled_maps(bundled: &BundledMaps) -> String {
    match bundled {
        BundledMaps::All => "all".to_owned(),
        BundledMaps::Only(names) if names.is_empty() => "none".to_owned(),
        BundledMaps::Only(names) => names.join(","),
    }
}
