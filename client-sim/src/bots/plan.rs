//! What a run shall do.

use std::{fmt, str::FromStr, time::Duration};

use parlour_client::{Address, AddressError, DEFAULT_LEAD};
use parlour_shared::text::RoomName;
use serde::{Serialize, Serializer};

use super::pulse::LONGEST_PAUSE;

/// Aims that are further ahead than this are a mistake.
const LONGEST_AIM: Duration = Duration::from_millis(100);

/// How bots move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// Take a new direction now and then, sprint at times, stand at times.
    #[default]
    Walkers,
    /// Change direction all the time.
    Jitter,
    /// Stand.
    Idle,
    /// All go to the middle of the map and mill about there.
    Crowd,
}

impl Behaviour {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Walkers, Self::Jitter, Self::Idle, Self::Crowd];

    /// The name in plans and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Walkers => "walkers",
            Self::Jitter => "jitter",
            Self::Idle => "idle",
            Self::Crowd => "crowd",
        }
    }

    /// How often bots of this kind change direction unless a plan says otherwise.
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
    /// That many rooms.
    Count(u32),
    /// That many bots in each room.
    Of(u32),
}

/// What a run shall do. Two runs with the same plan want the same things at the same times.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// Where the server is: `ws://host:port/path`.
    pub url: String,
    /// How many bots.
    pub count: u32,
    /// In which rooms.
    pub rooms: Rooms,
    /// The map that the rooms are made from.
    pub map: String,
    /// How they move.
    pub behaviour: Behaviour,
    /// How often each changes direction, on average; none: as usual for the behaviour.
    pub turns_per_second: Option<f64>,
    /// Whether bots wait with a turn for the moment from which it reaches the server just before a tick.
    pub phase_lock: bool,
    /// How long before the tick it shall be there then.
    #[serde(serialize_with = "seconds", rename = "aim_s")]
    pub aim: Duration,
    /// The share of the bots that decode all they are sent, above 0 up to 1; in each room at least one does. The
    /// others check the heads of snapshots only. Those do not know where they are, so that of a crowd only
    /// witnesses find the middle.
    pub witnesses: f64,
    /// How many percent of the bots leave per minute of the measurement; for each another comes soon after.
    pub churn_percent: f64,
    /// How many bots stop reading once they are in their room.
    pub stalled: u32,
    /// How often each says something, on average.
    pub chat_per_minute: f64,
    /// How often each changes its skin, on average.
    pub skin_per_minute: f64,
    /// How often each measures the round trip; none: never.
    #[serde(serialize_with = "maybe_seconds", rename = "ping_every_s")]
    pub ping_every: Option<Duration>,
    /// Bots that connect per second.
    pub ramp_per_second: f64,
    /// Time between the last connection and the beginning of the measurement.
    #[serde(serialize_with = "seconds", rename = "settle_s")]
    pub settle: Duration,
    /// How long to measure; none: until it is stopped.
    #[serde(serialize_with = "maybe_seconds", rename = "duration_s")]
    pub duration: Option<Duration>,
    /// How long the server may show no bot a tick; longer, and the run has failed. None: however long.
    #[serde(serialize_with = "maybe_seconds", rename = "max_standstill_s")]
    pub max_standstill: Option<Duration>,
    /// Decides everything that bots do by chance.
    pub seed: u64,
    /// Threads, each with the bots of whole rooms.
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
            max_standstill: Some(LONGEST_PAUSE),
            seed: 1,
            threads: 1,
        }
    }
}

/// Why a plan cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Not an address.
    #[error("{url}: {error}")]
    Url {
        /// What was given.
        url: String,
        /// What is wrong with it.
        error: AddressError,
    },
    /// An address with TLS, which the bots do not speak.
    #[error(
        "{0}: the bots speak ws:// only; give them the address of the server itself, not of a proxy in front of it"
    )]
    Tls(String),
    /// A number that makes no sense.
    #[error("{0}")]
    Number(&'static str),
    /// Not a map's name.
    #[error("{0:?} is no name of a map: use a-z, 0-9, - and _")]
    Map(String),
    /// No such host.
    #[error("there is no host {0:?}")]
    Host(String),
    /// A thread could not be started, or did not end well.
    #[error("a thread of bots failed: {0}")]
    Thread(String),
}

impl Plan {
    /// Checks the plan, and gives the address that is in it.
    ///
    /// # Errors
    /// [`PlanError`] with the first mistake.
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
            "the share of witnesses must be above 0 and not above 1",
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
        if RoomName::parse(&self.map).is_none_or(|name| name.map != self.map || !name.instance.is_empty()) {
            return Err(PlanError::Map(self.map.clone()));
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

    /// How many rooms there will be.
    #[must_use]
    pub fn room_count(&self) -> u32 {
        match self.rooms {
            Rooms::Count(rooms) => rooms.clamp(1, self.count.max(1)),
            Rooms::Of(bots) => self.count.div_ceil(bots.max(1)).max(1),
        }
    }

    /// The number of a bot's room. Neighbours in number are in different rooms, so that all rooms fill
    /// evenly.
    #[must_use]
    pub fn room_of(&self, bot: u32) -> u32 {
        bot % self.room_count()
    }

    /// The name of a bot's room: `map/k`, or just the map if there is one room only.
    #[must_use]
    pub fn room_name(&self, bot: u32) -> String {
        match self.room_count() {
            1 => self.map.clone(),
            _ => format!("{}/{}", self.map, self.room_of(bot)),
        }
    }

    /// How often each bot changes direction.
    #[must_use]
    pub fn turns_per_second(&self) -> f64 {
        self.turns_per_second
            .unwrap_or_else(|| self.behaviour.usual_turns_per_second())
    }

    /// When a bot connects, counted from the beginning.
    #[must_use]
    pub fn connects_at(&self, bot: u32) -> Duration {
        Duration::from_secs_f64(f64::from(bot) / self.ramp_per_second)
    }

    /// When the measurement begins, counted from the beginning.
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
