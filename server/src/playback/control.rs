//! What the admin port asks the ticker. Two rings that no side waits at: the admin side polls for its answer.

use std::time::Duration;

use parlour_recording::{format::Times, rfc3339};
use parlour_shared::ids::Tick;
use rtrb::{Consumer, Producer, RingBuffer};
use serde::Serialize;
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};

use super::steer;

/// Orders under way at once.
const REQUESTS: usize = 16;
/// Between two looks for an answer.
const POLL: Duration = Duration::from_millis(2);
/// An answer takes a tick; without one for this long the tick thread is in trouble.
const ANSWER: Duration = Duration::from_secs(2);
/// A seek takes at most ten seconds of the recording, run as fast as can be.
const LANDING: Duration = Duration::from_secs(60);

/// What the ticker is to do.
pub(super) enum ControlRequest {
    Look,
    Pause,
    Play,
    Seek(Tick),
    Speed(u32),
    /// A name, an id, or the number of a session; empty: nobody.
    Follow(String),
}

pub(super) struct Numbered {
    serial: u64,
    request: ControlRequest,
}

pub(super) struct Answered {
    serial: u64,
    answer: Result<PlaybackStatus, ControlError>,
}

/// How it stands with the past.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PlaybackStatus {
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
pub(crate) enum ControlError {
    /// What was said makes no sense.
    Wrong(String),
    /// It is not there.
    NotThere(String),
    /// Not now.
    NotNow(String),
}

/// The admin side.
pub(crate) struct PlaybackControl {
    ends: Mutex<Ends>,
    times: Times,
    range: (Tick, Tick),
}

struct Ends {
    serial: u64,
    requests: Producer<Numbered>,
    answers: Consumer<Answered>,
}

/// The ticker's side.
pub(super) struct ControlReceiver {
    requests: Consumer<Numbered>,
    answers: Producer<Answered>,
    pub(super) range: (Tick, Tick),
}

pub(super) fn pair(times: Times, range: (Tick, Tick)) -> (PlaybackControl, ControlReceiver) {
    let (requests, asked) = RingBuffer::new(REQUESTS);
    let (answered, answers) = RingBuffer::new(REQUESTS);
    let ends = Ends {
        serial: 0,
        requests,
        answers,
    };
    let control = PlaybackControl {
        ends: Mutex::new(ends),
        times,
        range,
    };
    let receiver = ControlReceiver {
        requests: asked,
        answers: answered,
        range,
    };
    (control, receiver)
}

impl PlaybackControl {
    /// How it stands.
    pub(crate) async fn look(&self) -> Result<PlaybackStatus, ControlError> {
        self.ask(ControlRequest::Look).await
    }

    /// Stops at the present tick.
    pub(crate) async fn pause(&self) -> Result<PlaybackStatus, ControlError> {
        self.ask(ControlRequest::Pause).await
    }

    /// Goes on.
    pub(crate) async fn play(&self) -> Result<PlaybackStatus, ControlError> {
        self.ask(ControlRequest::Play).await
    }

    /// Goes to a moment, and waits until it is there.
    pub(crate) async fn seek(&self, text: &str) -> Result<PlaybackStatus, ControlError> {
        let now = self.look().await?;
        let now = now.seeking.unwrap_or(now.tick);
        let tick =
            steer::tick_of(text, now, &self.times).map_err(|error| ControlError::Wrong(error.to_string()))?;
        let mut status = self.ask(ControlRequest::Seek(tick)).await?;
        let until = Instant::now() + LANDING;
        while status.seeking == Some(tick) && Instant::now() < until {
            sleep(POLL).await;
            status = self.look().await?;
        }
        match &status.ended {
            Some(why) if status.tick != tick && status.seeking.is_none() => {
                Err(ControlError::NotNow(why.clone()))
            }
            _ => Ok(status),
        }
    }

    /// Goes faster or slower.
    pub(crate) async fn speed(&self, text: &str) -> Result<PlaybackStatus, ControlError> {
        let speed = steer::speed_of(text).map_err(|error| ControlError::Wrong(error.to_string()))?;
        self.ask(ControlRequest::Speed(speed)).await
    }

    /// Looks through a player's eyes, or, with an empty text, through everyone's.
    pub(crate) async fn follow(&self, player: &str) -> Result<PlaybackStatus, ControlError> {
        self.ask(ControlRequest::Follow(player.to_owned())).await
    }

    async fn ask(&self, request: ControlRequest) -> Result<PlaybackStatus, ControlError> {
        let mut ends = self.ends.lock().await;
        ends.serial += 1;
        let serial = ends.serial;
        let silent = || ControlError::NotNow("the tick thread does not answer: see /readyz".to_owned());
        ends.requests
            .push(Numbered { serial, request })
            .map_err(|_| silent())?;
        let until = Instant::now() + ANSWER;
        loop {
            // One that nobody waited for any more may come first.
            while let Ok(answered) = ends.answers.pop() {
                if answered.serial == serial {
                    return answered.answer.map(|status| self.timed(status));
                }
            }
            if Instant::now() > until {
                return Err(silent());
            }
            sleep(POLL).await;
        }
    }

    fn timed(&self, mut status: PlaybackStatus) -> PlaybackStatus {
        let (first, last) = self.range;
        status.time = Some(rfc3339(self.times.at(status.tick.clamp(first, last))));
        status
    }
}

impl ControlReceiver {
    /// The next request, if its answer has room.
    pub(super) fn next(&mut self) -> Option<Numbered> {
        if self.answers.is_full() {
            return None;
        }
        self.requests.pop().ok()
    }

    pub(super) fn answer(&mut self, serial: u64, answer: Result<PlaybackStatus, ControlError>) {
        // There was room when the request was taken.
        let _ = self.answers.push(Answered { serial, answer });
    }
}

impl Numbered {
    pub(super) fn into_parts(self) -> (u64, ControlRequest) {
        (self.serial, self.request)
    }
}
