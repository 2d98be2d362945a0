//! Requests of the admin port to the ticker, and their answers. Neither side waits at the two
//! rings: the admin side polls.

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

/// The maximum number of requests without an answer.
const REQUESTS: usize = 16;
/// The pause between two polls for an answer.
const POLL: Duration = Duration::from_millis(2);
/// The time limit for an answer. It normally takes one tick; after this time the tick thread is in
/// trouble.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// The time limit for a seek, which runs at most ten seconds of the recording at full speed.
const SEEK_TIMEOUT: Duration = Duration::from_secs(60);

/// A request to the ticker.
pub(super) enum ControlRequest {
    /// Only the status, which every answer contains.
    Status,
    Pause,
    Play,
    Seek(Tick),
    Speed(u32),
    /// A name, an id, or the number of a session. Empty: follow no player.
    Follow(String),
}

pub(super) struct NumberedRequest {
    serial: u64,
    request: ControlRequest,
}

pub(super) struct NumberedAnswer {
    serial: u64,
    answer: Result<PlaybackStatus, ControlError>,
}

/// The status of a playback.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PlaybackStatus {
    pub(super) tick: Tick,
    /// When that tick was recorded. The admin side fills it in.
    pub(super) time: Option<String>,
    pub(super) first: Tick,
    pub(super) last: Tick,
    pub(super) paused: bool,
    pub(super) speed: f64,
    /// The tick of the present seek.
    pub(super) seeking: Option<Tick>,
    pub(super) following: Option<FollowedPlayer>,
    /// Why playback cannot continue.
    pub(super) ended: Option<String>,
    pub(super) spectators: usize,
    /// In the order of their names.
    pub(super) rooms: Vec<PlaybackRoom>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct FollowedPlayer {
    /// Its id, in the form that requests accept.
    pub(super) player: String,
    pub(super) name: String,
    /// `None` while the player is in no room.
    pub(super) room: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct PlaybackRoom {
    pub(super) name: String,
    pub(super) players: u32,
}

/// Why a request failed, in words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ControlError {
    /// A parameter is invalid.
    BadParameter(String),
    /// The player does not exist, or is in no room.
    NoSuchPlayer(String),
    /// The playback cannot do this in its current state.
    WrongState(String),
}

/// The end for the admin port.
pub(crate) struct PlaybackControl {
    ends: Mutex<Ends>,
    times: Times,
    range: (Tick, Tick),
}

struct Ends {
    serial: u64,
    requests: Producer<NumberedRequest>,
    answers: Consumer<NumberedAnswer>,
}

/// The end for the ticker.
pub(super) struct ControlReceiver {
    requests: Consumer<NumberedRequest>,
    answers: Producer<NumberedAnswer>,
    pub(super) range: (Tick, Tick),
}

pub(super) fn pair(times: Times, range: (Tick, Tick)) -> (PlaybackControl, ControlReceiver) {
    let (requests, pending) = RingBuffer::new(REQUESTS);
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
        requests: pending,
        answers: answered,
        range,
    };
    (control, receiver)
}

impl PlaybackControl {
    /// Returns the status.
    pub(crate) async fn status(&self) -> Result<PlaybackStatus, ControlError> {
        self.ask(ControlRequest::Status).await
    }

    /// Pauses at the present tick.
    pub(crate) async fn pause(&self) -> Result<PlaybackStatus, ControlError> {
        self.ask(ControlRequest::Pause).await
    }

    /// Continues after a pause.
    pub(crate) async fn play(&self) -> Result<PlaybackStatus, ControlError> {
        self.ask(ControlRequest::Play).await
    }

    /// Seeks to a moment, and waits until playback has reached it.
    pub(crate) async fn seek(&self, text: &str) -> Result<PlaybackStatus, ControlError> {
        let now = self.status().await?;
        let now = now.seeking.unwrap_or(now.tick);
        let tick = steer::tick_of(text, now, &self.times)
            .map_err(|error| ControlError::BadParameter(error.to_string()))?;
        let mut status = self.ask(ControlRequest::Seek(tick)).await?;
        let until = Instant::now() + SEEK_TIMEOUT;
        while status.seeking == Some(tick) && Instant::now() < until {
            sleep(POLL).await;
            status = self.status().await?;
        }
        match &status.ended {
            Some(why) if status.tick != tick && status.seeking.is_none() => {
                Err(ControlError::WrongState(why.clone()))
            }
            _ => Ok(status),
        }
    }

    /// Sets the speed.
    pub(crate) async fn speed(&self, text: &str) -> Result<PlaybackStatus, ControlError> {
        let speed = steer::speed_of(text).map_err(|error| ControlError::BadParameter(error.to_string()))?;
        self.ask(ControlRequest::Speed(speed)).await
    }

    /// Shows all spectators what a player sees. With an empty text, they see everything again.
    pub(crate) async fn follow(&self, player: &str) -> Result<PlaybackStatus, ControlError> {
        self.ask(ControlRequest::Follow(player.to_owned())).await
    }

    async fn ask(&self, request: ControlRequest) -> Result<PlaybackStatus, ControlError> {
        let mut ends = self.ends.lock().await;
        ends.serial += 1;
        let serial = ends.serial;
        let silent = || ControlError::WrongState("the tick thread does not answer: see /readyz".to_owned());
        ends.requests
            .push(NumberedRequest { serial, request })
            .map_err(|_| silent())?;
        let until = Instant::now() + ANSWER_TIMEOUT;
        loop {
            // The late answer to an abandoned request may come first.
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
    /// Returns the next request, if there is room for its answer.
    pub(super) fn next(&mut self) -> Option<NumberedRequest> {
        if self.answers.is_full() {
            return None;
        }
        self.requests.pop().ok()
    }

    pub(super) fn answer(&mut self, serial: u64, answer: Result<PlaybackStatus, ControlError>) {
        // There was room when the request was taken.
        let _ = self.answers.push(NumberedAnswer { serial, answer });
    }
}

impl NumberedRequest {
    pub(super) fn into_parts(self) -> (u64, ControlRequest) {
        (self.serial, self.request)
    }
}
