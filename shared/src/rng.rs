//! Seeded random streams: the only source of randomness in the simulation, the bots and the edge.

/// The purpose of a stream. Each feature has its own, so that it does not shift the numbers of a
/// different feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// The ids of players.
    PlayerId = 1,
    /// The choice of a free slot for a player.
    Slot = 2,
    /// The choice of a spawn point for a player.
    Spawn = 3,
    /// A bot's walk.
    BotWalk = 4,
    /// A bot's chat.
    BotChat = 5,
    /// Your own game logic.
    Game = 6,
    /// The bot whose picture a bot thread samples, and the time of the sample.
    BotAgeSample = 7,
    /// The bots with a special role.
    BotRole = 8,
    /// The times at which bots leave and others replace them.
    BotChurn = 9,
    /// The time after which a client may reconnect.
    Reconnect = 10,
}

/// A stream of SplitMix64. The generator has 64 bits of state, passes `BigCrush`, and has a dozen
/// lines.
#[derive(Clone, Debug)]
pub struct Stream {
    state: u64,
}

impl Stream {
    /// Returns the stream for a seed, a moment (a tick or a bot's number) and a purpose.
    #[must_use]
    pub fn new(seed: u64, moment: u64, purpose: Purpose) -> Self {
        Self {
            state: mix(mix(seed ^ mix(moment)) ^ purpose as u64),
        }
    }

    /// Returns the next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.state)
    }

    /// Returns a number in `0..bound`, or 0 if `bound` is 0. The bias is below 2^-32.
    pub fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(bound) * (self.next_u64() >> 32)) >> 32) as u32
    }
}

/// The finaliser of SplitMix64: a bijection in which every input bit moves every output bit.
#[must_use]
pub fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
