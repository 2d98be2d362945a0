//! Finds the longest standstill of a room: the longest period in which no bot in it received a
//! tick. Rooms can stand still independently of each other, because each has its own ticks.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde::{Serialize, Serializer};

/// The default limit. A server sends each client in a room a snapshot at least every 65 ticks
/// (1.08 s), so a pause of up to this limit is not a failure. The remaining 0.4 s allow for the
/// network and the bots.
pub const DEFAULT_MAX_STANDSTILL: Duration = Duration::from_millis(1500);
/// A thread of bots checks its clock every 50 ms. If it has not checked for longer than this, the
/// thread itself stood still, so it cannot judge the server for that time.
const MAX_CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// A period in which no bot in a room received a tick of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standstill {
    /// Its length.
    #[serde(serialize_with = "milliseconds", rename = "ms")]
    pub lasted: Duration,
    /// When it began, counted from the beginning of the run.
    #[serde(serialize_with = "seconds", rename = "began_s")]
    pub began: Duration,
    /// The name of the room.
    #[serde(serialize_with = "text")]
    pub room: Arc<str>,
}

impl Standstill {
    /// Returns the longer of two.
    #[must_use]
    pub fn longer(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let longest = [one, other].into_iter().flatten();
        longest.max_by_key(|standstill| standstill.lasted)
    }
}

/// The time of the last tick that the bots received, by room. It watches a room while a bot is in
/// it. Each thread has its own watch, because all bots of a room are in the same thread.
#[derive(Clone, Debug)]
pub struct TickWatch {
    start: Instant,
    /// The rooms that a bot has been in. Bots enter few different rooms, so a search is fast.
    rooms: Vec<Room>,
}

#[derive(Clone, Debug)]
struct Room {
    name: Arc<str>,
    bots: u32,
    /// When the last tick arrived. Only valid while a bot is in the room.
    last: Instant,
    /// The longest standstill that is over: when it began, and its length.
    longest: Option<(Instant, Duration)>,
}

/// A room of a [`TickWatch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchedRoom(usize);

impl TickWatch {
    /// Returns a watch for a run that began at this moment.
    #[must_use]
    pub fn new(start: Instant) -> Self {
        Self {
            start,
            rooms: Vec::new(),
        }
    }

    /// Records that a bot entered the room with this name, which is also a tick of the room.
    pub fn enter(&mut self, name: &str, now: Instant) -> WatchedRoom {
        let known = self.rooms.iter().position(|room| &*room.name == name);
        let room = WatchedRoom(known.unwrap_or_else(|| {
            self.rooms.push(Room {
                name: name.into(),
                bots: 0,
                last: now,
                longest: None,
            });
            self.rooms.len() - 1
        }));
        if self.rooms[room.0].bots == 0 {
            self.rooms[room.0].last = now;
        }
        self.rooms[room.0].bots += 1;
        self.record(room, now);
        room
    }

    /// Records that a bot in this room received a tick.
    pub fn record(&mut self, room: WatchedRoom, now: Instant) {
        let room = &mut self.rooms[room.0];
        room.longest = room.longest_until(now);
        room.last = now;
    }

    /// Records that a bot left this room, or that its connection ended. After the last one, the
    /// room is not watched.
    pub fn leave(&mut self, room: WatchedRoom, now: Instant) {
        let room = &mut self.rooms[room.0];
        if room.bots == 1 {
            room.longest = room.longest_until(now);
        }
        room.bots = room.bots.saturating_sub(1);
    }

    /// Discards everything before this moment: the current standstills begin now.
    pub fn restart(&mut self, now: Instant) {
        for room in &mut self.rooms {
            (room.last, room.longest) = (now, None);
        }
    }

    /// Records that the bots themselves did nothing from `since` until now. What the server did in
    /// that time is unknown: the current standstills end where it began, and new ones begin now.
    pub fn pause(&mut self, since: Instant, now: Instant) {
        for room in &mut self.rooms {
            room.longest = room.longest_until(since);
            room.last = now;
        }
    }

    /// Returns the longest standstill that is over.
    #[must_use]
    pub fn longest(&self) -> Option<Standstill> {
        self.longest_of(|room| room.longest)
    }

    /// Returns the longest standstill, including the current ones up to `now`.
    #[must_use]
    pub fn longest_until(&self, now: Instant) -> Option<Standstill> {
        self.longest_of(|room| room.longest_until(now))
    }

    /// Like [`Self::longest_until`], for each room that a bot has been in.
    #[must_use]
    pub fn by_room_until(&self, now: Instant) -> Vec<Standstill> {
        let of_room = |room: &Room| Some(self.standstill(room, room.longest_until(now)?));
        self.rooms.iter().filter_map(of_room).collect()
    }

    fn longest_of(&self, of: impl Fn(&Room) -> Option<(Instant, Duration)>) -> Option<Standstill> {
        let all = self.rooms.iter().filter_map(|room| Some((room, of(room)?)));
        let (room, longest) = all.max_by_key(|(_, (_, lasted))| *lasted)?;
        Some(self.standstill(room, longest))
    }

    fn standstill(&self, room: &Room, (began, lasted): (Instant, Duration)) -> Standstill {
        Standstill {
            lasted,
            began: began.saturating_duration_since(self.start),
            room: Arc::clone(&room.name),
        }
    }
}

impl Room {
    /// Returns the longest standstill, including the current one up to `now`.
    fn longest_until(&self, now: Instant) -> Option<(Instant, Duration)> {
        let current = (self.last, now.saturating_duration_since(self.last));
        match self.longest {
            _ if self.bots == 0 => self.longest,
            Some((_, lasted)) if lasted >= current.1 => self.longest,
            _ => Some(current),
        }
    }
}

/// Detects when a thread of bots itself stands still.
#[derive(Clone, Copy, Debug)]
pub struct PauseDetector(Instant);

impl PauseDetector {
    /// Returns a detector for a thread that runs now.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self(now)
    }

    /// Call this regularly. If the thread stood still until now, returns the start of that pause.
    pub fn check(&mut self, now: Instant) -> Option<Instant> {
        let last = std::mem::replace(&mut self.0, now);
        (now.saturating_duration_since(last) > MAX_CHECK_INTERVAL).then_some(last)
    }
}

fn milliseconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64() * 1000.0)
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

fn text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}
