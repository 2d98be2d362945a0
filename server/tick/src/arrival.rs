//! A player that enters a world, and the ids of players.

use parlour_shared::{
    ids::PlayerId,
    limits::MAX_NAME_BYTES,
    rng::{Purpose, Stream},
};

/// A player on its way into a world. The world that it leaves returns the same value, so that a
/// player stays the same one in each world.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// The public id of the player, from [`player_id`]. It is unique over all worlds of a node.
    pub player: PlayerId,
    /// The name that others see, from `parlour_shared::text::clean_name`.
    pub name: String,
    /// The skin, as an index into the catalogue.
    pub skin: u16,
    /// What game logic declared as travelling, in the order of the names, which differ.
    pub carried: Vec<Carried>,
    /// The counters that continue in the next world.
    pub counters: Counters,
    /// Whether the player is dropped: its session has no link now.
    pub dropped: bool,
}

/// The counters of a player that continue in the next world, so that its client notices no
/// difference, and a change of worlds does not reset a rate limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// How often the player has entered a room, modulo 256. Each stay in a room needs a different
    /// number, because a snapshot of the stay before may still be under way.
    pub view: u8,
    /// The sequence number of its last movement command. The client goes on counting.
    pub last_seq: u32,
    /// For each rate limit, in a fixed order, the ticks after which the player has all its tokens
    /// again.
    pub full_in: [u32; Counters::LIMITS],
}

impl Counters {
    /// The number of rate limits.
    pub const LIMITS: usize = 8;
}

/// A component that a player carries from one world into the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// The name under which game logic declared the component.
    pub name: String,
    /// The component, encoded.
    pub value: Vec<u8>,
}

impl Arrival {
    /// The maximum number of components that a player carries.
    pub const MAX_CARRIED: usize = 16;
    /// The maximum size of one of them, in bytes.
    pub const MAX_CARRIED_BYTES: usize = 1024;

    /// Returns a new player that carries nothing. If the name is empty or too long, the player gets
    /// a name made from its id.
    #[must_use]
    pub fn new(player: PlayerId, name: String) -> Self {
        let name = if name.is_empty() || name.len() > MAX_NAME_BYTES {
            format!("guest-{:04x}", player.0 & 0xFFFF)
        } else {
            name
        };
        Self {
            player,
            name,
            ..Self::default()
        }
    }
}

/// Returns the id of the n-th player of a node. The ids of a seed are a bijection of 32 bits: they
/// differ, but do not reveal the number of players.
#[must_use]
pub fn player_id(seed: u64, n: u32) -> PlayerId {
    let key = Stream::new(seed, 0, Purpose::PlayerId).next_u64();
    let mut z = n ^ key as u32;
    for round in 0..3 {
        z = (z ^ (z >> 16))
            .wrapping_mul(0x7FEB_352D)
            .wrapping_add((key >> (8 * round)) as u32);
        z = (z ^ (z >> 15)).wrapping_mul(0x846C_A68B);
    }
    PlayerId(z ^ (z >> 16))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn player_ids_are_unique_and_not_sequential() {
        let ids = |seed| -> Vec<PlayerId> { (0..200).map(|n| player_id(seed, n)).collect() };
        let first = ids(1);
        assert_eq!(first, ids(1), "the same seed gives the same ids");
        assert_ne!(first, ids(2));
        assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 200);
        let steps: BTreeSet<u32> = first
            .windows(2)
            .map(|two| two[1].0.wrapping_sub(two[0].0))
            .collect();
        assert!(
            steps.len() > 190,
            "the differences of successive ids are different"
        );
        let rising = first.windows(2).filter(|two| two[0] < two[1]).count();
        assert!((70..130).contains(&rising), "{rising} of 199 rise");
    }

    #[test]
    fn a_name_that_is_missing_or_too_long_is_replaced() {
        for name in ["".to_owned(), "x".repeat(97), "\u{1F600}".repeat(25)] {
            let arrival = Arrival::new(PlayerId(0x1234_abcd), name);
            assert_eq!(arrival.name, "guest-abcd");
        }
        let longest = "\u{1F600}".repeat(24);
        assert_eq!(Arrival::new(PlayerId(1), longest.clone()).name, longest);
    }
}
