//! Exports a recording as JSON Lines, for other tools. docs/replay.md, "Exporting", describes each
//! line.

mod motion;

use std::io::{self, Write};

use parlour_shared::ids::Tick;
use serde_json::{Value, json};

use super::{
    PlayerInfo, PlayerRoster, Replay, Run, ShowError, Window, chat_heard::chat_heard, display, events,
    player_roster::PlayerChange,
};
use crate::format::{Ending, Times};
use motion::Motions;

/// Writes a window, one JSON object per line.
///
/// # Errors
/// [`ShowError`]. The lines before the error were written.
pub fn export(replay: &mut Replay, window: Window, out: &mut impl Write) -> Result<(), ShowError> {
    let times = replay.times();
    let ending = replay.ending().clone();
    let is_end = replay.last_tick() == Some(window.to);
    let header = json!({
        "line": "header", "from": window.from, "to": window.to, "units_per_px": parlour_shared::motion::UNITS_PER_PX,
        "recording": replay.files().header(),
    });
    line(out, &header)?;
    let before = window.before();
    let mut run = replay.run_to(before)?;
    let mut exporter = Exporter {
        times,
        roster: PlayerRoster::of(run.simulation()),
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
    roster: PlayerRoster,
    motions: Motions,
}

impl Exporter {
    /// Writes the players in rooms before the first tick.
    fn beginning(&mut self, run: &Run<'_>, tick: Tick, out: &mut impl Write) -> Result<(), ShowError> {
        for who in self.roster.iter() {
            line(out, &self.about("present", tick, who))?;
        }
        self.motions(run, tick, out)
    }

    fn tick(&mut self, run: &Run<'_>, tick: Tick, out: &mut impl Write) -> Result<(), ShowError> {
        let events = events_of(run);
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
        for heard in chat_heard(run.output()) {
            let room = self
                .roster
                .player(heard.chat.player)
                .and_then(|who| who.room.as_ref());
            let chat = json!({
                "line": "chat", "tick": tick, "time": self.time(tick), "room": room,
                "player": display::id(heard.chat.player), "name": heard.chat.name, "scope": heard.chat.scope,
                "text": heard.chat.text, "heard_by": heard.heard_by,
            });
            line(out, &chat)?;
        }
        self.motions(run, tick, out)
    }

    /// Writes a tick that panicked: its input and the message, nothing else.
    fn panicked(&self, run: &Run<'_>, tick: Tick, message: &str, out: &mut impl Write) -> io::Result<()> {
        line(
            out,
            &json!({
                "line": "panic", "tick": tick, "time": self.time(tick), "message": message, "events": events_of(run),
            }),
        )
    }

    /// Writes that a player left or entered a room, according to the world.
    fn change(&self, change: &PlayerChange, tick: Tick, out: &mut impl Write) -> io::Result<()> {
        let room = |who: &Option<PlayerInfo>| who.as_ref().and_then(|who| who.room.clone());
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

    fn motions(&mut self, run: &Run<'_>, tick: Tick, out: &mut impl Write) -> Result<(), ShowError> {
        let time = self.time(tick);
        self.motions.changes(run.simulation(), |room, player, segment| {
            let velocity = segment.gait.velocity();
            line(
                out,
                &json!({
                    "line": "motion", "tick": tick, "time": time, "room": room, "player": display::id(player),
                    "since": segment.since, "x": segment.position.x, "y": segment.position.y,
                    "vx": velocity.x, "vy": velocity.y, "gait": segment.gait,
                }),
            )
        })?;
        Ok(())
    }

    fn about(&self, kind: &str, tick: Tick, who: &PlayerInfo) -> Value {
        json!({
            "line": kind, "tick": tick, "time": self.time(tick), "room": who.room,
            "player": display::id(who.id), "name": who.name, "session": who.session,
        })
    }

    fn time(&self, tick: Tick) -> String {
        display::rfc3339(self.times.at(tick))
    }
}

/// Returns the events of the tick.
fn events_of(run: &Run<'_>) -> Vec<Value> {
    run.input().events.iter().map(events::to_json).collect()
}

/// Returns how a file ends.
pub(super) fn show_ending(ending: &Ending) -> Value {
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
