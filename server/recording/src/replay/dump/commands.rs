//! What happened to sessions in a window, and what of it was refused.

use parlour_shared::ids::Tick;
use parlour_tick::{EventKind, TickInput};
use serde_json::{Value, json};

use super::{Dump, Selection};
use crate::{
    format::Times,
    replay::{Replay, ReplayError, Roster, Who, Window, refusals::refusals, words},
};

const COLUMNS: &[&str] = &[
    "tick", "time", "session", "id", "who", "room", "early ms", "what", "refused",
];

pub(super) fn commands(
    replay: &mut Replay,
    window: Window,
    selection: &Selection<'_>,
) -> Result<Dump, ReplayError> {
    let times = replay.times();
    let mut run = replay.run_to(window.before())?;
    let mut roster = Roster::of(run.simulation());
    let mut dump = selection.dump(COLUMNS);
    while let Some(ran) = run.next_up_to(window.to)? {
        let (changes, refusals) = match ran.panic {
            Some(_) => {
                let refusal = Some("the tick panicked".to_owned());
                (Vec::new(), vec![refusal; run.input().events.len()])
            }
            None => {
                let refusals = refusals(run.input(), run.output()).into_iter();
                let refusals = refusals.map(|refusal| Some(words::refusal(&refusal?)));
                (roster.follow(&run), refusals.collect())
            }
        };
        // Who is shown where it was when it asked.
        let who = |session| {
            let mut before = changes.iter().filter_map(|change| change.before.as_ref());
            let was = before.find(|was| was.session == session);
            was.or_else(|| roster.get(session)).cloned()
        };
        rows(
            &mut dump,
            ran.tick,
            &times,
            run.input(),
            &refusals,
            who,
            selection,
        );
    }
    Ok(dump)
}

fn rows(
    dump: &mut Dump,
    tick: Tick,
    times: &Times,
    input: &TickInput,
    refusals: &[Option<String>],
    who: impl Fn(parlour_shared::ids::SessionId) -> Option<Who>,
    selection: &Selection<'_>,
) {
    let wall_ms = times.at(tick);
    for (event, refused) in input.events.iter().zip(refusals) {
        let who = who(event.session);
        if !selection.takes(who.as_ref()) {
            continue;
        }
        let (early, what, kind, message) = match &event.kind {
            EventKind::Open { name } => (
                None,
                format!("opens as {}", words::quoted(name)),
                "open",
                Value::Null,
            ),
            EventKind::Close => (None, "closes".to_owned(), "close", Value::Null),
            EventKind::Hold => (None, "stalls".to_owned(), "hold", Value::Null),
            EventKind::Release => (None, "recovers".to_owned(), "release", Value::Null),
            EventKind::Message { early, message } => (
                Some(f64::from(*early) / 10.0),
                words::asked(message),
                "message",
                json!(message),
            ),
        };
        let id = who.as_ref().map(|who| words::id(who.id));
        let name = who.as_ref().map(|who| words::plain(&who.name));
        let room = who.as_ref().and_then(|who| who.room.clone());
        dump.rows.push(vec![
            format!("t{}", tick.0),
            words::time_of_day(wall_ms),
            event.session.0.to_string(),
            id.clone().unwrap_or_else(|| "-".to_owned()),
            name.unwrap_or_else(|| "-".to_owned()),
            room.clone().unwrap_or_else(|| "-".to_owned()),
            early.map_or_else(|| "-".to_owned(), |early| format!("{early:.1}")),
            what,
            refused.clone().unwrap_or_default(),
        ]);
        dump.json.push(json!({
            "tick": tick, "time": words::rfc3339(wall_ms), "session": event.session,
            "id": id, "name": who.as_ref().map(|who| &who.name),
            "room": room, "kind": kind, "early_ms": early, "message": message, "refused": refused,
        }));
    }
}
