//! Formats times, places, motion and messages for display to people. Text from players is escaped:
//! no control characters reach a terminal, and no invisible characters except the joiners and
//! selectors that scripts and emoji need.

use std::fmt::Write as _;

pub use crate::rfc3339;

use parlour_shared::{
    ids::PlayerId,
    limits::TICK_RATE,
    message::{Refusal, StateEntry},
    motion::{Direction, Gait, Position, UNITS_PER_PX},
    text::{CodePoint, code_points, count},
};

/// Returns the time of day, such as `14:03:07.250`.
#[must_use]
pub fn time_of_day(wall_ms: u64) -> String {
    let of_day = wall_ms % 86_400_000;
    let (seconds, milliseconds) = (of_day / 1000, of_day % 1000);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}.{milliseconds:03}", seconds % 60)
}

/// Formats a player's id as commands accept it: eight hexadecimal digits.
#[must_use]
pub fn id(player: PlayerId) -> String {
    format!("{:08x}", player.0)
}

/// Escapes everything in a player's text that a terminal would interpret.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for code_point in code_points(text) {
        match code_point {
            CodePoint::LineEnd('\n') => plain.push_str("\\n"),
            CodePoint::Blank('\t') => plain.push_str("\\t"),
            CodePoint::Shown(c) | CodePoint::Blank(c) => plain.push(c),
            CodePoint::LineEnd(c)
            | CodePoint::Direction(c)
            | CodePoint::Hidden(c)
            | CodePoint::Forbidden(c) => {
                let _ = write!(plain, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    plain
}

/// Like [`plain`], in quotation marks.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", plain(text))
}

/// Lists the first ten texts, and the number of the others.
pub fn list(texts: impl IntoIterator<Item = String>) -> String {
    let mut texts = texts.into_iter();
    let mut list = Vec::from_iter(texts.by_ref().take(10)).join(", ");
    match texts.count() {
        0 => {}
        more => list.push_str(&format!(" and {more} more")),
    }
    list
}

/// Formats an error that there is no `kind` with this name in a place, such as `in the recording`,
/// and lists the names that the place has.
pub fn absent<'a>(kind: &str, name: &str, place: &str, present: impl IntoIterator<Item = &'a str>) -> String {
    let name = quoted(name);
    match list(present.into_iter().map(plain)) {
        names if names.is_empty() => format!("no {kind} {name} {place}, and no others"),
        names => format!("no {kind} {name} {place}; present: {names}"),
    }
}

/// Formats a place in pixels: `(312, 96)`, with decimals if it has a fraction.
#[must_use]
pub fn place(position: Position) -> String {
    format!("({}, {})", pixels(position.x), pixels(position.y))
}

/// Converts units to pixels exactly: 1/256 has at most eight decimals, which fit a float.
#[must_use]
pub fn px(units: i32) -> f64 {
    f64::from(units) / f64::from(UNITS_PER_PX)
}

/// Describes motion: `walks east`, `sprints north, stopped by a wall`, `stands`.
#[must_use]
pub fn moving(gait: Gait) -> String {
    describe_motion(gait, ["stands", "walks", "sprints"])
}

/// Like [`moving`], as a participle: `walking east`, `standing`.
pub fn in_motion(gait: Gait) -> String {
    describe_motion(gait, ["standing", "walking", "sprinting"])
}

/// Describes the motion of an object: `moves east`, `rests`.
#[must_use]
pub fn object_moving(gait: Gait) -> String {
    describe_motion(gait, ["rests", "moves", "moves"])
}

/// Like [`object_moving`], as a participle: `moving east`, `resting`.
pub fn object_in_motion(gait: Gait) -> String {
    describe_motion(gait, ["resting", "moving", "moving"])
}

fn describe_motion(gait: Gait, [stand, walk, sprint]: [&str; 3]) -> String {
    if gait.heading.is_still() {
        return stand.to_owned();
    }
    let verb = if gait.heading.is_sprint() { sprint } else { walk };
    let velocity = gait.velocity();
    let wall = match (
        gait.blocked_x || gait.blocked_y,
        velocity.x == 0 && velocity.y == 0,
    ) {
        (false, _) => "",
        (true, false) => ", along a wall",
        (true, true) => ", stopped by a wall",
    };
    let open = gait.heading.velocity();
    match gait.heading.direction() {
        Some(way) => format!("{verb} {}{wall}", direction(way)),
        None => format!(
            "{verb} by ({}, {}) a tick{wall}",
            px(open.x.into()),
            px(open.y.into())
        ),
    }
}

/// Returns the word for a direction.
#[must_use]
pub fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Still => "nowhere",
        Direction::North => "north",
        Direction::Northeast => "northeast",
        Direction::East => "east",
        Direction::Southeast => "southeast",
        Direction::South => "south",
        Direction::Southwest => "southwest",
        Direction::West => "west",
        Direction::Northwest => "northwest",
    }
}

/// Describes the offset from one place to another: `12 px east`, `40 px north and 7 px west`,
/// `right here`.
#[must_use]
pub fn offset(from: Position, to: Position) -> String {
    let whole = |a: i32, b: i32| (i64::from(b) - i64::from(a)) / i64::from(UNITS_PER_PX);
    let (x, y) = (whole(from.x, to.x), whole(from.y, to.y));
    let along = |distance: i64, minus, plus| {
        let word = if distance < 0 { minus } else { plus };
        (distance != 0).then(|| format!("{} px {word}", distance.abs()))
    };
    match (along(y, "north", "south"), along(x, "west", "east")) {
        (None, None) => "right here".to_owned(),
        (Some(one), None) | (None, Some(one)) => one,
        (Some(one), Some(other)) => format!("{one} and {other}"),
    }
}

/// Describes a refusal.
#[must_use]
pub fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::RateLimited { retry_after_ms } => {
            let ticks = u64::from(*retry_after_ms) * u64::from(TICK_RATE) / 1000;
            format!("rate limited, try again in {}", count(ticks, "tick"))
        }
        Refusal::StaleVersion { current } => {
            let keys: Vec<String> = current
                .iter()
                .map(|key| format!("{} has version {}", plain(&key.key), key.version))
                .collect();
            format!("stale version: {}", keys.join(", "))
        }
        Refusal::Declined { code } => format!("declined with code {code}"),
        // The reason may contain anything that the client sent.
        Refusal::BadBody { reason } => format!("bad body: {}", quoted(reason)),
        other => other.class().name().replace('_', " "),
    }
}

/// Formats an entry of room state: `door = "open" (version 3)`.
#[must_use]
pub fn entry(entry: &StateEntry) -> String {
    match &entry.value {
        Some(value) => format!(
            "{} = {} (version {})",
            plain(&entry.key),
            quoted(value),
            entry.version
        ),
        None => format!("{} is gone (version {})", plain(&entry.key), entry.version),
    }
}

fn pixels(units: i32) -> String {
    // Two decimals are enough for people; whole pixels have none.
    if units % UNITS_PER_PX == 0 {
        (units / UNITS_PER_PX).to_string()
    } else {
        format!("{:.2}", px(units))
    }
}
