//! Describes how a player moves and what it wears, from the state of the world.

use parlour_shared::{
    ids::{Epoch, SessionId, Tick},
    motion::{Gait, Position, SPRINT_STRAIGHT, Segment},
};
use parlour_sim::{InRoom, Motion, Room, Seat, Simulation, Skin};

use crate::replay::display;

/// The last known motion and skin of a player.
#[derive(Default)]
pub(super) struct Movement {
    /// The room and the segment in it.
    last: Option<(Epoch, Segment)>,
    skin: u16,
}

impl Movement {
    /// Notes the present motion and skin, and describes what changed since the last call.
    pub(super) fn update(&mut self, simulation: &Simulation, session: SessionId) -> Vec<String> {
        let Some(player) = simulation.player(session) else {
            return Vec::new();
        };
        let world = simulation.world();
        let mut news = Vec::new();
        let skin = world.get::<Skin>(player).map_or(0, |skin| skin.0);
        if std::mem::replace(&mut self.skin, skin) != skin {
            news.push(format!("puts on skin {skin}"));
        }
        let seat = world.get::<Seat>(player).map(|seat| seat.epoch);
        let segment = world.get::<Motion>(player).map(Motion::segment);
        let now = seat.zip(segment);
        // Entering a room is reported elsewhere, with the place.
        if let (Some((before, was)), Some((epoch, is))) = (std::mem::replace(&mut self.last, now), now)
            && before == epoch
            && was != is
        {
            news.extend(step(&was, &is));
        }
        news
    }

    /// Returns where the player is at a tick, if it is in a room.
    pub(super) fn position(&self, tick: Tick) -> Option<Position> {
        self.last.map(|(_, segment)| segment.at(tick))
    }

    /// Describes how the player moves, as a participle.
    pub(super) fn moving(&self) -> String {
        display::in_motion(self.last.map_or_else(Gait::default, |(_, segment)| segment.gait))
    }
}

/// Describes where a player is, with the name of the spawn point if it is at one:
/// `at spawn default (320, 96)`.
pub(super) fn place_of(simulation: &Simulation, session: SessionId) -> Option<String> {
    let (world, player) = (simulation.world(), simulation.player(session)?);
    let position = world.get::<Motion>(player)?.segment().at(simulation.tick());
    let room = world.get::<Room>(world.get::<InRoom>(player)?.0)?;
    let spawn = room.map.spawns.iter().find(|spawn| spawn.position == position);
    let spawn = spawn.map_or_else(String::new, |spawn| {
        format!("spawn {} ", display::plain(&spawn.name))
    });
    Some(format!("at {spawn}{}", display::place(position)))
}

/// Describes the change from one segment to the next.
fn step(was: &Segment, is: &Segment) -> Option<String> {
    let place = display::place(is.position);
    // A wall stops a body up to one tick's distance early. A larger jump is not walking.
    let expected = was.at(is.since);
    let apart = (expected.x.abs_diff(is.position.x)).max(expected.y.abs_diff(is.position.y));
    let open = was.gait.heading.velocity();
    let fastest = open.x.unsigned_abs().max(open.y.unsigned_abs());
    if apart > u32::from(fastest).max(SPRINT_STRAIGHT.unsigned_abs()) {
        return Some(format!("is put at {place}, {}", display::in_motion(is.gait)));
    }
    if was.gait == is.gait {
        // The same motion, with a different start tick.
        return None;
    }
    let velocity = is.gait.velocity();
    Some(match is.gait {
        Gait { heading, .. } if heading.is_still() => format!("stands still at {place}"),
        Gait {
            blocked_x: false,
            blocked_y: false,
            ..
        } => format!("{} from {place}", display::moving(is.gait)),
        _ if (velocity.x, velocity.y) == (0, 0) => format!("stops at a wall at {place}"),
        _ => {
            let along = match (velocity.x.signum(), velocity.y.signum()) {
                (1, _) => "east",
                (-1, _) => "west",
                (_, 1) => "south",
                _ => "north",
            };
            format!("slides {along} along a wall from {place}")
        }
    })
}
