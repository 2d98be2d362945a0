//! The rules of rooms.

use parlour_shared::{
    limits::{MAX_ROOM_CAPACITY, MAX_ROOM_OBJECTS, TICK_RATE},
    motion::Speeds,
    text::count,
};
use parlour_tick::Cadence;
use serde::{Deserialize, Serialize};

use super::rates::{BroadcastLimit, Rate, RateLimits};

/// Which players and objects a viewer sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interest {
    /// The players within [`RoomRules::near_px`], and the objects within the radius of their kinds.
    #[default]
    Near,
    /// All players and objects in the room.
    All,
}

/// How a player moves whose link is lost, until it resumes or leaves. Its waiting commands are
/// removed in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDrop {
    /// It stands, as if it had sent that command. What game logic does to it goes on: a push, a
    /// carrier, and a lock of its input.
    #[default]
    Stand,
    /// Its motion goes on until it ends by itself: until walls or bodies leave it no way, or until
    /// the end of the push or the carrier that moved it. Then it stands.
    Continue,
    /// Nothing changes: game logic takes over.
    Logic,
}

/// The rules of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomRules {
    /// The maximum number of players and reserved seats.
    pub capacity: u32,
    /// The maximum number of objects: 0 to 32,767.
    pub max_objects: u32,
    /// The near radius in pixels. Players stay near up to a sixth more.
    pub near_px: u32,
    /// Which players and objects a viewer sees.
    pub interest: Interest,
    /// Ticks after which each pair of players, and of a player and an object, is checked again: at
    /// most 6 (100 ms).
    pub refresh_ticks: u32,
    /// Ticks for which a room is empty before it is removed.
    pub empty_ticks: u32,
    /// The most frequent cadence at which a viewer is sent snapshots. Under load, or if the viewer
    /// is slow, snapshots are less frequent. In recordings it is the number of snapshots per
    /// second, and missing if that is 60.
    #[serde(default, with = "hz", skip_serializing_if = "is_every_tick")]
    pub cadence: Cadence,
    /// How often a player may send each kind of request.
    pub rates: RateLimits,
    /// The speeds of movement commands with an angle.
    #[serde(default, skip_serializing_if = "Speeds::is_default")]
    pub speeds: Speeds,
    /// How a player moves whose link is lost.
    #[serde(default, skip_serializing_if = "is_default_on_drop")]
    pub on_drop: OnDrop,
    /// The limit on the bytes that a room broadcasts. In recordings it is called `talk`.
    #[serde(rename = "talk")]
    pub broadcast: BroadcastLimit,
}

impl Default for RoomRules {
    fn default() -> Self {
        Self {
            capacity: 1000,
            max_objects: 10_000,
            near_px: 150,
            interest: Interest::Near,
            refresh_ticks: 6,
            empty_ticks: 30 * TICK_RATE,
            cadence: Cadence::Hz60,
            rates: RateLimits::default(),
            speeds: Speeds::default(),
            on_drop: OnDrop::default(),
            broadcast: BroadcastLimit::default(),
        }
    }
}

impl RoomRules {
    /// Checks that a world can be made with these rules.
    ///
    /// # Errors
    /// The first rule that is out of its bounds.
    pub fn check(&self) -> Result<(), RulesError> {
        let within = |name, value, most| {
            let fits = (1..=most).contains(&value);
            fits.then_some(()).ok_or(RulesError::Bounds { name, value, most })
        };
        within("capacity", self.capacity, MAX_ROOM_CAPACITY)?;
        if self.max_objects > MAX_ROOM_OBJECTS {
            return Err(RulesError::TooManyObjects(self.max_objects));
        }
        within("refresh_ticks", self.refresh_ticks, 6)?;
        within("near_px", self.near_px, 100_000)?;
        within("talk.bytes_per_tick", self.broadcast.bytes_per_tick, 1 << 25)?;
        within("talk.burst_ticks", self.broadcast.burst_ticks, 60 * TICK_RATE)?;
        let rates = &self.rates;
        let rates = [
            rates.moves,
            rates.join,
            rates.chat,
            rates.skin,
            rates.state,
            rates.custom,
        ];
        match rates.into_iter().find(|rate| !rate.is_possible()) {
            Some(rate) => Err(RulesError::Rate(rate)),
            None => Ok(()),
        }
    }

    /// Returns these rules where they are narrower than `limits`, and `limits` elsewhere. The
    /// result is valid if `limits` are. A room checks its pairs as often as the type says.
    pub(crate) fn within(self, limits: &Self) -> Self {
        Self {
            capacity: self.capacity.clamp(1, limits.capacity),
            max_objects: self.max_objects.min(limits.max_objects),
            near_px: self.near_px.clamp(1, limits.near_px),
            interest: match limits.interest {
                Interest::Near => Interest::Near,
                Interest::All => self.interest,
            },
            refresh_ticks: limits.refresh_ticks,
            empty_ticks: self.empty_ticks.min(limits.empty_ticks),
            cadence: self.cadence.max(limits.cadence),
            rates: self.rates.within(limits.rates),
            speeds: self.speeds.within(&limits.speeds),
            on_drop: self.on_drop,
            broadcast: self.broadcast.within(limits.broadcast),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_every_tick(cadence: &Cadence) -> bool {
    *cadence == Cadence::Hz60
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_default_on_drop(on_drop: &OnDrop) -> bool {
    *on_drop == OnDrop::default()
}

/// A cadence as its number of snapshots per second.
mod hz {
    use parlour_tick::Cadence;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(super) fn serialize<S: Serializer>(cadence: &Cadence, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(cadence.hz())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cadence, D::Error> {
        let hz = u32::deserialize(deserializer)?;
        Cadence::from_hz(hz).ok_or_else(|| D::Error::custom("a cadence is 60, 30, 20 or 10"))
    }
}

/// The rules are invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// A number is out of its bounds.
    #[error("{name} is {value}, not within 1 to {most}")]
    Bounds {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: u32,
        /// Its maximum.
        most: u32,
    },
    /// There are not that many slots for objects.
    #[error("max_objects is {0}, not within 0 to {MAX_ROOM_OBJECTS}")]
    TooManyObjects(u32),
    /// A bucket never has a token, or takes longer than 2^24 ticks to fill.
    #[error("invalid rate: a burst of {}, then one every {}", .0.burst, count(.0.every_ticks, "tick"))]
    Rate(Rate),
}
