//! Control of the motion of a player or an object by game logic: it sets a velocity, pushes, stops,
//! carries, and locks or slows the input of a player.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::Tick,
    motion::{Heading, Position, Velocity},
};
use serde::{Deserialize, Serialize};

use super::{
    Motion,
    surroundings::{place_of, surroundings, turn},
};
use crate::{
    clock::Clock,
    kinds::EntityKinds,
    objects::Object,
    rooms::{InRoom, Room},
    state::StableId,
};

/// The control that game logic has over the motion of a player or an object. In a world that called
/// [`SimulationApp::control_motion`](crate::SimulationApp::control_motion), each player has it, and
/// it starts again in each room. An object has it if game logic inserts it. It then takes over the
/// motion of the object with the first change; an object sends no commands.
///
/// A change takes effect in this tick if the system that makes it runs before
/// [`Walk`](crate::Walk), and otherwise in the next tick. Commands of the player that arrive while
/// it is pushed, carried or locked are remembered, and the last one applies afterwards. Where
/// several controls apply, a carrier comes first, then a push, then a set velocity.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// The heading of the player's last command.
    wanted: Heading,
    /// The part of the speed that input has, in 1/256.
    slow: u16,
    /// The heading that replaces the player's own, until its next command.
    set: Option<Heading>,
    push: Option<PushedHeading>,
    /// The tick at which the lock of the input ends. `Tick(u32::MAX)`: when it is released.
    locked_until: Option<Tick>,
    carried: Option<CarrierLink>,
    /// Whether the heading must be computed again.
    is_changed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PushedHeading {
    heading: Heading,
    until: Tick,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CarrierLink {
    pub(super) carrier: StableId,
    pub(super) offset: Position,
    /// Whether it ends before the entities walk next.
    ends: bool,
}

impl Default for Control {
    fn default() -> Self {
        Self {
            wanted: Heading::default(),
            slow: 256,
            set: None,
            push: None,
            locked_until: None,
            carried: None,
            is_changed: false,
        }
    }
}

impl Control {
    /// Moves the player with this velocity until its next command takes effect. While its input is
    /// locked, that is until the lock ends.
    pub fn set_velocity(&mut self, velocity: Velocity) {
        self.set = Some(Heading::free(velocity));
        self.is_changed = true;
    }

    /// Stops the player until its next command takes effect.
    pub fn stop(&mut self) {
        self.set_velocity(Velocity::default());
    }

    /// Moves the player with this velocity for some ticks, and then with its own heading again.
    pub fn push(&mut self, now: Tick, velocity: Velocity, ticks: u32) {
        self.push = Some(PushedHeading {
            heading: Heading::free(velocity),
            until: Tick(now.0.saturating_add(ticks)),
        });
        self.is_changed = true;
    }

    /// Ends a push.
    pub fn end_push(&mut self) {
        self.push = None;
        self.is_changed = true;
    }

    /// Lets the player or object follow a player or object in the same room, at this offset, until
    /// [`Self::put_down`] is called or the carrier leaves the room. Nothing else stops it
    /// meanwhile. Choose an offset at which it is in no wall when it is put down; otherwise it is
    /// put where the carrier is.
    ///
    /// A carrier may itself be carried, through at most 8 carriers. Entities that carry each other,
    /// and those that are carried by them, are put down. An entity whose `Control` is removed or
    /// replaced is not put down: it goes on with the velocity of its carrier.
    pub fn carry(&mut self, carrier: StableId, offset: Position) {
        let ends = false;
        self.carried = Some(CarrierLink {
            carrier,
            offset,
            ends,
        });
    }

    /// Ends the carrying.
    pub fn put_down(&mut self) {
        if let Some(link) = &mut self.carried {
            link.ends = true;
            self.is_changed = true;
        }
    }

    /// Whether the entity is carried.
    #[must_use]
    pub fn is_carried(&self) -> bool {
        self.carried.is_some_and(|link| !link.ends)
    }

    /// Locks the input of the player until a tick, or until it is released. Until then, the player
    /// continues as it moves now.
    pub fn lock_input(&mut self, until: Option<Tick>) {
        let own = self.own_heading();
        self.set.get_or_insert(own);
        self.locked_until = Some(until.unwrap_or(Tick(u32::MAX)));
    }

    /// Ends the lock of the input. The player then has the heading of its last command.
    pub fn release_input(&mut self) {
        if self.locked_until.take().is_some() {
            self.set = None;
            self.is_changed = true;
        }
    }

    /// Whether the input of the player is locked.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.locked_until.is_some()
    }

    /// Changes the speed of the player's own headings to n/256 of what it would be. 256 is the
    /// normal speed. Velocities that game logic sets are not affected.
    pub fn slow_input(&mut self, n: u16) {
        self.slow = n;
        self.is_changed = true;
    }

    /// Returns the heading of the player's last command.
    #[must_use]
    pub fn wanted(&self) -> Heading {
        self.wanted
    }

    /// Takes a command that is due. Returns the heading that applies, or `None` if something else
    /// moves the player.
    pub(super) fn obey(&mut self, wanted: Heading) -> Option<Heading> {
        self.wanted = wanted;
        if self.locked_until.is_some() {
            return None;
        }
        self.set = None;
        let is_free = self.push.is_none() && self.carried.is_none();
        is_free.then(|| self.own_heading())
    }

    /// Returns whether game logic pushes or carries the player.
    pub(super) fn is_moved(&self) -> bool {
        self.push.is_some() || self.is_carried()
    }

    /// Lets the player stand when game logic moves it no longer.
    pub(super) fn forget_wanted(&mut self) {
        self.wanted = Heading::default();
    }

    /// Returns the next tick in which the control changes the motion without an event.
    pub(super) fn next_due(&self) -> Tick {
        if self.is_changed {
            return Tick(0);
        }
        let push = self.push.map_or(Tick(u32::MAX), |push| push.until);
        push.min(self.locked_until.unwrap_or(Tick(u32::MAX)))
    }

    /// Returns who carries the entity.
    pub(super) fn carried(&self) -> Option<CarrierLink> {
        self.carried
    }

    /// Ends the carrying at once. Returns the heading that then applies.
    pub(super) fn end_carrying(&mut self) -> Heading {
        self.carried = None;
        self.heading()
    }

    fn own_heading(&self) -> Heading {
        self.wanted.scaled(self.slow)
    }

    fn heading(&self) -> Heading {
        let push = self.push.map(|push| push.heading);
        push.or(self.set).unwrap_or_else(|| self.own_heading())
    }

    /// Ends what is over at this tick.
    fn expire(&mut self, tick: Tick) {
        self.is_changed = false;
        if self.push.is_some_and(|push| push.until <= tick) {
            self.push = None;
        }
        if self
            .locked_until
            .is_some_and(|until| until <= tick && until != Tick(u32::MAX))
        {
            self.locked_until = None;
            self.set = None;
        }
    }
}

/// Sets the heading of the entities whose control changed or is due.
pub(super) fn apply(
    mut controlled: Query<(Option<&InRoom>, Option<&Object>, &mut Motion, &mut Control)>,
    rooms: Query<&Room>,
    kinds: Res<EntityKinds>,
    clock: Res<Clock>,
) {
    let tick = clock.tick;
    for (room, object, mut motion, mut control) in &mut controlled {
        if control.next_due() > tick {
            continue;
        }
        control.expire(tick);
        let heading = control.heading();
        let ended = control.carried.take_if(|link| link.ends);
        let Some((room, kind)) = place_of(room, object) else {
            continue;
        };
        let (Ok(room), Some(kind)) = (rooms.get(room), kinds.get(kind)) else {
            continue;
        };
        let around = surroundings(room, kind);
        if let Some(link) = ended {
            motion.put_down(around, link.offset, heading, tick);
        } else if control.carried.is_none() && heading != motion.course.segment.gait.heading {
            turn(&mut motion, (room, kind), heading, tick);
        }
    }
}
