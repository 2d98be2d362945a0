//! The spectators of a playback: ordinary clients that join rooms and watch them.

mod visit;

use std::collections::BTreeMap;

use parlour_shared::{
    ids::{Epoch, PlayerId, SessionId, Tick},
    limits::TICK_RATE,
    message::{ClientMessage, Join, LeaveReason, Refusal, Request},
    token_bucket::take_token,
};
use parlour_sim::{Perspective, Simulation};
use parlour_tick::{EventKind, TickInput, TickOutput};

use visit::Visit;

/// The burst of joins, and the steps until one more is allowed: a room with its map is a long
/// message.
const JOINS: u64 = 5;
const JOIN_EVERY: u64 = TICK_RATE as u64;

/// All spectators, by session.
#[derive(Default)]
pub(super) struct Spectators {
    list: BTreeMap<SessionId, Spectator>,
    /// The number of steps so far. It also rises while playback is paused.
    steps: u64,
}

#[derive(Default)]
struct Spectator {
    /// Whether its connection takes no snapshots now.
    held: bool,
    viewpoint: Option<Viewpoint>,
    /// The number of its last view.
    view: u8,
    /// The last tick of its view that it was shown. Its client accepts only later ones.
    shown: Option<Tick>,
    /// A join that waits until a seek ends.
    waiting: Option<Join>,
    /// The step at which all its joins are allowed again.
    full_at: u64,
}

/// The room that a spectator watches, and the perspective from which it sees it.
struct Viewpoint {
    room: String,
    epoch: Epoch,
    perspective: Perspective,
}

impl Spectators {
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Handles the events of spectators.
    pub(super) fn take_in(
        &mut self,
        input: &TickInput,
        mut world: Option<&mut Simulation>,
        seeking: bool,
        following: Option<&(PlayerId, String)>,
        output: &mut TickOutput,
    ) {
        self.steps += 1;
        for event in &input.events {
            let session = event.session;
            if let EventKind::Arrive(_) = event.kind {
                self.list.insert(session, Spectator::default());
                continue;
            }
            let Some(spectator) = self.list.get_mut(&session) else {
                continue;
            };
            match &event.kind {
                // A spectator without a link has no seat to keep, so the desk lets it depart.
                EventKind::Arrive(_) | EventKind::Reserve(_) | EventKind::Drop | EventKind::Resume { .. } => {
                }
                EventKind::Depart => {
                    self.list.remove(&session);
                    if let Some(world) = world.as_deref_mut() {
                        world.unwatch(session);
                    }
                }
                EventKind::Hold | EventKind::Release => {
                    spectator.held = event.kind == EventKind::Hold;
                    if let Some(world) = world.as_deref_mut() {
                        world.set_watcher_held(session, spectator.held);
                        // It may have joined while its connection took no data, and while playback
                        // is paused no other snapshot follows.
                        spectator.show(session, world, output);
                    }
                }
                EventKind::Message { message, .. } => {
                    let wish = spectator.wish(message, self.steps);
                    let mut visit = Visit {
                        session,
                        spectator,
                        output,
                    };
                    match (wish, world.as_deref_mut()) {
                        (Ok(Wish::Nothing), _) => {}
                        (Ok(Wish::Leave(request)), world) => visit.leave(world, request),
                        (Ok(Wish::Join(join)), _) if seeking => visit.spectator.waiting = Some(join),
                        (Ok(Wish::Join(join)), Some(world)) => visit.join(world, &join, following),
                        (Ok(Wish::Join(join)), None) => visit.refuse(join.request, Refusal::NoSuchRoom),
                        (Err((request, refusal)), _) => visit.refuse(request, refusal),
                    }
                }
            }
        }
    }

    /// Admits the spectators that joined during a seek.
    pub(super) fn serve_waiting(
        &mut self,
        world: &mut Simulation,
        following: Option<&(PlayerId, String)>,
        output: &mut TickOutput,
    ) {
        for (&session, spectator) in &mut self.list {
            if let Some(join) = spectator.waiting.take() {
                let mut visit = Visit {
                    session,
                    spectator,
                    output,
                };
                visit.join(world, &join, following);
            }
        }
    }

    /// Moves every spectator to the room of the followed player while that player is in a room, and
    /// otherwise to its own room.
    pub(super) fn regroup(
        &mut self,
        world: &mut Simulation,
        following: Option<PlayerId>,
        output: &mut TickOutput,
    ) {
        // Found once, and only if a spectator has to move.
        let mut followed: Option<Option<String>> = None;
        for (&session, spectator) in &mut self.list {
            let Some(viewpoint) = &spectator.viewpoint else {
                continue;
            };
            let watching = world.is_watching(session);
            let with_followed =
                following.is_some_and(|player| viewpoint.perspective == Perspective::Player(player));
            if watching
                && (with_followed || following.is_none() && viewpoint.perspective == Perspective::Everyone)
            {
                continue;
            }
            let followed =
                followed.get_or_insert_with(|| following.and_then(|player| world.followed_room(player)));
            let (room, perspective) = match (followed, following) {
                (Some(room), Some(player)) => (room.clone(), Perspective::Player(player)),
                _ => (viewpoint.room.clone(), Perspective::Everyone),
            };
            if watching && viewpoint.perspective == perspective {
                continue;
            }
            let mut visit = Visit {
                session,
                spectator,
                output,
            };
            if visit.enter(world, &room, perspective, 0).is_err() {
                visit.leave_for(Some(world), 0, LeaveReason::Moved);
            }
        }
    }

    /// Holds all spectators, or only those whose connections take no snapshots.
    pub(super) fn hold_all(&self, world: &mut Simulation, hold: bool) {
        for (&session, spectator) in &self.list {
            world.set_watcher_held(session, hold || spectator.held);
        }
    }

    /// Notes that a spectator is sent a snapshot of this tick.
    pub(super) fn saw(&mut self, session: SessionId, tick: Tick) {
        if let Some(spectator) = self.list.get_mut(&session) {
            spectator.shown = Some(tick);
        }
    }

    /// Handles a new world at this tick, which may be earlier than what spectators have seen. They
    /// enter their rooms again, and ticks belong to a stay in a room.
    pub(super) fn world_changed(&mut self, tick: Tick) {
        for spectator in self.list.values_mut() {
            if spectator.shown >= Some(tick) {
                spectator.shown = None;
            }
        }
    }

    /// Removes all spectators from their rooms, because the world is gone.
    pub(super) fn forget_places(&mut self, output: &mut TickOutput) {
        for (&session, spectator) in &mut self.list {
            let mut visit = Visit {
                session,
                spectator,
                output,
            };
            visit.leave_for(None, 0, LeaveReason::Moved);
        }
    }
}

/// A request of a spectator.
enum Wish {
    Nothing,
    Join(Join),
    Leave(Request),
}

impl Spectator {
    /// Sends it the present tick as the first of its view, if that is later than what it has seen.
    fn show(&mut self, session: SessionId, world: &mut Simulation, output: &mut TickOutput) {
        let tick = Some(world.tick());
        if self.shown < tick && world.show_watcher(session, output) {
            self.shown = tick;
        }
    }

    /// Returns the request in a message, or why it is refused.
    fn wish(&mut self, message: &ClientMessage, now: u64) -> Result<Wish, (Request, Refusal)> {
        match message {
            ClientMessage::Join(join) => {
                let size = JOINS * JOIN_EVERY;
                match take_token(&mut self.full_at, now, now, JOIN_EVERY, size) {
                    Ok(()) => Ok(Wish::Join(join.clone())),
                    Err(wait) => {
                        let ticks = u32::try_from(wait).unwrap_or(u32::MAX);
                        Err((join.request, Refusal::rate_limited(ticks)))
                    }
                }
            }
            ClientMessage::Leave { request } => Ok(Wish::Leave(*request)),
            // These need a player in a room, and a spectator has none.
            ClientMessage::Chat(chat) => Err((chat.request, Refusal::NotInRoom)),
            ClientMessage::SetSkin(skin) => Err((skin.request, Refusal::NotInRoom)),
            ClientMessage::SetState(batch) => Err((batch.request, Refusal::NotInRoom)),
            ClientMessage::Custom(custom) => Err((custom.request, Refusal::NotInRoom)),
            ClientMessage::Act(act) => Err((act.request, Refusal::NotInRoom)),
            ClientMessage::Reserve(reserve) => Err((reserve.request, Refusal::NotInRoom)),
            // The edge answers these, or they have no answer.
            ClientMessage::Move(_)
            | ClientMessage::Hello(_)
            | ClientMessage::Ping { .. }
            | ClientMessage::Authenticate(_)
            | ClientMessage::Ack { .. }
            | ClientMessage::Bye => Ok(Wish::Nothing),
        }
    }
}
