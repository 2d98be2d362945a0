//! How the ticker fulfils the requests of the admin port.

use parlour_recording::replay::{PlayerQuery, PlayerRoster, describe_namesakes, display};
use parlour_shared::ids::PlayerId;
use parlour_sim::{Room, Rooms, Seats, Simulation};
use parlour_tick::TickOutput;

use super::{
    control::{ControlError, ControlRequest, FollowedPlayer, PlaybackRoom, PlaybackStatus},
    ticker::PlaybackTicker,
};

/// The maximum number of rooms in a status, the first by name.
const ROOMS: usize = 1000;

impl PlaybackTicker {
    /// Fulfils all waiting requests.
    pub(super) fn take_requests(&mut self, output: &mut TickOutput) {
        while let Some(numbered) = self.control.next() {
            let (serial, request) = numbered.into_parts();
            let done = self.fulfil(request, output);
            let answer = done.map(|()| self.status());
            self.control.answer(serial, answer);
        }
    }

    fn fulfil(&mut self, request: ControlRequest, output: &mut TickOutput) -> Result<(), ControlError> {
        match request {
            ControlRequest::Status => {}
            ControlRequest::Pause => self.paused = true,
            ControlRequest::Play => match &self.ended {
                Some(why) if self.seeking.is_none() => {
                    return Err(ControlError::WrongState(format!(
                        "{why}; seek to continue elsewhere"
                    )));
                }
                _ => self.paused = false,
            },
            ControlRequest::Seek(tick) => {
                if !self.seek(tick) {
                    return Err(ControlError::WrongState("too many seeks at once".to_owned()));
                }
            }
            ControlRequest::Speed(speed) => self.speed = speed,
            ControlRequest::Follow(player) => {
                self.following = match player.is_empty() {
                    true => None,
                    false => Some(self.find(&player)?),
                };
                self.regroup(output);
            }
        }
        Ok(())
    }

    /// Finds a player by name, id, or number of its session.
    fn find(&self, text: &str) -> Result<(PlayerId, String), ControlError> {
        let query = PlayerQuery(text.to_owned());
        let roster = self.world.as_deref().map(PlayerRoster::of).unwrap_or_default();
        let in_rooms = || roster.iter().filter(|player| player.room.is_some());
        let named = query.among(in_rooms());
        if let Some(namesakes) = describe_namesakes(&named) {
            return Err(ControlError::WrongState(namesakes));
        }
        match named.first() {
            Some(player) => Ok((player.id, player.name.clone())),
            None => {
                let place = format!("in a room at tick {}", self.tick.0);
                Err(ControlError::NoSuchPlayer(query.absent(&place, in_rooms())))
            }
        }
    }

    fn status(&self) -> PlaybackStatus {
        let (first, last) = self.control.range;
        let world = self.world.as_deref();
        let followed = |(player, name): &(PlayerId, String)| FollowedPlayer {
            player: display::id(*player),
            name: name.clone(),
            room: world.and_then(|world| world.followed_room(*player)),
        };
        PlaybackStatus {
            tick: self.tick,
            time: None,
            first,
            last,
            paused: self.paused,
            speed: f64::from(self.speed) / 1000.0,
            seeking: self.seeking,
            following: self.following.as_ref().map(followed),
            ended: self.ended.clone(),
            spectators: self.spectators.len(),
            rooms: world.map(rooms).unwrap_or_default(),
        }
    }
}

fn rooms(world: &Simulation) -> Vec<PlaybackRoom> {
    let world = world.world();
    let seen = |room| {
        Some(PlaybackRoom {
            name: world.get::<Room>(room)?.name.clone(),
            players: world.get::<Seats>(room)?.len(),
        })
    };
    world
        .resource::<Rooms>()
        .iter()
        .filter_map(seen)
        .take(ROOMS)
        .collect()
}
