//! Describes a difference in words.

use std::fmt::{self, Display, Formatter};

use serde_json::Value;

use super::{
    ComparedRecording, Difference, DifferenceCause, EventDifference, InputDifference, PartDifference,
    PlayerName, StateDifference, SystemName, WorldOrigin,
};

/// The maximum number of differing parts in the text. JSON has more.
const SHOWN: usize = 8;
/// The maximum number of characters of a value in the text.
const VALUE_CHARS: usize = 200;

impl Display for Difference {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same { from, to, last } => same(*from, *to, *last, f),
            Self::Apart { ticks } => {
                let range = |ticks: Option<(u32, u32)>| match ticks {
                    Some((from, to)) => format!("ticks {from} to {to}"),
                    None => "no ticks".to_owned(),
                };
                let [one, other] = ticks.map(range);
                writeln!(f, "nothing to compare: one has {one}, the other {other}")
            }
            Self::Headers { headers } => {
                writeln!(
                    f,
                    "different worlds: they were made with different options (the first | the other)"
                )?;
                for header in headers {
                    writeln!(
                        f,
                        "  {}: {} | {}",
                        header.name,
                        brief(&header.one),
                        brief(&header.other)
                    )?;
                }
                writeln!(
                    f,
                    "Such worlds are not expected to be the same, so their ticks were not compared."
                )
            }
            Self::Inputs(difference) => inputs(difference, f),
            Self::State(difference) => state(difference, f),
        }
    }
}

fn same(from: u32, to: u32, last: [u32; 2], f: &mut Formatter<'_>) -> fmt::Result {
    writeln!(f, "the same: ticks {from} to {to}, inputs and hashes")?;
    let longer = last.iter().max().filter(|longer| **longer > to);
    match (longer, last[0] > last[1]) {
        (Some(longer), first) => {
            let which = if first { "first" } else { "other" };
            writeln!(f, "the {which} continues to tick {longer}")
        }
        (None, _) => Ok(()),
    }
}

fn tick(tick: u32, time: Option<&str>, f: &mut Formatter<'_>) -> fmt::Result {
    let separator = if time.is_some() { ", " } else { "" };
    writeln!(f, "tick       {tick}{separator}{}", time.unwrap_or_default())
}

fn inputs(difference: &InputDifference, f: &mut Formatter<'_>) -> fmt::Result {
    tick(difference.tick, difference.time.as_deref(), f)?;
    writeln!(f, "inputs     differ: the worlds had different inputs")?;
    for session in &difference.sessions {
        events(session, f)?;
    }
    match difference.components.as_slice() {
        [] => writeln!(f, "state      the same after this tick"),
        parts => writeln!(f, "state      differs after it: {}", parts.join(", ")),
    }
}

fn events(difference: &EventDifference, f: &mut Formatter<'_>) -> fmt::Result {
    write!(f, "  session {}", difference.session)?;
    if let Some(player) = &difference.player {
        write!(f, ", {}", named(player))?;
    }
    if let Some(room) = &difference.room {
        write!(f, ", in {room}")?;
    }
    writeln!(f, ":")?;
    if difference.order {
        return writeln!(f, "    the same events in a different order");
    }
    for event in &difference.only_one {
        writeln!(f, "    only the first: {event}")?;
    }
    for event in &difference.only_other {
        writeln!(f, "    only the other: {event}")?;
    }
    Ok(())
}

fn state(difference: &StateDifference, f: &mut Formatter<'_>) -> fmt::Result {
    tick(difference.tick, difference.time.as_deref(), f)?;
    if difference.recorded_tick != difference.tick {
        writeln!(
            f,
            "           The recordings part at tick {}; the cause shows earlier.",
            difference.recorded_tick
        )?;
    }
    if let Some(first) = difference.parting.parts.listed.first() {
        if let Some(room) = &first.room {
            writeln!(f, "room       {room}")?;
        }
        match &first.player {
            Some(player) => writeln!(f, "player     {}, session {}", named(player), player.session)?,
            None => writeln!(f, "owner      {}", first.owner)?,
        }
        writeln!(f, "component  {}", first.component)?;
        values(first, "", f)?;
    } else if !difference.components.is_empty() {
        writeln!(f, "component  {}", difference.components.join(", "))?;
    }
    system(difference, f)?;
    others(difference, f)?;
    writeln!(f, "evidence   {}", evidence(difference))?;
    writeln!(f, "hint       {}", hint(difference.parting.cause))
}

fn system(difference: &StateDifference, f: &mut Formatter<'_>) -> fmt::Result {
    let list = |names: &[SystemName]| {
        let names: Vec<&str> = names.iter().map(|name| name.short.as_str()).collect();
        names.join(", ")
    };
    match (&difference.parting.system, difference.parting.suspects.as_slice()) {
        (Some(name), []) => {
            let what = if difference.parting.put_off {
                ", by its deferred commands"
            } else {
                ""
            };
            writeln!(f, "system     {}{what}\n           ({})", name.short, name.full)?;
        }
        (Some(_), suspects) => writeln!(f, "system     deferred commands of one of: {}", list(suspects))?,
        (None, []) => writeln!(f, "system     unknown")?,
        (None, suspects) => writeln!(
            f,
            "system     one of the systems that wrote it: {}",
            list(suspects)
        )?,
    }
    for (side, panicked) in ["first", "other"].iter().zip(difference.parting.panicked) {
        if panicked {
            writeln!(f, "           It panicked in the {side} world.")?;
        }
    }
    Ok(())
}

fn others(difference: &StateDifference, f: &mut Formatter<'_>) -> fmt::Result {
    let rest = difference.parting.parts.listed.get(1..).unwrap_or_default();
    for part in rest.iter().take(SHOWN) {
        writeln!(f, "also       {} of {}", part.component, part.owner)?;
        values(part, "  ", f)?;
    }
    match rest.len().saturating_sub(SHOWN) + difference.parting.parts.more {
        0 => Ok(()),
        more => writeln!(f, "also       {more} more"),
    }
}

fn values(part: &PartDifference, indent: &str, f: &mut Formatter<'_>) -> fmt::Result {
    let value = |value: &Option<Value>| value.as_ref().map_or_else(|| "none".to_owned(), brief);
    writeln!(f, "{indent}  one      {}", value(&part.one))?;
    writeln!(f, "{indent}  other    {}", value(&part.other))
}

fn evidence(difference: &StateDifference) -> String {
    let attempts = match difference.attempts {
        1 => "at the first try".to_owned(),
        tries => format!("at try {tries}"),
    };
    let mut text = match (difference.parting.cause, difference.parting.pair) {
        (DifferenceCause::NotDeclared, Some(pair)) => {
            let [earlier, later] = if pair[0].from <= pair[1].from {
                pair
            } else {
                [pair[1], pair[0]]
            };
            format!(
                "a world loaded from the keyframe at tick {} diverges from one that ran from {}: \
                 something that is not declared as state has an effect",
                later.from,
                began(earlier)
            )
        }
        (DifferenceCause::NotHashed, _) => "the hashes are the same, the states are not".to_owned(),
        (_, Some([one, other])) => format!(
            "run again with the same inputs, {attempts}, a world from {} parts from one from {}",
            began(one),
            began(other)
        ),
        (_, None) if difference.attempts == 0 => {
            "the worlds at the start of the common ticks differ".to_owned()
        }
        (_, None) if difference.attempts == 1 => "a pair of worlds was run again, and both agree".to_owned(),
        (_, None) => format!(
            "{} pairs of worlds were run again, and all agree",
            difference.attempts
        ),
    };
    text.push_str(match difference.reproduces {
        _ if difference.attempts == 0 => "",
        [true, true] => ". This program reached the hashes of both recordings",
        [true, false] => ". This program reached the hash of the first recording, never of the other",
        [false, true] => ". This program reached the hash of the other recording, never of the first",
        [false, false] => ". This program reached neither recording's hash",
    });
    if let Some(tick) = difference.saved_at {
        text.push_str(&format!(". The values are those saved after tick {tick}"));
    }
    text
}

fn began(origin: WorldOrigin) -> String {
    let file = match origin.recording {
        ComparedRecording::One => "the first file's",
        ComparedRecording::Other => "the other file's",
    };
    match origin.from {
        0 => format!("{file} beginning"),
        tick => format!("{file} keyframe at tick {tick}"),
    }
}

fn hint(cause: DifferenceCause) -> &'static str {
    match cause {
        DifferenceCause::Chance => {
            "look in the system for the order of a HashMap or HashSet, a random number that is not seeded from Setup, \
             a clock, an address, a thread, a static"
        }
        DifferenceCause::Clock => {
            "it shows only if time passes between two runs: look in the system for a clock"
        }
        DifferenceCause::NotDeclared => {
            "look in the system for a Local, Added, Changed or RemovedComponents of an earlier tick, a static, a component \
             or resource that is declared presentation_only but has an effect, entity ids, the order of a query"
        }
        DifferenceCause::OtherProgram => {
            "was one of them recorded by a different build, or on a different machine? If one starts with a saved world, look in \
             the system for what is not saved: a Local, Added, Changed or RemovedComponents of an earlier tick, a static. \
             A difference that shows only rarely also has this result"
        }
        DifferenceCause::Unseen => "it did not show again; look at the systems that write this component",
        DifferenceCause::NotHashed => {
            "a part of the state is changed in a way that change detection does not see"
        }
    }
}

fn named(player: &PlayerName) -> String {
    format!("{:?} ({})", player.name, player.id)
}

fn brief(value: &Value) -> String {
    if value.is_null() {
        return "(none)".to_owned();
    }
    let text = value.to_string();
    match text.char_indices().nth(VALUE_CHARS) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}
