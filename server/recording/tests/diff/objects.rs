//! A difference in an object is reported with its id, its kind and its room.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::motion::Position;
use parlour_sim::{Clock, ObjectKind, Objects, Rooms, SimulationApp as _};

use crate::support::{AT, Score, config, inputs, logic, record, simulate, state_difference};

/// Spawns a chair in the second tick, and gives it a score later.
fn chair<const VALUE: u64>(app: &mut App) {
    app.object_kind(ObjectKind::new("chair").with::<Score>("score"));
    let spawn = |mut objects: Objects, rooms: Res<Rooms>, clock: Res<Clock>| {
        if clock.tick.0 == 2 {
            let square = rooms.get("square").unwrap();
            let mut chair = objects.spawn(square, "chair", Position::from_px(9, 9)).unwrap();
            chair.insert(Score(1));
        }
    };
    let score = |mut chairs: Query<&mut Score, With<parlour_sim::Object>>, clock: Res<Clock>| {
        if clock.tick.0 == AT {
            chairs.iter_mut().for_each(|mut score| score.0 = VALUE);
        }
    };
    simulate(app, (spawn, score).chain());
}

#[test]
fn the_object_its_kind_and_its_room_are_named() {
    let ours = logic(chair::<7>);
    let recordings = [
        record("objects-one", &config(), &ours, &inputs()),
        record("objects-other", &config(), &logic(chair::<8>), &inputs()),
    ];
    let difference = state_difference(&ours, &recordings);
    assert_eq!(
        (difference.tick, &difference.components[..]),
        (AT, &["score".to_owned()][..])
    );
    let [part] = difference.parting.parts.listed.as_slice() else {
        panic!("{difference:?}");
    };
    assert_eq!(part.owner, "object 1 (chair)");
    assert_eq!((part.room.as_deref(), &part.player), (Some("square"), &None));
    assert_eq!(
        (part.one.clone(), part.other.clone()),
        (Some(7.into()), Some(8.into()))
    );
}
