//! Walking in a world in which bodies stop bodies. The entities of a room move one after the other,
//! in the order of their slots, so that two of them never step into the same place. Each is stopped
//! by the others where they are at that moment: those before it have already moved.

use bevy_ecs::{prelude::*, system::SystemParam};
use parlour_shared::{
    ids::{Epoch, KindId, Slot, Tick},
    motion::{self, Blocker, Course, Gait, Heading, Position, Segment, Surroundings, contact},
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
pub(super) fn walk_among_bodies(mut walk: AmongBodies<'_, '_>, mut scratch: Local<Scratch>) {
    let Scratch { busy, blockers } = &mut *scratch;
    busy.clear();
    walk.objects.notice_changes();
    walk.place_players(busy);
    walk.place_objects(busy);
    busy.sort_unstable();
    for &(_, slot, entity) in busy.iter() {
        walk.move_and_obey(entity, slot, blockers);
    }
}

/// What walking among solid bodies needs to know.
#[derive(SystemParam)]
pub(super) struct AmongBodies<'w, 's> {
    players: Query<'w, 's, Walker<'static>, Without<Object>>,
    objects: ObjectWalk<'w, 's>,
    passable: Query<'w, 's, (), With<Passable>>,
    controls: Query<'w, 's, &'static mut Control>,
    rooms: Query<'w, 's, (&'static Room, &'static mut SolidBodies)>,
    clock: Res<'w, Clock>,
    outbox: ResMut<'w, Outbox>,
}

impl AmongBodies<'_, '_> {
    /// Puts all players where they are before they walk, and collects those that may move.
    fn place_players(&mut self, busy: &mut Vec<(Epoch, Slot, Entity)>) {
        let tick = self.clock.tick;
        let are_solid = self.objects.kinds.is_solid(KindId::PLAYER);
        for (player, room, seat, motion, mut position, queue, _) in &mut self.players {
            if are_solid && let Ok((_, mut bodies)) = self.rooms.get_mut(room.0) {
                bodies.put(KindId::PLAYER, seat.slot, motion.step_ahead(tick).position, tick);
            }
            let segment = motion.segment();
            let rests = segment.gait.heading.is_still() && segment.since != tick;
            if rests && tick < motion.course.review && !queue.is_due(tick) {
                position.set_if_neq(CurrentPosition(segment.at(tick)));
            } else {
                busy.push((seat.epoch, seat.slot, player));
            }
        }
    }

    /// Puts the objects that move or changed where they are before they walk, and collects them.
    fn place_objects(&mut self, busy: &mut Vec<(Epoch, Slot, Entity)>) {
        let tick = self.clock.tick;
        let ObjectWalk {
            objects,
            moving,
            kinds,
            ..
        } = &mut self.objects;
        moving.retain(|Mover { epoch, slot, object }| {
            let Ok((_, details, motion, _)) = objects.get(object) else {
                return false;
            };
            if kinds.is_solid(details.kind())
                && !self.passable.contains(object)
                && let Ok((_, mut bodies)) = self.rooms.get_mut(details.room())
            {
                bodies.put(details.kind(), slot, motion.step_ahead(tick).position, tick);
            }
            busy.push((epoch, slot, object));
            !motion.segment().gait.heading.is_still()
        });
    }

    /// Moves an entity to this tick, and lets it obey a command.
    fn move_and_obey(&mut self, entity: Entity, slot: Slot, blockers: &mut Vec<Blocker>) {
        let tick = self.clock.tick;
        let kinds = &*self.objects.kinds;
        let (room, id, mut motion, mut position, command) = match self.players.get_mut(entity) {
            Ok((_, room, _, motion, position, queue, link)) => {
                (room.0, KindId::PLAYER, motion, position, Some((queue, link)))
            }
            Err(_) => match self.objects.objects.get_mut(entity) {
                Ok((_, object, motion, position)) => (object.room(), object.kind(), motion, position, None),
                Err(_) => return,
            },
        };
        let (Ok((room, mut bodies)), Some(kind)) = (self.rooms.get_mut(room), kinds.get(id)) else {
            return;
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
        let mut control = self.controls.get_mut(entity).ok();
        if !control.as_ref().is_some_and(|control| control.is_carried()) {
            among.walk(&mut motion);
        }
        if let Some((mut queue, mut link)) = command
            && queue.is_due(tick)
        {
            let counts = &mut self.outbox.out.counts;
            let heading = take_command(&mut queue, &mut link, control.as_deref_mut(), counts, tick);
            if let Some(heading) = heading.filter(|heading| *heading != motion.segment().gait.heading) {
                let here = motion.segment().at(tick);
                motion.follow(among.turn(here, heading), tick);
            }
        }
        let here = motion.segment().at(tick);
        position.set_if_neq(CurrentPosition(here));
        let is_player = id == KindId::PLAYER;
        if kinds.is_solid(id) && (is_player || !self.passable.contains(entity)) {
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
            self.walk_before_turn(motion);
            return;
        }
        // Game logic that ran after the last walk may have turned it, when it saw only walls.
        let is_new = segment.since.after(1) == tick || self.bodies.have_changed(tick);
        let is_still = segment.gait.heading.is_still();
        if is_new && !is_still || tick >= motion.course.review {
            let around = self.around(motion.step_ahead(tick));
            review(motion, around, tick);
        }
    }

    /// Moves an entity that game logic turned in this tick, when it saw only walls: it walks with
    /// its old heading first.
    fn walk_before_turn(&mut self, motion: &mut Mut<'_, Motion>) {
        let (tick, segment) = (self.tick, motion.segment());
        let step = motion.step_ahead(tick);
        let around = self.around(step);
        let course = Course {
            segment: step,
            review: tick,
        };
        let here = contact(around, &course, tick).segment.at(tick);
        let course = self.turn(here, segment.gait.heading);
        if course.segment == segment {
            motion.bypass_change_detection().course = course;
        } else {
            motion.follow(course, tick);
        }
    }

    /// Returns the course of the entity if it turns at this tick.
    fn turn(&mut self, here: Position, heading: Heading) -> Course {
        let tick = self.tick;
        let ahead = Segment {
            gait: Gait::open(heading),
            ..Segment::still(tick, here)
        };
        motion::turn(self.around(ahead), here, heading, tick)
    }

    /// Returns what can stop the entity on its way from the position of a segment.
    fn around(&mut self, ahead: Segment) -> Surroundings<'_> {
        let way = (ahead.position, ahead.gait.heading.velocity());
        self.bodies.around(self.ground, self.body, way, self.blockers)
    }
}
