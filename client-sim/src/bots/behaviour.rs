//! The decisions of a bot: when and where to turn, when and what to say. All come from seeded
//! random streams.

use std::{collections::VecDeque, time::Duration};

use parlour_shared::{
    message::MoveHeading,
    motion::{Direction, Heading, Position, UNITS_PER_PX},
    rng::{Purpose, Stream},
};

use super::plan::{Behaviour, Plan};

/// A new heading differs from the last so many headings, including the current one, so that a
/// neighbour that sees a heading can identify the turn.
pub const DISTINCT: usize = 4;
/// A crowd wanders within this distance of its goal, in pixels.
const CROWD_PX: i32 = 96;

/// How one bot walks.
#[derive(Clone, Debug)]
pub struct Walk {
    behaviour: Behaviour,
    /// The average time between turns, in microseconds; 0 for a bot that never turns.
    interval_us: u32,
    random: Stream,
    /// Whether to walk at any angle instead of the eight directions.
    free_angles: bool,
    /// The keys of the last headings.
    recent: VecDeque<i64>,
}

impl Walk {
    /// Returns the walk of the bot with this number.
    #[must_use]
    pub fn new(plan: &Plan, bot: u32) -> Self {
        Self {
            behaviour: plan.behaviour,
            interval_us: interval_us(plan.turns_per_second()),
            random: Stream::new(plan.seed, u64::from(bot), Purpose::BotWalk),
            free_angles: plan.free_angles,
            recent: VecDeque::from([key(Heading::default())]),
        }
    }

    /// Returns the time from entering a room to the first turn. Returns
    /// `None` if the bot never turns.
    pub fn first_delay(&mut self) -> Option<Duration> {
        (self.interval_us > 0).then(|| Duration::from_micros(self.random.below(self.interval_us).into()))
    }

    /// Returns the time from one turn to the next. It is constant for jitter, and varies by half in
    /// either direction for the other behaviours.
    pub fn delay(&mut self) -> Duration {
        Duration::from_micros(match self.behaviour {
            Behaviour::Jitter => self.interval_us.into(),
            _ => vary(self.interval_us, &mut self.random),
        })
    }

    /// Returns the next heading of a bot at `here` (`None` if unknown) on a map with this center,
    /// in a room with these speeds: as a command, and the motion that follows.
    pub fn turn(
        &mut self,
        here: Option<Position>,
        middle: Position,
        speeds: &[u16],
    ) -> (MoveHeading, Heading) {
        let towards = match (self.behaviour, here) {
            (Behaviour::Crowd, Some(here)) => direction_to(here, middle),
            _ => None,
        };
        let mut drawn = self.draw(towards, speeds);
        // This ends soon: at most 4 headings are excluded, of 17, or of 6 in a crowd.
        while self.recent.contains(&key(drawn.1)) {
            drawn = self.draw(towards, speeds);
        }
        if self.recent.len() == DISTINCT {
            self.recent.pop_front();
        }
        self.recent.push_back(key(drawn.1));
        drawn
    }

    fn draw(&mut self, towards: Option<usize>, speeds: &[u16]) -> (MoveHeading, Heading) {
        let keys = |direction, sprint| {
            let command = MoveHeading::Keys { direction, sprint };
            (command, Heading::keys(direction, sprint))
        };
        if let Some(towards) = towards {
            let aside = self.random.below(3) as usize;
            return keys(compass(towards + 7 + aside), self.random.below(2) == 0);
        }
        if self.random.below(8) == 0 {
            return keys(Direction::Still, false);
        }
        if self.free_angles {
            let command = MoveHeading::Angle {
                angle: self.random.below(256) as u8,
                speed: self.random.below(speeds.len() as u32) as u8,
            };
            // A server may declare no speeds.
            if let Some(heading) = command.resolve(speeds) {
                return (command, heading);
            }
        }
        keys(compass(self.random.below(8) as usize), self.random.below(4) == 0)
    }
}

/// When one bot says something or changes its skin.
#[derive(Clone, Debug)]
pub struct Talk {
    chat_us: u64,
    skin_us: u64,
    random: Stream,
}

impl Talk {
    /// Returns the talk of the bot with this number.
    #[must_use]
    pub fn new(plan: &Plan, bot: u32) -> Self {
        Self {
            chat_us: minute_us(plan.chat_per_minute),
            skin_us: minute_us(plan.skin_per_minute),
            random: Stream::new(plan.seed, u64::from(bot), Purpose::BotChat),
        }
    }

    /// Returns the time until the bot speaks next. Returns `None` if it never speaks.
    pub fn chat_delay(&mut self) -> Option<Duration> {
        delay(self.chat_us, &mut self.random)
    }

    /// Returns the time until the bot changes its skin. Returns `None` if it never does.
    pub fn skin_delay(&mut self) -> Option<Duration> {
        delay(self.skin_us, &mut self.random)
    }

    /// Picks a number below `bound`.
    pub fn choose(&mut self, bound: u32) -> u32 {
        self.random.below(bound)
    }
}

/// The bits of the key of a heading. The time of a turn has the other 52, which are 26 days.
pub(super) const KEY_BITS: u32 = 12;

/// Returns a number of a heading. It is unique among the headings of keys; a few free headings have
/// the same number, so bots repeat none of their last numbers.
pub(super) fn key(heading: Heading) -> i64 {
    const FREE: i64 = 1 << (KEY_BITS - 1);
    match heading.direction() {
        Some(direction) => direction as i64 | i64::from(heading.is_sprint()) << 4,
        None => {
            let velocity = heading.velocity();
            FREE | (i64::from(velocity.x) * 31 + i64::from(velocity.y)).rem_euclid(FREE)
        }
    }
}

/// Returns the direction with this number on a compass of eight, north first.
fn compass(number: usize) -> Direction {
    Direction::ALL[1 + number % 8]
}

/// Returns the compass number of the direction to a position, or `None` if the position is near.
fn direction_to(here: Position, there: Position) -> Option<usize> {
    let near = i64::from(CROWD_PX * UNITS_PER_PX);
    if here.distance_squared(there) < near * near {
        return None;
    }
    let (dx, dy) = (
        i64::from(there.x) - i64::from(here.x),
        i64::from(there.y) - i64::from(here.y),
    );
    // An axis counts if it is at least two fifths of the other: tan 22.5 degrees is 0.414.
    let sign = |axis: i64, other: i64| {
        if axis.abs() * 5 >= other.abs() * 2 {
            axis.signum() as i32
        } else {
            0
        }
    };
    let axes = (sign(dx, dy), sign(dy, dx));
    (0..8).find(|&number| compass(number).axes() == axes)
}

fn interval_us(per_second: f64) -> u32 {
    if per_second > 0.0 {
        (1e6 / per_second).clamp(1.0, 4e9) as u32
    } else {
        0
    }
}

fn minute_us(per_minute: f64) -> u64 {
    if per_minute > 0.0 {
        (60e6 / per_minute) as u64
    } else {
        0
    }
}

/// Returns 0.5 to 1.5 times the interval, uniformly distributed.
fn vary(interval_us: u32, random: &mut Stream) -> u64 {
    u64::from(interval_us / 2) + u64::from(random.below(interval_us))
}

fn delay(interval_us: u64, random: &mut Stream) -> Option<Duration> {
    let short = u32::try_from(interval_us).unwrap_or(u32::MAX);
    (short > 0).then(|| Duration::from_micros(vary(short, random)))
}
