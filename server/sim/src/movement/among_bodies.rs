//! Walking in a world in which bodies stop bodies. The entities of a room move one after the other,
//! in the order of their slots, so that two of them never step into the same place. Each is stopped
//! by the others where they are at that moment: those before it have already moved.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{Epoch, KindId, Slot, Tick},
    motion::{self, Blocker, Course, Gait, Heading, Position, Segment, Surroundings, Velocity, contact},
};

use super::{
    Control, CurrentPosition, Motion, MoveQueue, Passable, SolidBodies,
    motion::review,
    moving_objects::{Mover, ObjectWalk},
    queue::take_command,
    solid_bodies::Body,
    surroundings::surroundings,
};
use crate::{
    clock::Clock,
    objects::Object,
    outbox::Outbox,
    player::Link,
    rooms::{InRoom, Room, Seat},
};

type Walker<'a> = (
    Entity,
    &'a InRoom,
    &'a Seat,
    &'a mut Motion,
    &'a mut CurrentPosition,
    &'a mut MoveQueue,
    &'a mut Link,
);

/// Memory that is kept from tick to tick.
#[derive(Default)]
pub(super) struct Scratch {
    busy: Vec<(Epoch, Slot, Entity)>,
    blockers: Vec<Blocker>,
}

/// Moves all players and objects to this tick.
pub(super) fn walk_among_bodies(
    mut players: Query<Walker<'_>, Without<Object>>,
    mut objects: ObjectWalk<'_, '_>,
    passable: Query<(), With<Passable>>,
    mut controls: Query<&mut Control>,
    mut rooms: Query<(&Room, &mut SolidBodies)>,
    (clock, mut outbox): (Res<Clock>, ResMut<Outbox>),
    mut scratch: Local<Scratch>,
) {
    let tick = clock.tick;
    let Scratch { busy, blockers } = &mut *scratch;
    busy.clear();
    objects.notice_changes();
    let players_are_solid = objects.kinds.is_solid(KindId::PLAYER);
    // First, all bodies are where they were in the previous tick.
    for (player, room, seat, motion, mut position, queue, _) in &mut players {
        if players_are_solid && let Ok((_, mut bodies)) = rooms.get_mut(room.0) {
            bodies.put(KindId::PLAYER, seat.slot, motion.start(tick), tick);
        }
        let segment = motion.segment();
        let rests = segment.gait.heading.is_still() && segment.since != tick;
        if rests && tick < motion.course.review && !queue.is_due(tick) {
            position.set_if_neq(CurrentPosition(segment.at(tick)));
        } else {
            busy.push((seat.epoch, seat.slot, player));
        }
    }
    let ObjectWalk {
        objects,
        moving,
        kinds,
        ..
    } = &mut objects;
    moving.retain(|Mover { epoch, slot, object }| {
        let Ok((_, details, motion, _)) = objects.get(object) else {
            return false;
        };
        if kinds.is_solid(details.kind())
            && !passable.contains(object)
            && let Ok((_, mut bodies)) = rooms.get_mut(details.room())
        {
            bodies.put(details.kind(), slot, motion.start(tick), tick);
        }
        busy.push((epoch, slot, object));
        !motion.segment().gait.heading.is_still()
    });
    // Then each of them moves.
    busy.sort_unstable();
    for &(_, slot, entity) in busy.iter() {
        let player = players.get_mut(entity).ok();
        let (room, id, mut motion, mut position, command) = match player {
            Some((_, room, _, motion, position, queue, link)) => {
                (room.0, KindId::PLAYER, motion, position, Some((queue, link)))
            }
            None => match objects.get_mut(entity) {
                Ok((_, object, motion, position)) => (object.room(), object.kind(), motion, position, None),
                Err(_) => continue,
            },
        };
        let (Ok((room, mut bodies)), Some(kind)) = (rooms.get_mut(room), kinds.get(id)) else {
            continue;
        };
        let mut among = Among {
            ground: surroundings(room, kind),
            bodies: &bodies,
            body: Body {
                kinds,
                id,
                kind,
                slot,
            },
            blockers,
            tick,
        };
        let mut control = controls.get_mut(entity).ok();
        if !control.as_ref().is_some_and(|control| control.is_carried()) {
            among.walk(&mut motion);
        }
        if let Some((mut queue, mut link)) = command
            && queue.is_due(tick)
            && let Some(heading) = take_command(
                &mut queue,
                &mut link,
                control.as_deref_mut(),
                &mut outbox.out.counts,
                tick,
            )
            && heading != motion.segment().gait.heading
        {
            let here = motion.segment().at(tick);
            motion.follow(among.turn(here, heading), tick);
        }
        let here = motion.segment().at(tick);
        position.set_if_neq(CurrentPosition(here));
        if kinds.is_solid(id) && !passable.contains(entity) {
            bodies.put(id, slot, here, tick);
        }
    }
}

/// An entity that moves, and everything that can stop it.
struct Among<'a> {
    ground: Surroundings<'a>,
    bodies: &'a SolidBodies,
    body: Body<'a>,
    blockers: &'a mut Vec<Blocker>,
    tick: Tick,
}

impl Among<'_> {
    /// Moves the entity to this tick.
    fn walk(&mut self, motion: &mut Mut<'_, Motion>) {
        let (tick, segment) = (self.tick, motion.segment());
        if segment.since == tick {
            self.walk_again(motion);
            return;
        }
        let is_changed = !segment.gait.heading.is_still() && self.bodies.have_changed(tick);
        if is_changed || tick >= motion.course.review {
            let velocity = segment.gait.heading.velocity();
            let around = self.around(segment.at(Tick(tick.0 - 1)), velocity);
            review(motion, around, tick);
        }
    }

    /// Moves an entity that game logic turned in this tick, when it saw only walls.
    fn walk_again(&mut self, motion: &mut Mut<'_, Motion>) {
        let (tick, segment) = (self.tick, motion.segment());
        let here = self.step(motion.start(tick), segment.position);
        let course = self.turn(here, segment.gait.heading);
        if course.segment == segment {
            motion.bypass_change_detection().course = course;
        } else {
            motion.follow(course, tick);
        }
    }

    /// Returns where a body stops that moves from one position to another in this tick.
    fn step(&mut self, from: Position, to: Position) -> Position {
        let along = |from: i32, to: i32| {
            let most = i32::from(Velocity::MAX);
            to.saturating_sub(from).clamp(-most, most) as i16
        };
        let velocity = Velocity {
            x: along(from.x, to.x),
            y: along(from.y, to.y),
        };
        if velocity == Velocity::default() {
            return to;
        }
        let course = Course {
            segment: Segment {
                since: Tick(self.tick.0 - 1),
                position: from,
                gait: Gait::open(Heading::free(velocity)),
            },
            review: self.tick,
        };
        let tick = self.tick;
        contact(self.around(from, velocity), &course, tick)
            .segment
            .at(tick)
    }

    /// Returns the course of the entity if it turns at this tick.
    fn turn(&mut self, here: Position, heading: Heading) -> Course {
        let tick = self.tick;
        motion::turn(self.around(here, heading.velocity()), here, heading, tick)
    }

    /// Returns what can stop the entity on its way from a position.
    fn around(&mut self, from: Position, velocity: Velocity) -> Surroundings<'_> {
        self.bodies
            .around(self.ground, self.body, (from, velocity), self.blockers)
    }
}
