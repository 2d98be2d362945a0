//! A recording as JSON Lines, for other tools. docs/replay.md, "Exporting", describes each line.

mod motion;

use std::io::{self, Write};

use parlour_shared::ids::Tick;
use parlour_tick::EventKind;
use serde_json::{Value, json};
use thiserror::Error;

use super::{Replay, ReplayError, Roster, Run, Who, Window, chat_heard::chat_heard, roster::Change, words};
use crate::format::{Ending, Times};
use motion::Motions;

/// Why an export stops.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The recording cannot be run to there.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// It cannot be written.
    #[error("cannot write the export: {0}")]
    Io(#[from] io::Error),
}

/// Writes a window, one JSON object a line.
///
/// # Errors
/// [`ExportError`]; what came before it was written.
pub fn export(replay: &mut Replay, window: Window, out: &mut impl Write) -> Result<(), ExportError> {
    let times = replay.times();
    let ending = replay.ending().clone();
    let is_end = replay.last_tick() == Some(window.to);
    let header = json!({
        "line": "header", "from": window.from, "to": window.to, "units_per_px": parlour_shared::motion::UNITS_PER_PX,
        "recording": replay.tape().header(),
    });
    line(out, &header)?;
    let before = window.before();
    let mut run = replay.run_to(before)?;
    let mut exporter = Exporter {
        times,
        roster: Roster::of(run.simulation()),
        motions: Motions::default(),
    };
    exporter.beginning(&run, before, out)?;
    let mut last = before;
    while let Some(ran) = run.next_up_to(window.to)? {
        last = ran.tick;
        match ran.panic {
            Some(message) => exporter.panicked(&run, last, &message, out)?,
            None => exporter.tick(&run, last, out)?,
        }
    }
    line(
        out,
        &json!({
            "line": "end", "tick": last, "ticks": last.since(before),
            "ending": if is_end { show_ending(&ending) } else { Value::Null },
        }),
    )?;
    out.flush()?;
    Ok(())
}

struct Exporter {
    times: Times,
    roster: Roster,
    motions: Motions,
}

impl Exporter {
    /// Who is where before the first tick.
    fn beginning(&mut self, run: &Run<'_>, tick: Tick, out: &mut impl Write) -> Result<(), ExportError> {
        for who in self.roster.iter() {
            line(out, &self.about("there", tick, who))?;
        }
        self.motions(run, tick, out)
    }

    fn tick(&mut self, run: &Run<'_>, tick: Tick, out: &mut impl Write) -> Result<(), ExportError> {
        let events = events(run);
        if !events.is_empty() {
            line(
                out,
                &json!({
                    "line": "tick", "tick": tick, "time": self.time(tick),
                    "hash": format!("{:016x}", run.output().hash), "events": events,
                }),
            )?;
        }
        for change in self.roster.follow(run) {
            self.change(&change, tick, out)?;
        }
        for said in chat_heard(run.output()) {
            let room = self
                .roster
                .player(said.chat.player)
                .and_then(|who| who.room.as_ref());
            let spoken = json!({
                "line": "said", "tick": tick, "time": self.time(tick), "room": room,
                "player": words::id(said.chat.player), "name": said.chat.name, "scope": said.chat.scope,
                "text": said.chat.text, "heard_by": said.heard_by,
            });
            line(out, &spoken)?;
        }
        self.motions(run, tick, out)
    }

    /// A tick that panicked has its input and nothing else.
    fn panicked(&self, run: &Run<'_>, tick: Tick, message: &str, out: &mut impl Write) -> io::Result<()> {
        line(
            out,
            &json!({
                "line": "panic", "tick": tick, "time": self.time(tick), "message": message, "events": events(run),
            }),
        )
    }

    /// Who left a room and who entered one, as the world has it.
    fn change(&self, change: &Change, tick: Tick, out: &mut impl Write) -> io::Result<()> {
        let room = |who: &Option<Who>| who.as_ref().and_then(|who| who.room.clone());
        if room(&change.before) == room(&change.after) {
            return Ok(());
        }
        for (kind, who) in [("leave", &change.before), ("enter", &change.after)] {
            if let Some(who) = who.as_ref().filter(|who| who.room.is_some()) {
                line(out, &self.about(kind, tick, who))?;
            }
        }
        Ok(())
    }

    fn motions(&mut self, run: &Run<'_>, tick: Tick, out: &mut impl Write) -> Result<(), ExportError> {
        let time = self.time(tick);
        self.motions.changes(run.simulation(), |room, player, segment| {
            let velocity = segment.gait.velocity();
            line(
                out,
                &json!({
                    "line": "motion", "tick": tick, "time": time, "room": room, "player": words::id(player),
                    "since": segment.since, "x": segment.position.x, "y": segment.position.y,
                    "vx": velocity.x, "vy": velocity.y, "gait": segment.gait,
                }),
            )
        })?;
        Ok(())
    }

    fn about(&self, kind: &str, tick: Tick, who: &Who) -> Value {
        json!({
            "line": kind, "tick": tick, "time": self.time(tick), "room": who.room,
            "player": words::id(who.id), "name": who.name, "session": who.session,
        })
    }

    fn time(&self, tick: Tick) -> String {
        words::rfc3339(self.times.at(tick))
    }
}

/// What the tick was given, in the forms of the protocol.
fn events(run: &Run<'_>) -> Vec<Value> {
    let event = |event: &parlour_tick::Event| {
        let session = event.session;
        match &event.kind {
            EventKind::Open { name } => json!({"session": session, "kind": "open", "name": name}),
            EventKind::Close => json!({"session": session, "kind": "close"}),
            EventKind::Hold => json!({"session": session, "kind": "hold"}),
            EventKind::Release => json!({"session": session, "kind": "release"}),
            EventKind::Message { early, message } => json!({
                "session": session, "kind": "message", "early_ms": f64::from(*early) / 10.0, "message": message,
            }),
        }
    };
    run.input().events.iter().map(event).collect()
}

/// How the file ends.
fn show_ending(ending: &Ending) -> Value {
    match ending {
        Ending::Ended { reason, text } => json!({"how": "ended", "reason": reason, "text": text}),
        Ending::Cut { offset, why } => json!({"how": "cut", "offset": offset, "why": why}),
        Ending::Damaged { offset, why } => json!({"how": "damaged", "offset": offset, "why": why}),
    }
}

fn line(out: &mut impl Write, value: &Value) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}
