//! Follows a player from tick to tick.

use parlour_shared::{
    ids::{SessionId, Tick},
    message::{ClientMessage, Refusal},
    snapshot::Snapshot,
    text::count,
};
use parlour_sim::EntityKinds;
use parlour_tick::{Event, EventKind, Lane};

use super::{
    follow_subject::FollowSubject,
    messages::{self, TickContext},
    movement,
    room_filter::RoomFilter,
};
use crate::{
    format::Times,
    replay::{PlayerRoster, Run, display, events, refusals::refusals},
};

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The time, in milliseconds since 1970.
    pub wall_ms: u64,
    /// The tick.
    pub tick: Tick,
    /// A description without control characters.
    pub text: String,
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tick = format!("t{}", self.tick.0);
        write!(
            f,
            "{}  {tick:<8}  {}",
            display::time_of_day(self.wall_ms),
            self.text
        )
    }
}

/// The state of following a player.
pub(super) struct Follower {
    /// The followed sessions. They are followed one at a time.
    sessions: Vec<SessionId>,
    /// The requested room.
    room: RoomFilter,
    times: Times,
    roster: PlayerRoster,
    /// The player that is followed now.
    player: Option<FollowSubject>,
    lines: Vec<Line>,
    tick: Tick,
    snapshot: Snapshot,
    /// The first tick to report.
    from: Tick,
    /// Whether the player was present since then.
    found: bool,
    /// Where the player goes next, for the line about its departure: ` for garden`, or empty.
    destination: String,
}

impl Follower {
    /// Searches for the player in the world that the run starts with.
    pub(super) fn new(
        run: &Run<'_>,
        times: Times,
        roster: PlayerRoster,
        sessions: Vec<SessionId>,
        room: Option<&str>,
        from: Tick,
    ) -> Self {
        let present = roster.iter().find(|player| sessions.contains(&player.session));
        let player = present.map(|player| FollowSubject::in_world(run.simulation(), player.clone()));
        Self {
            sessions,
            room: RoomFilter::new(room),
            times,
            roster,
            player,
            lines: Vec::new(),
            tick: run.tick(),
            snapshot: Snapshot::default(),
            from,
            found: false,
            destination: String::new(),
        }
    }

    /// Sets the end of the line about the departure, such as ` for garden`.
    pub(super) fn set_destination(&mut self, destination: &str) {
        destination.clone_into(&mut self.destination);
    }

    /// Returns whether the player was present.
    pub(super) fn found(&self) -> bool {
        self.found
    }

    /// Returns the rooms in which the player was.
    pub(super) fn into_rooms(self) -> RoomFilter {
        self.room
    }

    /// Reports the situation before the first tick of the window.
    pub(super) fn situation(&mut self, tick: Tick) {
        let Some(followed) = &self.player else {
            return;
        };
        self.found = true;
        let room = followed.who.room.as_deref();
        self.room.note(room, room);
        self.add_line(followed.situation(tick, &self.roster));
    }

    /// Reports what happened in a tick.
    pub(super) fn tick(&mut self, run: &Run<'_>, tick: Tick) -> Vec<Line> {
        self.tick = tick;
        self.collect_lines(run);
        self.take_lines()
    }

    /// Reports that a tick panicked.
    pub(super) fn panicked(&mut self, tick: Tick, message: &str) -> Vec<Line> {
        self.tick = tick;
        let message = display::plain(message);
        self.add_line(format!("the tick panics, and is the last one: {message}"));
        self.take_lines()
    }

    /// Returns the collected lines that are to be reported.
    fn take_lines(&mut self) -> Vec<Line> {
        let mut lines = std::mem::take(&mut self.lines);
        if self.tick < self.from || !self.room.is_reported() {
            lines.clear();
        }
        lines
    }

    /// Collects the lines about a tick, and updates what is known of the player.
    fn collect_lines(&mut self, run: &Run<'_>) {
        let changes = self.roster.follow(run);
        let opened = changes.iter().filter(|change| change.before.is_none());
        for who in opened.filter_map(|change| change.after.clone()) {
            if !self.sessions.contains(&who.session) {
                continue;
            }
            if self.player.is_none() {
                self.player = Some(FollowSubject::new(who));
            } else {
                let (name, id) = (display::plain(&who.name), display::id(who.id));
                self.add_line(format!(
                    "a different {name} (id {id}) connects and is not followed: use an id to follow one"
                ));
            }
        }
        let Some(mut followed) = self.player.take() else {
            self.room.note_absent();
            return;
        };
        self.found |= self.tick >= self.from;
        let refused = self.events(run, &mut followed);
        self.frames(run, &mut followed, &refused);
        let session = followed.who.session;
        for text in followed.movement.update(run.simulation(), session) {
            self.add_line_about(&followed, &text);
        }
        if let Some(who) = self.roster.get(session) {
            let before = std::mem::replace(&mut followed.who, who.clone()).room;
            if self.tick >= self.from {
                self.room.note(before.as_deref(), who.room.as_deref());
            }
        }
        let closes = run.output().closes.iter();
        for (_, code) in closes.filter(|(closed, _)| *closed == session) {
            let text = format!(
                "connection is closed by the server: {} ({})",
                code.reason(),
                code.code()
            );
            self.add_line_of(&followed, &text);
        }
        let closed = |event: &Event| event.session == session && event.kind == EventKind::Depart;
        if run.input().events.iter().any(closed) {
            let text = format!("departs{}", self.destination);
            self.add_line_about(&followed, &text);
        } else {
            self.player = Some(followed);
        }
    }

    /// Reports the requests of the player. Returns the refusals that were reported with them.
    fn events(&mut self, run: &Run<'_>, followed: &mut FollowSubject) -> Vec<Refusal> {
        let session = followed.who.session;
        let refusals = refusals(run.input(), run.output());
        let mut reported = Vec::new();
        for (event, refusal) in run.input().events.iter().zip(refusals) {
            if event.session != session {
                continue;
            }
            match (&event.kind, refusal) {
                (EventKind::Arrive(arrival), _) => {
                    let id = display::id(arrival.player);
                    self.add_line_about(followed, &format!("arrives (id {id}, session {})", session.0));
                }
                (EventKind::Hold, _) if followed.stalled.is_none() => {
                    followed.stalled = Some(self.tick);
                    self.add_line_of(followed, "connection stalls: no snapshots are sent");
                }
                (EventKind::Release, _) => {
                    let since = followed.stalled.take().map(|since| self.tick.since(since));
                    let after =
                        since.map_or_else(String::new, |ticks| format!(" after {}", count(ticks, "tick")));
                    self.add_line_of(followed, &format!("connection recovers{after}"));
                }
                (EventKind::Drop, _) => {
                    followed.stalled = None;
                    self.add_line_about(followed, "drops");
                }
                (EventKind::Resume { .. }, _) => {
                    followed.stalled = None;
                    self.add_line_about(followed, "resumes");
                }
                (EventKind::Message { message, .. }, Some(refusal)) => {
                    let (request, why) = (events::request(message), display::refusal(&refusal));
                    self.add_line_of(followed, &format!("request ({request}) is refused: {why}"));
                    reported.push(refusal);
                }
                (EventKind::Message { message, .. }, None) => {
                    if let Some(text) = messages::describe_sent(message) {
                        self.add_line_about(followed, &text);
                    }
                }
                _ => {}
            }
        }
        reported
    }

    /// Reports what the player's client was sent.
    fn frames(&mut self, run: &Run<'_>, followed: &mut FollowSubject, refused: &[Refusal]) {
        let session = followed.who.session;
        let is_join = |event: &Event| {
            event.session == session
                && matches!(
                    &event.kind,
                    EventKind::Message {
                        message: ClientMessage::Join(_),
                        ..
                    }
                )
        };
        let context = TickContext {
            roster: &self.roster,
            place: movement::place_of(run.simulation(), session),
            joins: run.input().events.iter().any(is_join),
            refused,
        };
        let output = run.output();
        let mut texts = Vec::new();
        for frame in output.frames.iter().filter(|frame| frame.session == session) {
            let payload = output.payload(frame);
            match frame.lane {
                Lane::Reliable => texts.extend(messages::describe_received(payload, followed, &context)),
                Lane::Snapshot => match self.snapshot.read(payload) {
                    Ok(()) => {
                        let names = (&self.roster, run.simulation().world().resource::<EntityKinds>());
                        texts.extend(followed.view.apply(&self.snapshot, followed.who.id, names));
                    }
                    Err(error) => texts.push(format!("is sent a snapshot that cannot be read: {error}")),
                },
            }
        }
        for text in texts {
            self.add_line_about(followed, &text);
        }
    }

    /// Adds a line that starts with the name of the player.
    fn add_line_about(&mut self, followed: &FollowSubject, text: &str) {
        self.add_line(format!("{} {text}", display::plain(&followed.who.name)));
    }

    /// Adds a line about something of the player, such as `Ada's connection stalls`.
    fn add_line_of(&mut self, followed: &FollowSubject, text: &str) {
        self.add_line(format!("{}'s {text}", display::plain(&followed.who.name)));
    }

    fn add_line(&mut self, text: String) {
        self.lines.push(Line {
            wall_ms: self.times.at(self.tick),
            tick: self.tick,
            text,
        });
    }
}
