//! What the admin port asks the stage. Two rings that no side waits at: the admin side polls for its answer.

use std::time::Duration;

use parlour_shared::ids::Tick;
use rtrb::{Consumer, Producer, RingBuffer};
use serde::Serialize;
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};

use super::moment;
use crate::{recording::format::Times, replay::words::rfc3339};

/// Orders under way at once.
const ORDERS: usize = 16;
/// Between two looks for an answer.
const POLL: Duration = Duration::from_millis(2);
/// An answer takes a tick; without one for this long the tick thread is in trouble.
const ANSWER: Duration = Duration::from_secs(2);
/// A seek takes at most ten seconds of the recording, run as fast as can be.
const LANDING: Duration = Duration::from_secs(60);

/// What the stage is to do.
pub(super) enum Order {
    Look,
    Pause,
    Play,
    Seek(Tick),
    Speed(u32),
    /// A name, an id, or the number of a session; empty: nobody.
    Follow(String),
}

pub(super) struct Asked {
    serial: u64,
    order: Order,
}

pub(super) struct Answered {
    serial: u64,
    answer: Result<Picture, Problem>,
}

/// How it stands with the past.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Picture {
    pub(super) tick: Tick,
    /// When that tick was lived; filled in on the admin side.
    pub(super) time: Option<String>,
    pub(super) first: Tick,
    pub(super) last: Tick,
    pub(super) paused: bool,
    pub(super) speed: f64,
    /// The tick that is looked for now.
    pub(super) seeking: Option<Tick>,
    pub(super) following: Option<FollowedPlayer>,
    /// Why it does not go on.
    pub(super) ended: Option<String>,
    pub(super) spectators: usize,
    /// By name.
    pub(super) rooms: Vec<RoomSeen>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct FollowedPlayer {
    /// Its id, as commands take it.
    pub(super) player: String,
    pub(super) name: String,
    /// None while it is in no room.
    pub(super) room: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct RoomSeen {
    pub(super) name: String,
    pub(super) players: u32,
}

/// Why something cannot be done, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// What was said makes no sense.
    Wrong(String),
    /// It is not there.
    NotThere(String),
    /// Not now.
    NotNow(String),
}

/// The admin side.
pub(crate) struct Console {
    ends: Mutex<Ends>,
    times: Times,
    range: (Tick, Tick),
}

struct Ends {
    serial: u64,
    orders: Producer<Asked>,
    answers: Consumer<Answered>,
}

/// The stage's side.
pub(super) struct Desk {
    orders: Consumer<Asked>,
    answers: Producer<Answered>,
    pub(super) range: (Tick, Tick),
}

pub(super) fn pair(times: Times, range: (Tick, Tick)) -> (Console, Desk) {
    let (orders, asked) = RingBuffer::new(ORDERS);
    let (answered, answers) = RingBuffer::new(ORDERS);
    let ends = Ends {
        serial: 0,
        orders,
        answers,
    };
    let console = Console {
        ends: Mutex::new(ends),
        times,
        range,
    };
    let desk = Desk {
        orders: asked,
        answers: answered,
        range,
    };
    (console, desk)
}

impl Console {
    /// How it stands.
    pub(crate) async fn look(&self) -> Result<Picture, Problem> {
        self.ask(Order::Look).await
    }

    /// Stops at the present tick.
    pub(crate) async fn pause(&self) -> Result<Picture, Problem> {
        self.ask(Order::Pause).await
    }

    /// Goes on.
    pub(crate) async fn play(&self) -> Result<Picture, Problem> {
        self.ask(Order::Play).await
    }

    /// Goes to a moment, and waits until it is there.
    pub(crate) async fn seek(&self, text: &str) -> Result<Picture, Problem> {
        let now = self.look().await?;
        let now = now.seeking.unwrap_or(now.tick);
        let tick =
            moment::tick_of(text, now, &self.times).map_err(|error| Problem::Wrong(error.to_string()))?;
        let mut picture = self.ask(Order::Seek(tick)).await?;
        let until = Instant::now() + LANDING;
        while picture.seeking == Some(tick) && Instant::now() < until {
            sleep(POLL).await;
            picture = self.look().await?;
        }
        match &picture.ended {
            Some(why) if picture.tick != tick && picture.seeking.is_none() => {
                Err(Problem::NotNow(why.clone()))
            }
            _ => Ok(picture),
        }
    }

    /// Goes faster or slower.
    pub(crate) async fn speed(&self, text: &str) -> Result<Picture, Problem> {
        let speed = moment::speed_of(text).map_err(|error| Problem::Wrong(error.to_string()))?;
        self.ask(Order::Speed(speed)).await
    }

    /// Looks through a player's eyes, or, with an empty text, through everyone's.
    pub(crate) async fn follow(&self, player: &str) -> Result<Picture, Problem> {
        self.ask(Order::Follow(player.to_owned())).await
    }

    async fn ask(&self, order: Order) -> Result<Picture, Problem> {
        let mut ends = self.ends.lock().await;
        ends.serial += 1;
        let serial = ends.serial;
        let silent = || Problem::NotNow("the tick thread does not answer: see /readyz".to_owned());
        ends.orders.push(Asked { serial, order }).map_err(|_| silent())?;
        let until = Instant::now() + ANSWER;
        loop {
            // One that nobody waited for any more may come first.
            while let Ok(answered) = ends.answers.pop() {
                if answered.serial == serial {
                    return answered.answer.map(|picture| self.timed(picture));
                }
            }
            if Instant::now() > until {
                return Err(silent());
            }
            sleep(POLL).await;
        }
    }

    fn timed(&self, mut picture: Picture) -> Picture {
        let (first, last) = self.range;
        picture.time = Some(rfc3339(self.times.at(picture.tick.clamp(first, last))));
        picture
    }
}

impl Desk {
    /// The next order, if its answer has room.
    pub(super) fn next(&mut self) -> Option<Asked> {
        if self.answers.is_full() {
            return None;
        }
        self.orders.pop().ok()
    }

    pub(super) fn answer(&mut self, serial: u64, answer: Result<Picture, Problem>) {
        // There was room when the order was taken.
        let _ = self.answers.push(Answered { serial, answer });
    }
}

impl Asked {
    pub(super) fn into_parts(self) -> (u64, Order) {
        (self.serial, self.order)
    }
}
