//! The followed player and its last known state.

use parlour_shared::ids::Tick;
use parlour_sim::{Player, PlayerInfo, Simulation};

use super::{client_view::ClientView, movement::Movement};
use crate::replay::{PlayerRoster, display};

/// The followed player.
pub(super) struct FollowSubject {
    pub(super) who: PlayerInfo,
    pub(super) view: ClientView,
    pub(super) movement: Movement,
    /// The tick in which its connection stalled.
    pub(super) stalled: Option<Tick>,
}

impl FollowSubject {
    /// Starts with a player whose session opens now.
    pub(super) fn new(who: PlayerInfo) -> Self {
        Self {
            who,
            view: ClientView::default(),
            movement: Movement::default(),
            stalled: None,
        }
    }

    /// Starts with a player that is already in the world.
    pub(super) fn in_world(simulation: &Simulation, who: PlayerInfo) -> Self {
        let mut followed = Self::new(who);
        let session = followed.who.session;
        if let Some(entity) = simulation.player(session) {
            let player = simulation.world().get::<Player>(entity);
            followed.view.enter_room(player.map_or(0, |player| player.view));
            followed.movement.update(simulation, session);
        }
        followed
    }

    /// Describes where the player is and which players it sees.
    pub(super) fn situation(&self, tick: Tick, roster: &PlayerRoster) -> String {
        let PlayerInfo {
            session,
            id,
            name,
            room,
            dropped,
        } = &self.who;
        let dropped = if *dropped { ", dropped" } else { "" };
        let name = format!(
            "{} (id {}, session {}{dropped})",
            display::plain(name),
            display::id(*id),
            session.0
        );
        let (Some(room), Some(position)) = (room, self.movement.position(tick)) else {
            return format!("{name} is in no room");
        };
        let sees = match self.view.describe_others(tick, *id, position, roster) {
            sees if sees.is_empty() => "nobody".to_owned(),
            sees => sees.join("; "),
        };
        let (place, moving) = (display::place(position), self.movement.moving());
        format!("{name} is in {room} at {place}, {moving}; sees {sees}")
    }
}
