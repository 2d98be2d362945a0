//! What one player did and saw, in a person's words. What it saw is decoded from the very frames that the world sent it:
//! what its client knew.

mod client_view;
mod messages;
mod movement;
mod room_filter;

use std::io;

use parlour_shared::{
    ids::{SessionId, Tick},
    message::{ClientMessage, Refusal},
    snapshot::Snapshot,
    text::count,
};
use parlour_sim::Player;
use parlour_tick::{Event, EventKind, Lane};

use super::{
    PlayerInfo, PlayerQuery, Ran, Replay, Roster, Run, ShowError, Window, WindowPlayers, events,
    player_query::several, refusals::refusals, words,
};
use crate::format::Times;
use client_view::ClientView;
use messages::TickContext;
use movement::Movement;
use room_filter::RoomFilter;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When, in milliseconds since 1970.
    pub wall_ms: u64,
    /// The tick.
    pub tick: Tick,
    /// What, in a person's words, without control characters.
    pub text: String,
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tick = format!("t{}", self.tick.0);
        write!(
            f,
            "{}  {tick:<8}  {}",
            words::time_of_day(self.wall_ms),
            self.text
        )
    }
}

/// Tells what a player did and saw in a window. A player that is followed by name and comes again under it is followed
/// again. With a room, only what happened while the player was in it, its coming and going included.
///
/// # Errors
/// [`ShowError`]; what came before it was told.
pub fn follow(
    replay: &mut Replay,
    query: &PlayerQuery,
    room: Option<&str>,
    window: Window,
    mut tell: impl FnMut(&Line) -> io::Result<()>,
) -> Result<(), ShowError> {
    let people = WindowPlayers::of(replay, window)?;
    let matched = query.among(people.iter());
    let at_first = matched.iter().filter(|player| people.is_there_at_first(player));
    // Of several players with one name at the beginning, none can be chosen.
    if let Some(text) = several(&at_first.copied().collect::<Vec<_>>()) {
        return Err(ShowError::NoMatch(text));
    }
    let times = replay.times();
    // Two ticks earlier than asked for: a world that was loaded sends each viewer all it sees with its first tick.
    let mut run = replay.run_before(Tick(window.from.0.saturating_sub(2)))?;
    let mut roster = Roster::of(run.simulation());
    roster.learn(people.iter());
    let mut follower = Follower {
        sessions: matched.iter().map(|player| player.session).collect(),
        room: RoomFilter::new(room),
        times,
        roster,
        player: None,
        lines: Vec::new(),
        tick: run.tick(),
        snapshot: Snapshot::default(),
        from: window.from,
        found: false,
    };
    follower.begin(&run);
    loop {
        if run.tick().after(1) == window.from {
            follower.situation(&run);
        }
        let Some(Ran { tick, panic }) = run.next_up_to(window.to)? else {
            break;
        };
        follower.tick = tick;
        match panic {
            Some(message) => follower.say(format!(
                "the tick panics, and nothing comes after it: {}",
                words::plain(&message)
            )),
            None => follower.tick(&run),
        }
        let lines = std::mem::take(&mut follower.lines);
        if tick >= window.from && follower.room.is_told() {
            lines.iter().try_for_each(&mut tell)?;
        }
    }
    let (found, missed) = (follower.found, follower.room.missed());
    drop(run);
    if !found {
        return Err(ShowError::NoMatch(
            replay.where_else(query, &format!("in {window}"))?,
        ));
    }
    match missed {
        None => Ok(()),
        Some(missed) => {
            let query = words::quoted(&query.0);
            Err(ShowError::NoMatch(format!(
                "{query} is not in {missed} in {window}"
            )))
        }
    }
}

struct Follower {
    /// The sessions that are followed, one at a time.
    sessions: Vec<SessionId>,
    /// The room that is asked for.
    room: RoomFilter,
    times: Times,
    roster: Roster,
    /// PlayerInfo is followed now.
    player: Option<Followed>,
    lines: Vec<Line>,
    tick: Tick,
    snapshot: Snapshot,
    /// The first tick that is told.
    from: Tick,
    /// Whether the player was there from then on.
    found: bool,
}

/// The player that is followed.
struct Followed {
    who: PlayerInfo,
    view: ClientView,
    movement: Movement,
    stalled: Option<Tick>,
}

impl Followed {
    fn new(who: PlayerInfo) -> Self {
        Self {
            who,
            view: ClientView::default(),
            movement: Movement::default(),
            stalled: None,
        }
    }
}

impl Follower {
    /// Looks for the player in the world that the run begins with.
    fn begin(&mut self, run: &Run<'_>) {
        let there = self
            .roster
            .iter()
            .find(|who| self.sessions.contains(&who.session));
        if let Some(who) = there.cloned() {
            self.take_up(run, who);
        }
    }

    fn take_up(&mut self, run: &Run<'_>, who: PlayerInfo) {
        let mut followed = Followed::new(who);
        let simulation = run.simulation();
        if let Some(entity) = simulation.player(followed.who.session) {
            let stay = simulation
                .world()
                .get::<Player>(entity)
                .map_or(0, |player| player.view);
            followed.view.enter_room(stay);
            followed.movement.look(simulation, followed.who.session);
        }
        self.player = Some(followed);
    }

    /// How things are before the first tick of the window.
    fn situation(&mut self, run: &Run<'_>) {
        let Some(followed) = &self.player else {
            return;
        };
        self.found = true;
        let who = &followed.who;
        self.room.note(who.room.as_deref(), who.room.as_deref());
        let name = format!(
            "{} (id {}, session {})",
            words::plain(&who.name),
            words::id(who.id),
            who.session.0
        );
        let text = match (&who.room, followed.movement.position(run.tick())) {
            (Some(room), Some(position)) => {
                let sees = followed.view.all(run.tick(), who.id, position, &self.roster);
                let sees = if sees.is_empty() {
                    "nobody".to_owned()
                } else {
                    sees.join("; ")
                };
                format!(
                    "{name} is in {room} at {} and {}; sees {sees}",
                    words::place(position),
                    followed.movement.moving()
                )
            }
            _ => format!("{name} is in no room"),
        };
        self.say(text);
    }

    fn tick(&mut self, run: &Run<'_>) {
        let changes = self.roster.follow(run);
        let opened = changes.iter().filter(|change| change.before.is_none());
        let opened = opened.filter_map(|change| change.after.clone());
        for who in opened
            .filter(|who| self.sessions.contains(&who.session))
            .collect::<Vec<_>>()
        {
            if self.player.is_none() {
                self.player = Some(Followed::new(who));
            } else {
                let (name, id) = (words::plain(&who.name), words::id(who.id));
                self.say(format!(
                    "another {name} (id {id}) connects, who is not followed: name one by its id"
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
        for text in followed.movement.look(run.simulation(), session) {
            self.tell(&followed, &text);
        }
        if let Some(who) = self.roster.get(session) {
            let before = std::mem::replace(&mut followed.who, who.clone()).room;
            if self.tick >= self.from {
                self.room.note(before.as_deref(), who.room.as_deref());
            }
        }
        for (_, code) in run
            .output()
            .closes
            .iter()
            .filter(|(closed, _)| *closed == session)
        {
            let text = format!("is sent away by the server: {} ({})", code.reason(), code.code());
            self.tell(&followed, &text);
        }
        let closed = |event: &Event| event.session == session && event.kind == EventKind::Close;
        if run.input().events.iter().any(closed) {
            self.tell(&followed, "is gone: the session ends");
        } else {
            self.player = Some(followed);
        }
    }

    /// What the player did, and what of it was refused.
    fn events(&mut self, run: &Run<'_>, followed: &mut Followed) -> Vec<Refusal> {
        let session = followed.who.session;
        let refusals = refusals(run.input(), run.output());
        let mut told = Vec::new();
        for (event, refusal) in run.input().events.iter().zip(refusals) {
            if event.session != session {
                continue;
            }
            match (&event.kind, refusal) {
                (EventKind::Hold, _) if followed.stalled.is_none() => {
                    followed.stalled = Some(self.tick);
                    self.tell(followed, "has a connection that stalls: nothing new is seen");
                }
                (EventKind::Release, _) => {
                    let since = followed.stalled.take().map(|since| self.tick.since(since));
                    let after =
                        since.map_or_else(String::new, |ticks| format!(" after {}", count(ticks, "tick")));
                    self.tell(followed, &format!("has a connection that recovers{after}"));
                }
                (EventKind::Message { message, .. }, Some(refusal)) => {
                    let (asked, why) = (events::request(message), words::refusal(&refusal));
                    self.tell(followed, &format!("is refused: {why} (asked: {asked})"));
                    told.push(refusal);
                }
                (EventKind::Message { message, .. }, None) => {
                    if let Some(text) = messages::did(message) {
                        self.tell(followed, &text);
                    }
                }
                _ => {}
            }
        }
        told
    }

    /// What the player's client was told.
    fn frames(&mut self, run: &Run<'_>, followed: &mut Followed, refused: &[Refusal]) {
        let session = followed.who.session;
        let place = movement::place_of(run.simulation(), session);
        let joins = |event: &Event| {
            let is_join = matches!(
                &event.kind,
                EventKind::Message {
                    message: ClientMessage::Join(_),
                    ..
                }
            );
            event.session == session && is_join
        };
        let joins = run.input().events.iter().any(joins);
        let output = run.output();
        for frame in output.frames.iter().filter(|frame| frame.session == session) {
            let payload = output.payload(frame);
            let texts = match frame.lane {
                Lane::Reliable => {
                    let context = TickContext {
                        roster: &self.roster,
                        place: place.clone(),
                        joins,
                        refused,
                    };
                    messages::told(payload, followed, &context).into_iter().collect()
                }
                Lane::Snapshot => match self.snapshot.read(payload) {
                    Ok(()) => followed.view.see(&self.snapshot, followed.who.id, &self.roster),
                    Err(error) => vec![format!("is sent a snapshot that cannot be read: {error}")],
                },
            };
            for text in texts {
                self.tell(followed, &text);
            }
        }
    }

    /// Says something of the player.
    fn tell(&mut self, followed: &Followed, text: &str) {
        self.say(format!("{} {text}", words::plain(&followed.who.name)));
    }

    fn say(&mut self, text: String) {
        self.lines.push(Line {
            wall_ms: self.times.at(self.tick),
            tick: self.tick,
            text,
        });
    }
}
