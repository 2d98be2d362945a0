//! The joins and leaves of one spectator.

use parlour_shared::{
    ids::{PlayerId, SessionId},
    message::{Join, LeaveReason, Refusal, Refused, Request, RoomLeft, ServerMessage},
};
use parlour_sim::{Perspective, Simulation};
use parlour_tick::TickOutput;

use super::{Spectator, Viewpoint};

/// A spectator, and the output for its messages.
pub(super) struct Visit<'a> {
    pub(super) session: SessionId,
    pub(super) spectator: &'a mut Spectator,
    pub(super) output: &'a mut TickOutput,
}

impl Visit<'_> {
    /// Enters the requested room, or the room of the player that all follow.
    pub(super) fn join(
        &mut self,
        world: &mut Simulation,
        join: &Join,
        following: Option<&(PlayerId, String)>,
    ) {
        let followed = following.and_then(|(player, _)| Some((world.followed_room(*player)?, *player)));
        let (room, perspective) = match followed {
            Some((room, player)) => (room, Perspective::Player(player)),
            None => (join.room.clone(), Perspective::Everyone),
        };
        let there = |viewpoint: &Viewpoint| viewpoint.room == room && viewpoint.perspective == perspective;
        if self.spectator.viewpoint.as_ref().is_some_and(there) {
            self.refuse(join.request, Refusal::AlreadyThere);
        } else if let Err(refusal) = self.enter(world, &room, perspective, join.request) {
            self.refuse(join.request, refusal);
        }
    }

    /// Watches this room from now on, and stops watching the previous one.
    pub(super) fn enter(
        &mut self,
        world: &mut Simulation,
        room: &str,
        perspective: Perspective,
        request: Request,
    ) -> Result<(), Refusal> {
        let spectator = &mut *self.spectator;
        let view = spectator.view.wrapping_add(1);
        let mut entered = world.watch(self.session, room, perspective, view)?;
        entered.request = request;
        world.set_watcher_held(self.session, spectator.held);
        spectator.view = view;
        let viewpoint = Viewpoint {
            room: room.to_owned(),
            epoch: entered.epoch,
            perspective,
        };
        if let Some(old) = spectator.viewpoint.replace(viewpoint) {
            let reason = LeaveReason::Moved;
            let epoch = old.epoch;
            let left = RoomLeft {
                request,
                epoch,
                reason,
            };
            self.output
                .send_to_watcher(self.session, &ServerMessage::RoomLeft(left));
        }
        self.output
            .send_to_watcher(self.session, &ServerMessage::RoomEntered(entered));
        self.spectator.show(self.session, world, self.output);
        Ok(())
    }

    pub(super) fn leave(&mut self, world: Option<&mut Simulation>, request: Request) {
        self.spectator.waiting = None;
        if self.spectator.viewpoint.is_none() {
            self.refuse(request, Refusal::NotInRoom);
        }
        self.leave_for(world, request, LeaveReason::Asked);
    }

    /// Leaves its room, if it is in one.
    pub(super) fn leave_for(
        &mut self,
        world: Option<&mut Simulation>,
        request: Request,
        reason: LeaveReason,
    ) {
        let Some(Viewpoint { epoch, .. }) = self.spectator.viewpoint.take() else {
            return;
        };
        if let Some(world) = world {
            world.unwatch(self.session);
        }
        let left = RoomLeft {
            request,
            epoch,
            reason,
        };
        self.output
            .send_to_watcher(self.session, &ServerMessage::RoomLeft(left));
    }

    pub(super) fn refuse(&mut self, request: Request, refusal: Refusal) {
        self.output.counts.refused.add(refusal.class());
        let refused = Refused { request, refusal };
        self.output
            .send_to_watcher(self.session, &ServerMessage::Refused(refused));
    }
}
