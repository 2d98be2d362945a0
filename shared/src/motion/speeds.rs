//! The speeds of a room for commands with an angle.

use serde::{Deserialize, Serialize};

/// Up to 8 speeds in units per tick, each 1 to 4,096. A command refers to a speed by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u16>", into = "Vec<u16>")]
pub struct Speeds {
    speeds: [u16; Self::MOST],
    count: u8,
}

/// The speeds are not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSpeeds {
    /// The number of speeds is not 1 to 8.
    #[error("{0} speeds; a room has 1 to 8")]
    Count(usize),
    /// A speed is not 1 to 4,096.
    #[error("a speed of {0}, not 1 to 4096 units per tick")]
    Speed(u16),
}

impl Speeds {
    /// The maximum number of speeds.
    pub const MOST: usize = 8;
    /// The maximum speed: 16 px per tick.
    pub const FASTEST: u16 = 4096;

    /// Returns these speeds.
    ///
    /// # Errors
    /// [`BadSpeeds`].
    pub fn new(list: &[u16]) -> Result<Self, BadSpeeds> {
        if list.is_empty() || list.len() > Self::MOST {
            return Err(BadSpeeds::Count(list.len()));
        }
        if let Some(&speed) = list.iter().find(|speed| !(1..=Self::FASTEST).contains(speed)) {
            return Err(BadSpeeds::Speed(speed));
        }
        let mut speeds = [0; Self::MOST];
        speeds[..list.len()].copy_from_slice(list);
        Ok(Self {
            speeds,
            count: list.len() as u8,
        })
    }

    /// Returns these speeds, none of them faster than the fastest of `limits`.
    #[must_use]
    pub fn within(mut self, limits: &Self) -> Self {
        let fastest = limits.as_slice().iter().copied().max().unwrap_or(1);
        for speed in &mut self.speeds {
            *speed = (*speed).min(fastest);
        }
        self
    }

    /// Whether these are the default speeds.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the speeds.
    #[must_use]
    pub fn as_slice(&self) -> &[u16] {
        &self.speeds[..usize::from(self.count)]
    }
}

impl Default for Speeds {
    /// The speeds of walking and sprinting along an axis.
    fn default() -> Self {
        Self {
            speeds: [640, 1024, 0, 0, 0, 0, 0, 0],
            count: 2,
        }
    }
}

impl TryFrom<Vec<u16>> for Speeds {
    type Error = BadSpeeds;

    fn try_from(list: Vec<u16>) -> Result<Self, BadSpeeds> {
        Self::new(&list)
    }
}

impl From<Speeds> for Vec<u16> {
    fn from(speeds: Speeds) -> Self {
        speeds.as_slice().to_vec()
    }
}
