//! A server whose map places objects: clients see them, and the admin port counts them.

use parlour_shared::{
    map::MapObject,
    motion::{Position, WallGrid},
    snapshot::Snapshot,
};
use parlour_sim::{Logic, ObjectKind, SimulationApp as _};
use parlour_testing::{eventually, maps::map};
use std::sync::Arc;

use crate::support::{http, raw_client::ConnectionEvent, test_server::start_with};

#[test]
fn objects_of_a_map_are_seen_by_clients_and_counted() {
    let server = start_with(|options| {
        let middle = Position::from_px(512, 512);
        let mut plaza = map("plaza", WallGrid::new(32, 32, 32), middle, Vec::new());
        plaza.objects = [500, 530]
            .map(|x| MapObject {
                class: "chair".into(),
                position: Position::from_px(x, 512),
                ..MapObject::default()
            })
            .to_vec();
        options.sim.maps = vec![Arc::new(plaza)];
        options.logic = Logic::new(|app| {
            app.object_kind(ObjectKind::new("chair"));
        });
    });
    let mut ann = server.player("ann");
    let entered = ann.join("plaza");
    let kinds: Vec<&str> = entered.kinds.iter().map(|kind| kind.name.as_str()).collect();
    assert_eq!(kinds, ["player", "chair"]);
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let ConnectionEvent::Binary(payload) = ann.next_event() else {
            continue;
        };
        let mut snapshot = Snapshot::default();
        if snapshot.read(&payload).is_ok() {
            let objects = snapshot
                .enters
                .iter()
                .filter_map(|enter| Some((enter.identity.object()?.kind.0, enter.position.x / 256)));
            seen.extend(objects);
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, [(1, 500), (1, 530)]);
    eventually("the objects are counted", || {
        server.metric("parlour_objects{thread=\"0\"}") == 2.0
    });
    eventually("the world has objects", || {
        let answer = server.get_admin("/worlds");
        let (_, body) = http::head_and_body(&answer);
        let report: serde_json::Value = serde_json::from_str(body).unwrap();
        report["worlds"][0]["objects"] == 2
    });
}
