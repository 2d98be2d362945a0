//! Seeded streams of chance. There is no other source of randomness in the simulation, the bots or
//! the edge.

/// What a stream is for. A purpose of its own keeps one feature from shifting the numbers of
/// another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// Names of players on the wire.
    PlayerId = 1,
    /// Which free slot a player gets.
    Slot = 2,
    /// Which spawn point a player gets.
    Spawn = 3,
    /// A bot's walk.
    BotWalk = 4,
    /// A bot's chat.
    BotChat = 5,
    /// Game logic of one's own.
    Game = 6,
    /// Whom a thread of bots looks at when.
    BotGlance = 7,
    /// Which bots do something that not all do.
    BotRole = 8,
    /// Which bots leave when, and when others come for them.
    BotChurn = 9,
    /// When a client that was closed may come back.
    Reconnect = 10,
}

/// A SplitMix64 stream: 64 bits of state, passes `BigCrush`, and is a dozen lines.
#[derive(Clone, Debug)]
pub struct Stream {
    state: u64,
}

impl Stream {
    /// The stream for this seed, moment (a tick, or a bot's number) and purpose.
    #[must_use]
    pub fn new(seed: u64, moment: u64, purpose: Purpose) -> Self {
        Self {
            state: mix(mix(seed ^ mix(moment)) ^ purpose as u64),
        }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.state)
    }

    /// A number in `0..bound`; 0 if `bound` is 0. The bias is below 2^-32.
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
