//! A player that notes when it hears from its room.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use parlour_benches::server_process::ServerProcess;
use parlour_client::{
    Command, Connection, Event, Handle, Options,
    shared::{codec, message::LeaveReason},
};
use tokio::{
    sync::watch,
    task::{JoinHandle, spawn},
};

use crate::games::{Count, Pulse};

/// A time without a snapshot is a pause if it is longer than this. There is one in each tick.
pub(crate) const PAUSE: Duration = Duration::from_millis(50);

/// A snapshot that arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    pub(crate) at: Instant,
    tick: u32,
    /// The ticks that the player counts, in rooms in which it can.
    pulse: Option<u32>,
    /// The number of rooms that the player has entered.
    stay: usize,
}

/// What a player saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Story {
    pub(crate) heard: Vec<Heard>,
    /// The rooms that it entered.
    pub(crate) rooms: Vec<String>,
    pub(crate) left: Vec<LeaveReason>,
}

impl Story {
    /// Adds an event. Returns whether it was a snapshot.
    pub(crate) fn add(&mut self, connection: &Connection, event: &Event) -> bool {
        match event {
            Event::Snapshot { .. } => {
                self.heard.push(Heard {
                    at: Instant::now(),
                    tick: connection.client().snapshot().tick.0,
                    pulse: own_pulse(connection),
                    stay: self.rooms.len(),
                });
                return true;
            }
            Event::Entered => {
                let room = connection.client().room();
                self.rooms.extend(room.map(|room| room.entered.room.clone()));
            }
            Event::Left(left) => self.left.push(left.reason),
            _ => {}
        }
        false
    }

    /// Checks that each tick of a stay counted for the player, once.
    ///
    /// # Errors
    /// The ticks between which the state is not what it must be.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        for pair in self.heard.windows(2) {
            let [before, after] = pair else { continue };
            if before.stay == after.stay
                && let (Some(pulse), Some(next)) = (before.pulse, after.pulse)
            {
                ensure!(
                    after.tick.wrapping_sub(before.tick) == next.wrapping_sub(pulse),
                    "a tick was lost or repeated between {before:?} and {after:?}"
                );
            }
        }
        Ok(())
    }

    /// Returns the times without a snapshot that are long enough to be pauses, and ended between
    /// two moments. Where nothing counts ticks, there is nothing to send in most of them.
    pub(crate) fn pauses(&self, from: Instant, until: Instant) -> Vec<Duration> {
        let gaps = self.heard.windows(2).filter_map(|pair| match pair {
            [before, after] if before.pulse.is_some() && after.at > from && after.at <= until => {
                Some(after.at - before.at)
            }
            _ => None,
        });
        gaps.filter(|gap| *gap > PAUSE).collect()
    }
}

/// A player that listens in a task of its own.
pub(crate) struct Listener {
    pub(crate) handle: Handle,
    task: JoinHandle<anyhow::Result<Story>>,
}

impl Listener {
    /// Lets a player enter a room, and listen until `stop` is true.
    ///
    /// # Errors
    /// If it cannot enter.
    pub(crate) async fn enter(
        server: &ServerProcess,
        room: &str,
        mut stop: watch::Receiver<bool>,
    ) -> anyhow::Result<Self> {
        let mut connection = open(server).await?;
        connection.join(room).await?;
        connection.send(Command::custom("count", &Count)?).await?;
        let handle = connection.handle();
        let task = spawn(async move {
            let mut story = Story::default();
            loop {
                tokio::select! {
                    event = connection.next_event() => {
                        let event = event.context("a player lost its connection")?;
                        if let Event::Closing(closing) = &event {
                            bail!("a player is about to lose its connection: {closing:?}");
                        }
                        story.add(&connection, &event);
                    }
                    _ = stop.wait_for(|stop| *stop) => return Ok(story),
                }
            }
        });
        Ok(Self { handle, task })
    }

    /// Returns the story, after the stop.
    ///
    /// # Errors
    /// If the player lost its connection, or found a violation.
    pub(crate) async fn finish(self) -> anyhow::Result<Story> {
        let story = self.task.await??;
        story.check()?;
        Ok(story)
    }
}

/// Opens a session of a player for which every violation is an error.
///
/// # Errors
/// If the server does not accept it.
pub(crate) async fn open(server: &ServerProcess) -> anyhow::Result<Connection> {
    let options = Options {
        strict: true,
        ..Options::named("player")
    };
    Ok(Connection::open(&format!("ws://{}/ws", server.peer()), options).await?)
}

fn own_pulse(connection: &Connection) -> Option<u32> {
    let client = connection.client();
    let player = client.player()?;
    let (_, own) = client
        .view()
        .iter()
        .find(|(_, seen)| seen.player().is_some_and(|seen| seen.player == player))?;
    let (_, bytes) = own.components.first()?;
    codec::decode::<Pulse>(bytes)
        .ok()
        .map(|pulse| pulse.0)
        .filter(|count| *count > 0)
}
