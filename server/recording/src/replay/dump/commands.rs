//! The events of sessions in a window, and their refusals.

use serde_json::json;

use super::{Dump, Selection};
use crate::replay::{PlayerRoster, Replay, ReplayError, Window, display, events, refusals::refusals};

const COLUMNS: &[&str] = &[
    "tick", "time", "session", "id", "name", "room", "early ms", "what", "refused",
];

pub(super) fn commands(
    replay: &mut Replay,
    window: Window,
    selection: &Selection<'_>,
) -> Result<Dump, ReplayError> {
    let times = replay.times();
    let mut run = replay.run_to(window.before())?;
    let mut roster = PlayerRoster::of(run.simulation());
    let mut dump = selection.dump(COLUMNS);
    while let Some(ran) = run.next_up_to(window.to)? {
        let (changes, refusals) = match ran.panic {
            Some(_) => {
                let refusal = Some("the tick panicked".to_owned());
                (Vec::new(), vec![refusal; run.input().events.len()])
            }
            None => {
                let refusals = refusals(run.input(), run.output()).into_iter();
                let refusals = refusals.map(|refusal| Some(display::refusal(&refusal?)));
                (roster.follow(&run), refusals.collect())
            }
        };
        let wall_ms = times.at(ran.tick);
        for (event, refused) in run.input().events.iter().zip(refusals) {
            // The room is that of the player at the time of the request.
            let mut before = changes.iter().filter_map(|change| change.before.as_ref());
            let was = before.find(|was| was.session == event.session);
            let player = was.or_else(|| roster.get(event.session));
            if !selection.takes(player) {
                continue;
            }
            let json = events::to_json(event);
            let early = json["early_ms"].as_f64();
            let early = early.map_or_else(|| "-".to_owned(), |early| format!("{early:.1}"));
            let texts = [
                ("tick", format!("t{}", ran.tick.0)),
                ("time", display::time_of_day(wall_ms)),
                ("early ms", early),
                ("what", events::in_words(&event.kind)),
                ("refused", refused.clone().unwrap_or_default()),
            ];
            let json = json!({
                "tick": ran.tick, "time": display::rfc3339(wall_ms), "session": event.session,
                "id": player.map(|player| display::id(player.id)),
                "name": player.map(|player| &player.name),
                "room": player.and_then(|player| player.room.as_ref()),
                "kind": json["kind"], "early_ms": json["early_ms"], "message": json["message"], "refused": refused,
            });
            dump.push(json, &texts);
        }
    }
    Ok(dump)
}
