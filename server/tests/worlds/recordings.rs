//! The recordings of all worlds of a node replay to the same states, also across failures.

use parlour_client::{Command, Direction, JoinRequest, Refusal};
use parlour_recording::replay::{
    Window, verify,
    worlds::{Worlds, world_directories},
};
use parlour_shared::map::Map;
use parlour_testing::{TemporaryPath, eventually};
use std::{collections::BTreeMap, path::Path, sync::Arc};

use crate::{
    games::{logic_of, start, worlds},
    visitor::Visitor,
};

/// What the recordings of a world contain.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) runs: usize,
    pub(crate) panics: usize,
    pub(crate) ticks: u32,
    /// Whether the last run has players, and ends after all of them have departed.
    pub(crate) all_left: bool,
}

/// Verifies all recordings in a directory. Returns what they contain, by world.
pub(crate) fn verify_all(directory: &Path, maps: &[Arc<Map>]) -> BTreeMap<String, Verified> {
    let mut all = BTreeMap::new();
    for found in world_directories(directory).unwrap() {
        let logic = logic_of(&found.name);
        let opened = Worlds::open(directory, vec![found], maps.to_vec(), logic).unwrap();
        for world in opened.iter() {
            assert_eq!(world.unreadable, 0, "{}", world.name);
            let mut verified = Verified::default();
            for run in &world.runs {
                let mut replay = opened.replay(run).unwrap();
                let whole = Window::new(None, None, &replay.times()).unwrap();
                let result = verify(&mut replay, whole, |_| {})
                    .unwrap_or_else(|error| panic!("{}, {:?}: {error}", world.name, run.files));
                verified.runs += 1;
                verified.panics += usize::from(result.panic.is_some());
                verified.ticks += result.ticks();
                let left = replay.before_all_left(result.last).unwrap();
                verified.all_left = left.is_some();
            }
            all.insert(world.name.clone(), verified);
        }
    }
    all
}

#[tokio::test]
async fn the_recordings_of_all_worlds_are_verified_across_panics() {
    let directory = TemporaryPath::directory();
    let mut maps = Vec::new();
    let server = start(|options| {
        options.recording.directory = Some(directory.0.clone());
        options.recording.keyframe_ticks = 60;
        maps.clone_from(&options.sim.maps);
    });
    let mut ann = Visitor::open_in(&server, "ann", "plaza").await;
    let mut bob = Visitor::open_in(&server, "bob", "east/1").await;
    let reserved = ann
        .connection
        .reserve(2, JoinRequest::new_room("tag"))
        .await
        .unwrap();
    for visitor in [&mut ann, &mut bob] {
        visitor
            .enter(JoinRequest::with_ticket("tag", reserved.ticket.as_str()))
            .await;
    }
    assert_eq!(ann.ask(Command::custom("score", &9_u32).unwrap()).await, None);
    assert_eq!(ann.ask(Command::SetSkin { skin: 1 }).await, None);

    // Through a door.
    bob.enter("east/1").await;
    bob.send(Command::walk(Direction::East)).await;
    assert_eq!(bob.wait_to_enter().await, "west/1");

    // A world that goes on after its failure, with a player that has come from elsewhere.
    ann.enter("fragile/1").await;
    ann.send(Command::walk(Direction::East)).await;
    let fatal = ann.custom("explode", &()).await;
    assert_eq!(ann.answer(fatal).await, Some(Refusal::WorldRestarted));
    ann.wait_to_see(ann.player(), |ann| ann.component == 9 && ann.skin == 1)
        .await;
    bob.enter("fragile/1").await;
    ann.wait_to_see(bob.player(), |_| true).await;

    // A world that ends because it fails twice, and the shelter.
    ann.enter("sheltered/1").await;
    assert_eq!(ann.ask(Command::custom("light", &()).unwrap()).await, None);
    assert_eq!(ann.wait_to_enter().await, "plaza/shelter");
    ann.wait_to_see(ann.player(), |ann| ann.component == 9).await;
    drop(ann);
    eventually("the world of the game is over", || {
        worlds(&server).iter().all(|world| world["type"] != "tag")
    });
    drop(bob);
    assert_eq!(server.inner.stop().failure, None);

    let verified = verify_all(&directory.0, &maps);
    let tag = reserved.room.replace('/', ".");
    let expected = [
        "east.1",
        "fragile.1",
        "main",
        "main-2",
        "sheltered.1",
        &tag,
        "west.1",
    ];
    for name in expected {
        assert!(verified.contains_key(name), "{name}: {verified:#?}");
        assert!(verified[name].ticks > 0, "{name}: {verified:#?}");
    }
    assert_eq!(verified.len(), expected.len(), "{verified:#?}");
    let counts = |name: &str| (verified[name].runs, verified[name].panics);
    assert_eq!(counts("fragile.1"), (2, 1), "{verified:#?}");
    assert_eq!(counts("sheltered.1"), (2, 2), "{verified:#?}");
    assert_eq!(counts("main"), (1, 0), "{verified:#?}");
}
