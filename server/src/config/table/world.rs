//! What the world is like.

use std::time::Duration;

use parlour_shared::limits::MAX_ROOM_CAPACITY;

use super::{Kind, Parsed, Section, Setting, set};
use crate::config::value::{path_or, show_path_or, show_time, show_whole_or, time, whole, whole_or};

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "interest_radius",
        section: Section::World,
        form: "PIXELS|all",
        help: "Players see each other within this many pixels; all: everyone in the room",
        kind: Kind::NumberOrWord,
        also: None,
        apply: set!(interest_radius, |text| whole_or("all", text, RADIUS.0..=RADIUS.1)),
        show: |settings| show_whole_or("all", settings.interest_radius),
    },
    Setting {
        name: "near_radius",
        section: Section::World,
        form: "PIXELS|auto",
        help: "How far a near-me chat reaches when interest_radius is all; auto: as far as \
               interest_radius, or 150 if that is all",
        kind: Kind::NumberOrWord,
        also: None,
        apply: set!(near_radius, |text| whole_or("auto", text, RADIUS.0..=RADIUS.1)),
        show: |settings| show_whole_or("auto", settings.near_radius),
    },
    Setting {
        name: "capacity",
        section: Section::World,
        form: "PLAYERS",
        help: "Players in one room",
        kind: Kind::Number,
        also: None,
        apply: set!(capacity, |text| whole(text, 1..=MAX_ROOM_CAPACITY)),
        show: |settings| settings.capacity.to_string(),
    },
    Setting {
        name: "room_empty_after",
        section: Section::World,
        form: "TIME",
        help: "How long a room stands empty before it is cleaned up",
        kind: Kind::Text,
        also: None,
        apply: set!(room_empty_after, |text| time(text, Duration::ZERO..=DAY)),
        show: |settings| show_time(settings.room_empty_after),
    },
    Setting {
        name: "max_rooms",
        section: Section::World,
        form: "NUMBER",
        help: "Rooms at once; a join that would make one more is refused",
        kind: Kind::Number,
        also: None,
        apply: set!(max_rooms, |text| whole(text, 1..=100_000)),
        show: |settings| settings.max_rooms.to_string(),
    },
    Setting {
        name: "seed",
        section: Section::World,
        form: "NUMBER|random",
        help: "Seeds all chance: the same seed and the same inputs give the same world; \
               random: another one at each start, which the log tells",
        kind: Kind::NumberOrWord,
        also: None,
        // What TOML promises to hold.
        apply: set!(seed, |text| whole_or("random", text, 0..=i64::MAX as u64)),
        show: |settings| show_whole_or("random", settings.seed),
    },
    Setting {
        name: "maps",
        section: Section::World,
        form: "DIRECTORY|bundled",
        help: "Tiled maps (*.tmx) that join the bundled ones, or replace those of the same name; \
               bundled: only those",
        kind: Kind::Text,
        also: None,
        apply: set!(maps, |text| path_or("bundled", "a directory", text)),
        show: |settings| show_path_or("bundled", settings.maps.as_ref()),
    },
    Setting {
        name: "skins",
        section: Section::World,
        form: "FILE|bundled",
        help: "A catalogue of skins (TOML) instead of the bundled one; bundled: that one",
        kind: Kind::Text,
        also: None,
        apply: set!(skins, |text| path_or("bundled", "a file", text)),
        show: |settings| show_path_or("bundled", settings.skins.as_ref()),
    },
];

const RADIUS: (u32, u32) = (1, 100_000);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
