//! Keeps the index of the objects of each room: [`ObjectSpace`].

use bevy_app::App;
use bevy_ecs::{prelude::*, world::DeferredWorld};

use crate::{
    changed_rows::for_each_changed,
    clock::Clock,
    kinds::{EntityKinds, Kind},
    movement::{ChangePositions, CurrentPosition, Walk},
    objects::Object,
    rooms::Room,
    schedule::{StepSet, TickSchedule},
    space::{NearRadius, ObjectSpace, SlotPosition, SpaceIsUsed},
    state,
};

/// The rooms with objects that count as moving, each once. It also has rooms without players: game
/// logic may search them, and their objects must come to rest.
#[derive(Resource, Debug, Default)]
pub(crate) struct UnsettledRooms(Vec<Entity>);

pub(crate) fn plugin(app: &mut App) {
    app.register_required_components::<Room, ObjectSpace>();
    app.init_resource::<SpaceIsUsed>()
        .init_resource::<UnsettledRooms>();
    state::derived::<UnsettledRooms>(app);
    state::derived::<ObjectSpace>(app);
    state::derived::<SpaceIsUsed>(app);
    let locate = (follow, settle).chain().after(ChangePositions).in_set(Walk);
    app.add_systems(
        TickSchedule,
        locate
            .in_set(StepSet::Simulate)
            .run_if(SpaceIsUsed::run_condition),
    );
}

/// Adds an object to the index of its room, if it has a position already. In a world that is being
/// loaded, it gets its position later.
pub(crate) fn insert(world: &mut DeferredWorld, entity: Entity) {
    let (Some(&object), Some(&position)) =
        (world.get::<Object>(entity), world.get::<CurrentPosition>(entity))
    else {
        return;
    };
    let now = world.resource::<Clock>().tick;
    let own = world.resource::<EntityKinds>().get(object.kind());
    let own = own.and_then(Kind::near_px);
    let room = world.get::<Room>(object.room());
    let Some(near_px) = room.map(|room| own.unwrap_or(room.rules.near_px)) else {
        return;
    };
    if let Some(mut space) = world.get_mut::<ObjectSpace>(object.room()) {
        let here = SlotPosition {
            slot: object.slot(),
            position: position.0,
        };
        let what = (entity, object.kind());
        space.insert(here, what, NearRadius::from_px(near_px), now);
        if space.becomes_unsettled() {
            world.resource_mut::<UnsettledRooms>().0.push(object.room());
        }
    }
}

/// Notes the objects that moved since this system ran last. Rows that did not change are skipped
/// many at a time.
pub(crate) fn follow(
    positions: Query<(&Object, Ref<CurrentPosition>)>,
    mut spaces: Query<&mut ObjectSpace>,
    mut unsettled: ResMut<UnsettledRooms>,
    clock: Res<Clock>,
) {
    let tables = positions.contiguous_iter();
    for (objects, positions) in tables.expect("both components have table storage") {
        for_each_changed(&positions, |row| {
            let object = &objects[row];
            if let Ok(mut space) = spaces.get_mut(object.room()) {
                let space = space.bypass_change_detection();
                space.moved(object.slot(), positions[row].0, clock.tick);
                if space.becomes_unsettled() {
                    unsettled.0.push(object.room());
                }
            }
        });
    }
}

/// Brings the indexes up to date. Rooms in which all objects rest cost nothing.
pub(crate) fn settle(
    mut rooms: Query<(&Room, &mut ObjectSpace)>,
    mut unsettled: ResMut<UnsettledRooms>,
    clock: Res<Clock>,
    mut moving: Local<Vec<SlotPosition>>,
) {
    unsettled.0.retain(|&room| {
        let Ok((room, mut space)) = rooms.get_mut(room) else {
            return false;
        };
        let round = room.rules.refresh_ticks;
        let space = space.bypass_change_detection();
        space.settle(clock.tick, round, &mut moving);
        space.is_unsettled()
    });
}
