//! The plan of a run.

use std::{fmt, str::FromStr, time::Duration};

use parlour_client::{Address, AddressError, DEFAULT_LEAD};
use parlour_shared::text::RoomName;
use serde::{Serialize, Serializer};

use super::standstill::DEFAULT_MAX_STANDSTILL;

/// The maximum lead that a plan accepts. A longer one is a mistake.
const LONGEST_AIM: Duration = Duration::from_millis(100);

/// How bots move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// Turn from time to time; sometimes sprint, sometimes stand.
    #[default]
    Walkers,
    /// Change direction all the time.
    Jitter,
    /// Stand still.
    Idle,
    /// Gather in the middle of the map, and walk around there.
    Crowd,
}

impl Behaviour {
    /// All behaviours.
    pub const ALL: [Self; 4] = [Self::Walkers, Self::Jitter, Self::Idle, Self::Crowd];

    /// Returns the name in plans and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Walkers => "walkers",
            Self::Jitter => "jitter",
            Self::Idle => "idle",
            Self::Crowd => "crowd",
        }
    }

    /// Returns how often bots of this kind change direction unless a plan says otherwise.
    #[must_use]
    pub fn usual_turns_per_second(self) -> f64 {
        match self {
            Self::Walkers | Self::Crowd => 2.0,
            Self::Jitter => 20.0,
            Self::Idle => 0.0,
        }
    }
}

/// How bots are spread over rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rooms {
    /// This many rooms.
    Count(u32),
    /// This many bots in each room.
    Of(u32),
}

/// The plan of a run. Two runs with the same plan send the same requests at the same times.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The server's address: `ws://host:port/path`.
    pub url: String,
    /// The number of bots.
    pub count: u32,
    /// How the bots are spread over rooms.
    pub rooms: Rooms,
    /// The type of the rooms. Each map of the server is a type of the same name.
    pub map: String,
    /// How the bots move.
    pub behaviour: Behaviour,
    /// How often each bot changes direction, on average. `None` stands for the
    /// default of the behaviour.
    pub turns_per_second: Option<f64>,
    /// Whether bots walk at any of 256 angles, at the speeds of the room, instead of in the eight
    /// directions. A crowd does so only near its goal.
    pub free_angles: bool,
    /// Whether bots delay a turn so that it reaches the server just before a tick begins.
    pub phase_lock: bool,
    /// With phase lock, how long before the tick a turn should arrive.
    #[serde(serialize_with = "seconds", rename = "aim_s")]
    pub aim: Duration,
    /// The share of bots that decode everything they receive, above 0 and up to 1, but at least one
    /// bot in each room. The others read only the headers of snapshots, so they do not know their
    /// positions: in a crowd only witnesses find the middle.
    pub witnesses: f64,
    /// The percentage of bots that leave per minute of the measurement. A new session soon replaces
    /// each of them.
    pub churn_percent: f64,
    /// The number of bots that stop reading once they are in their room.
    pub stalled: u32,
    /// How often each bot says something per minute, on average.
    pub chat_per_minute: f64,
    /// How often each bot changes its skin per minute, on average.
    pub skin_per_minute: f64,
    /// The time between pings of a bot. `None` turns pings off.
    #[serde(serialize_with = "maybe_seconds", rename = "ping_every_s")]
    pub ping_every: Option<Duration>,
    /// How many bots connect per second.
    pub ramp_per_second: f64,
    /// The time between the last connection and the beginning of the measurement.
    #[serde(serialize_with = "seconds", rename = "settle_s")]
    pub settle: Duration,
    /// How long to measure. `None` measures until the run is stopped.
    #[serde(serialize_with = "maybe_seconds", rename = "duration_s")]
    pub duration: Option<Duration>,
    /// The run fails if no bot in a room receives a tick for longer than this. `None` turns the
    /// limit off.
    #[serde(serialize_with = "maybe_seconds", rename = "max_standstill_s")]
    pub max_standstill: Option<Duration>,
    /// The seed of all random decisions of the bots.
    pub seed: u64,
    /// The number of threads. All bots of a room run in the same thread.
    pub threads: u32,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            url: "ws://127.0.0.1:7373/ws".into(),
            count: 100,
            rooms: Rooms::Of(50),
            map: "plaza".into(),
            behaviour: Behaviour::Walkers,
            turns_per_second: None,
            free_angles: false,
            phase_lock: false,
            aim: DEFAULT_LEAD,
            witnesses: 1.0,
            churn_percent: 0.0,
            stalled: 0,
            chat_per_minute: 0.0,
            skin_per_minute: 0.0,
            ping_every: Some(Duration::from_secs(10)),
            ramp_per_second: 200.0,
            settle: Duration::from_secs(1),
            duration: Some(Duration::from_secs(30)),
            max_standstill: Some(DEFAULT_MAX_STANDSTILL),
            seed: 1,
            threads: 1,
        }
    }
}

/// The reason why a plan cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The text is not an address.
    #[error("{url}: {error}")]
    Url {
        /// The given text.
        url: String,
        /// The error in it.
        error: AddressError,
    },
    /// An address with TLS, which the bots do not support.
    #[error(
        "{0}: the bots support only ws://; use the address of the server itself, not of a proxy in front of it"
    )]
    Tls(String),
    /// A number that is out of range.
    #[error("{0}")]
    Number(&'static str),
    /// The text is not the name of a room type.
    #[error("{0:?} is not a room type: use a-z, 0-9, - and _")]
    RoomType(String),
    /// The server does not have the room type.
    #[error("the server has no room type {room_type:?}; its room types are {}", known.join(", "))]
    NoSuchRoomType {
        /// The room type of the plan.
        room_type: String,
        /// The room types of the server.
        known: Vec<String>,
    },
    /// The host was not found.
    #[error("cannot find the host {0:?}")]
    Host(String),
    /// A thread could not be started, or failed.
    #[error("a thread of bots failed: {0}")]
    Thread(String),
}

impl Plan {
    /// Checks the plan, and returns the address in it.
    ///
    /// # Errors
    /// The first [`PlanError`] found.
    pub fn check(&self) -> Result<Address, PlanError> {
        let number = |fine: bool, message| {
            if fine {
                Ok(())
            } else {
                Err(PlanError::Number(message))
            }
        };
        let is_rate = |rate: f64| rate.is_finite() && (0.0..=1000.0).contains(&rate);
        number(self.count > 0, "there must be at least one bot")?;
        number(self.threads > 0, "there must be at least one thread")?;
        number(
            !matches!(self.rooms, Rooms::Count(0) | Rooms::Of(0)),
            "there must be at least one room with one bot",
        )?;
        number(
            is_rate(self.turns_per_second()),
            "turns per second must be 0 to 1000",
        )?;
        number(
            self.aim <= LONGEST_AIM,
            "the aim must be 0 to 100 ms before the tick",
        )?;
        number(
            self.witnesses > 0.0 && self.witnesses <= 1.0,
            "the share of witnesses must be above 0 and at most 1",
        )?;
        number(
            self.churn_percent.is_finite() && (0.0..=6000.0).contains(&self.churn_percent),
            "the churn must be 0 to 6000 percent of the bots per minute",
        )?;
        number(
            self.stalled < self.count,
            "there must be fewer stalled bots than bots",
        )?;
        number(
            is_rate(self.chat_per_minute) && is_rate(self.skin_per_minute),
            "rates per minute must be 0 to 1000",
        )?;
        number(
            self.ramp_per_second.is_finite() && self.ramp_per_second >= 0.01,
            "the ramp must be at least 0.01 bots per second",
        )?;
        if RoomName::parse(&self.map)
            .is_none_or(|name| name.room_type != self.map || !name.instance.is_empty())
        {
            return Err(PlanError::RoomType(self.map.clone()));
        }
        let address = Address::from_str(&self.url).map_err(|error| PlanError::Url {
            url: self.url.clone(),
            error,
        })?;
        if address.tls {
            return Err(PlanError::Tls(self.url.clone()));
        }
        Ok(address)
    }

    /// Returns the number of rooms.
    #[must_use]
    pub fn room_count(&self) -> u32 {
        match self.rooms {
            Rooms::Count(rooms) => rooms.clamp(1, self.count.max(1)),
            Rooms::Of(bots) => self.count.div_ceil(bots.max(1)).max(1),
        }
    }

    /// Returns the number of a bot's room. Consecutive bots are in different rooms, so that all
    /// rooms fill evenly.
    #[must_use]
    pub fn room_of(&self, bot: u32) -> u32 {
        bot % self.room_count()
    }

    /// Returns the name of a bot's room: `type/k`, or just the type if there is only one room.
    #[must_use]
    pub fn room_name(&self, bot: u32) -> String {
        match self.room_count() {
            1 => self.map.clone(),
            _ => format!("{}/{}", self.map, self.room_of(bot)),
        }
    }

    /// Returns how often each bot changes direction.
    #[must_use]
    pub fn turns_per_second(&self) -> f64 {
        self.turns_per_second
            .unwrap_or_else(|| self.behaviour.usual_turns_per_second())
    }

    /// Returns when a bot connects, counted from the start of the run.
    #[must_use]
    pub fn connects_at(&self, bot: u32) -> Duration {
        Duration::from_secs_f64(f64::from(bot) / self.ramp_per_second)
    }

    /// Returns when the measurement begins, counted from the start of the run.
    #[must_use]
    pub fn measures_from(&self) -> Duration {
        self.connects_at(self.count) + self.settle
    }
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

fn maybe_seconds<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    duration
        .map(|duration| duration.as_secs_f64())
        .serialize(serializer)
}

impl fmt::Display for Behaviour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
