//! What a bot decides: when to turn and where to, what to say and when. All of it by seeded chance.

use std::{collections::VecDeque, time::Duration};

use parlour_shared::{
    motion::{Direction, Heading, Position, UNITS_PER_PX},
    rng::{Purpose, Stream},
};

use super::plan::{Behaviour, Plan};

/// A new heading differs from so many before it, the present one included. So a neighbour that sees a heading
/// knows which turn it was.
pub const DISTINCT: usize = 4;
/// A crowd mills about this near its goal, in pixels.
const CROWD_PX: i32 = 96;

/// How one bot walks.
#[derive(Clone, Debug)]
pub struct Walk {
    behaviour: Behaviour,
    /// Average time between turns, in microseconds; 0: never.
    interval_us: u32,
    chance: Stream,
    recent: VecDeque<Heading>,
}

impl Walk {
    /// The walk of the bot with this number.
    #[must_use]
    pub fn new(plan: &Plan, bot: u32) -> Self {
        Self {
            behaviour: plan.behaviour,
            interval_us: interval_us(plan.turns_per_second()),
            chance: Stream::new(plan.seed, u64::from(bot), Purpose::BotWalk),
            recent: VecDeque::from([Heading::default()]),
        }
    }

    /// How long after entering a room the first turn comes; none: never.
    pub fn first_delay(&mut self) -> Option<Duration> {
        (self.interval_us > 0).then(|| Duration::from_micros(self.chance.below(self.interval_us).into()))
    }

    /// How long after a turn the next comes. Jitter is regular; the others vary by half to either side.
    pub fn delay(&mut self) -> Duration {
        Duration::from_micros(match self.behaviour {
            Behaviour::Jitter => self.interval_us.into(),
            _ => vary(self.interval_us, &mut self.chance),
        })
    }

    /// The next heading of a bot that is at `here`, if that is known, on a map with this middle.
    pub fn turn(&mut self, here: Option<Position>, middle: Position) -> Heading {
        let towards = match (self.behaviour, here) {
            (Behaviour::Crowd, Some(here)) => direction_to(here, middle),
            _ => None,
        };
        let mut heading = self.draw(towards);
        // With 17 headings and 4 that are taken this ends soon; where a crowd has 6 to choose from, too.
        while self.recent.contains(&heading) {
            heading = self.draw(towards);
        }
        if self.recent.len() == DISTINCT {
            self.recent.pop_front();
        }
        self.recent.push_back(heading);
        heading
    }

    fn draw(&mut self, towards: Option<usize>) -> Heading {
        if let Some(towards) = towards {
            let aside = self.chance.below(3) as usize;
            return Heading {
                direction: compass(towards + 7 + aside),
                sprint: self.chance.below(2) == 0,
            };
        }
        if self.chance.below(8) == 0 {
            return Heading::default();
        }
        Heading {
            direction: compass(self.chance.below(8) as usize),
            sprint: self.chance.below(4) == 0,
        }
    }
}

/// When one bot says something or changes its skin.
#[derive(Clone, Debug)]
pub struct Talk {
    chat_us: u64,
    skin_us: u64,
    chance: Stream,
}

impl Talk {
    /// The talk of the bot with this number.
    #[must_use]
    pub fn new(plan: &Plan, bot: u32) -> Self {
        Self {
            chat_us: minute_us(plan.chat_per_minute),
            skin_us: minute_us(plan.skin_per_minute),
            chance: Stream::new(plan.seed, u64::from(bot), Purpose::BotChat),
        }
    }

    /// How long until it says the next thing; none: never.
    pub fn chat_delay(&mut self) -> Option<Duration> {
        delay(self.chat_us, &mut self.chance)
    }

    /// How long until it changes its skin; none: never.
    pub fn skin_delay(&mut self) -> Option<Duration> {
        delay(self.skin_us, &mut self.chance)
    }

    /// One of so many things, by chance.
    pub fn choose(&mut self, things: u32) -> u32 {
        self.chance.below(things)
    }
}

/// The direction with that number on a compass of eight, north first.
fn compass(number: usize) -> Direction {
    Direction::ALL[1 + number % 8]
}

/// The compass number of the way to a place; none if it is near.
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

/// Half to one and a half times as long, evenly spread.
fn vary(interval_us: u32, chance: &mut Stream) -> u64 {
    u64::from(interval_us / 2) + u64::from(chance.below(interval_us))
}

fn delay(interval_us: u64, chance: &mut Stream) -> Option<Duration> {
    let short = u32::try_from(interval_us).unwrap_or(u32::MAX);
    (short > 0).then(|| Duration::from_micros(vary(short, chance)))
}
