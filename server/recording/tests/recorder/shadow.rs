//! The shadow follows each world by itself.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bevy_ecs::prelude::*;
use parlour_recording::replay::Replay;
use parlour_shared::ids::Tick;
use parlour_sim::{Clock, Logic, SimulationApp as _, StepSet, TickSchedule};
use parlour_testing::{Crowd, eventually};
use serde::{Deserialize, Serialize};

use crate::support::{Node, files, inputs};

/// A counter that is part of the state.
#[derive(Resource, Clone, Debug, Default, Serialize, Deserialize)]
struct Score(u64);

/// Returns game logic that does something else when `later` is set.
fn depends_on(later: &Arc<AtomicBool>) -> Logic {
    let later = Arc::clone(later);
    Logic::new(move |app| {
        let later = Arc::clone(&later);
        app.init_resource::<Score>().state_resource::<Score>("score");
        let system = move |mut score: ResMut<Score>, clock: Res<Clock>| {
            if clock.tick.0 == 150 && later.load(Ordering::Relaxed) {
                score.0 += 1;
            }
        };
        app.add_systems(TickSchedule, system.in_set(StepSet::Simulate));
    })
}

#[test]
fn only_the_world_that_diverges_is_reported() {
    let later = Arc::new(AtomicBool::new(false));
    let mut node = Node::start(|options| {
        options.history_directory = options.directory.take();
        options.shadow = true;
    });
    let config = Crowd::config();
    let mut good = node.open(1, "good", &config, &Logic::default());
    let mut bad = node.open(2, "bad", &config, &depends_on(&later));
    for input in inputs(1, 200) {
        node.step(0, &mut good, &input);
        node.step(1, &mut bad, &input);
    }
    // Second worlds run seconds later.
    later.store(true, Ordering::Relaxed);
    eventually("the history of the divergence", || {
        files(&node.directory, "bad", "-diverged.plr").len() == 1
    });
    assert!(files(&node.directory, "good", ".plr").is_empty());
    let path = &files(&node.directory, "bad", "-diverged.plr")[0];
    let replay = Replay::open(path, &config.maps, depends_on(&later)).unwrap();
    assert_eq!(replay.last_tick(), Some(Tick(200)));
}
