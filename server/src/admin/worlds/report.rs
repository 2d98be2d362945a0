//! The answer of `GET /worlds`: the reports of the desk and the tick threads, joined by world.

use std::collections::BTreeMap;

use parlour_shared::text::shortened_room_name;
use parlour_tick::{WorldId, WorldKind};
use serde::Serialize;

use crate::{
    desk::{DeskView, RoomView, WorldPanic, WorldState, WorldView},
    node_status::{TimeSummary, WorldFigures},
};

/// The state of a node. docs/deployment.md describes the fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct NodeReport {
    /// By tick thread: the share of its time that it worked in the last second, 0 to 1.
    pub(super) thread_load: Vec<f64>,
    /// The worlds, in the order of their creation.
    pub(super) worlds: Vec<WorldEntry>,
}

/// The state of one world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct WorldEntry {
    /// Its name.
    pub(super) name: String,
    /// The room type, if it is only for rooms of that type.
    #[serde(rename = "type")]
    pub(super) room_type: Option<String>,
    /// Whether it has only one room.
    pub(super) own: bool,
    /// The index of its tick thread.
    pub(super) thread: usize,
    /// What it does.
    pub(super) state: &'static str,
    /// Its last finished tick.
    pub(super) tick: u32,
    /// The time of a tick in microseconds.
    pub(super) tick_us: TimeSummary,
    /// Sessions in it.
    pub(super) sessions: usize,
    /// Players in its rooms.
    pub(super) players: u32,
    /// Objects in its rooms.
    pub(super) objects: u32,
    /// Entities.
    pub(super) entities: u32,
    /// Bytes of all frames in the last second.
    pub(super) output_bytes: u64,
    /// Panics since it was created.
    pub(super) panics: u32,
    /// Times that it was rebuilt.
    pub(super) restarts: u32,
    /// Its last panic.
    pub(super) last_panic: Option<PanicEntry>,
    /// Its rooms, by name.
    pub(super) rooms: Vec<RoomEntry>,
}

/// A panic of a world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct PanicEntry {
    /// The tick.
    pub(super) tick: u32,
    /// The system that panicked, if it is known.
    pub(super) system: Option<String>,
    /// The message, and its place in the code.
    pub(super) message: String,
}

/// The state of one room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct RoomEntry {
    /// Its name, shortened if the room is private: the name is the invitation to the room.
    pub(super) name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub(super) room_type: String,
    /// Players.
    pub(super) players: u32,
    /// Reserved seats that nobody has taken yet.
    pub(super) reserved: u32,
    /// The maximum of players and reserved seats.
    pub(super) capacity: u32,
    /// Whether it admits nobody now.
    pub(super) locked: bool,
    /// Whether only clients that know its name may enter.
    pub(super) private: bool,
}

impl NodeReport {
    /// Joins what the desk knows with the figures of the tick threads, which are sorted by world. A
    /// world without figures, because it has just started, has zeros.
    pub(super) fn joined(desk: DeskView, figures: &[WorldFigures], thread_load: Vec<f64>) -> Self {
        let of = |world: WorldId| {
            let place = figures.binary_search_by_key(&world, |figures| figures.world);
            place.map(|place| figures[place]).unwrap_or_default()
        };
        let mut rooms: BTreeMap<WorldId, Vec<RoomEntry>> = BTreeMap::new();
        for room in desk.rooms {
            rooms.entry(room.world).or_default().push(room.into());
        }
        let worlds = desk.worlds.into_iter().map(|world| {
            let figures = of(world.world);
            let rooms = rooms.remove(&world.world).unwrap_or_default();
            WorldEntry::joined(world, rooms, figures)
        });
        Self {
            thread_load,
            worlds: worlds.collect(),
        }
    }
}

impl WorldEntry {
    fn joined(desk: WorldView, rooms: Vec<RoomEntry>, figures: WorldFigures) -> Self {
        Self {
            name: desk.name,
            room_type: desk.kind.room_type().map(str::to_owned),
            own: matches!(desk.kind, WorldKind::Own { .. }),
            thread: desk.thread,
            state: match desk.state {
                WorldState::Creating => "creating",
                WorldState::Running => "running",
                WorldState::Moving => "moving",
                WorldState::Rebuilding => "rebuilding",
                WorldState::Ending => "ending",
            },
            tick: figures.tick,
            tick_us: figures.times,
            sessions: desk.sessions,
            players: desk.players,
            objects: figures.objects,
            entities: figures.entities,
            output_bytes: figures.output_bytes,
            panics: desk.panics,
            restarts: desk.restarts,
            last_panic: desk.last_panic.map(PanicEntry::from),
            rooms,
        }
    }
}

impl From<WorldPanic> for PanicEntry {
    fn from(panic: WorldPanic) -> Self {
        Self {
            tick: panic.tick.0,
            system: panic.fault.system,
            message: panic.fault.message,
        }
    }
}

impl From<RoomView> for RoomEntry {
    fn from(room: RoomView) -> Self {
        let room = room.status;
        Self {
            name: match room.private {
                true => shortened_room_name(&room.room),
                false => room.room,
            },
            room_type: room.room_type,
            players: room.players,
            reserved: room.reserved,
            capacity: room.capacity,
            locked: room.locked,
            private: room.private,
        }
    }
}

#[cfg(test)]
mod tests {
    use parlour_shared::ids::Tick;
    use parlour_tick::RoomStatus;

    use super::*;
    use crate::bridge::fault::Fault;

    fn world(id: u32, name: &str, kind: WorldKind) -> WorldView {
        WorldView {
            world: WorldId(id),
            name: name.to_owned(),
            thread: 1,
            kind,
            state: WorldState::Running,
            rooms: 1,
            players: 2,
            sessions: 3,
            panics: 4,
            restarts: 5,
            last_panic: None,
        }
    }

    fn room(world: u32, name: &str) -> RoomView {
        RoomView {
            world: WorldId(world),
            status: RoomStatus {
                room: name.to_owned(),
                room_type: "tag".to_owned(),
                players: 2,
                reserved: 1,
                capacity: 8,
                locked: true,
                ..RoomStatus::default()
            },
        }
    }

    #[test]
    fn the_names_of_private_rooms_are_not_shown() {
        let mut private = room(4, "tag/k7dq9x0w2m4c8vb");
        private.status.private = true;
        let desk = DeskView {
            worlds: vec![world(4, "main", WorldKind::Main)],
            rooms: vec![private, room(4, "tag/blue")],
        };
        let report = NodeReport::joined(desk, &[], Vec::new());
        let names: Vec<&str> = report.worlds[0]
            .rooms
            .iter()
            .map(|room| room.name.as_str())
            .collect();
        assert_eq!(names, ["tag/k7dq…", "tag/blue"]);
    }

    #[test]
    fn the_report_is_the_documented_json() {
        let own = WorldKind::Own {
            room_type: "tag".to_owned(),
            room: Some("tag/2".to_owned()),
        };
        let mut fragile = world(9, "tag.2", own);
        fragile.last_panic = Some(WorldPanic {
            tick: Tick(77),
            fault: Fault::new(Some("tag::explode"), "no luck".to_owned()),
        });
        let desk = DeskView {
            worlds: vec![world(4, "main", WorldKind::Main), fragile],
            rooms: vec![room(9, "tag/2"), room(77, "of a world that has just ended")],
        };
        // World 7 has ended: the desk does not list it any longer.
        let figures = [7, 9].map(|world| WorldFigures {
            world: WorldId(world),
            tick: 10 * world,
            objects: 1,
            entities: 6,
            output_bytes: 5000,
            ..WorldFigures::default()
        });
        let report = NodeReport::joined(desk, &figures, vec![0.5]);
        let report = serde_json::to_value(&report).unwrap();
        let expected = serde_json::json!({
            "thread_load": [0.5],
            "worlds": [
                {
                    "name": "main", "type": null, "own": false, "thread": 1, "state": "running", "tick": 0,
                    "tick_us": {"p50": 0, "p99": 0, "max": 0}, "sessions": 3, "players": 2, "objects": 0,
                    "entities": 0,
                    "output_bytes": 0, "panics": 4, "restarts": 5, "last_panic": null, "rooms": [],
                },
                {
                    "name": "tag.2", "type": "tag", "own": true, "thread": 1, "state": "running", "tick": 90,
                    "tick_us": {"p50": 0, "p99": 0, "max": 0}, "sessions": 3, "players": 2, "objects": 1,
                    "entities": 6,
                    "output_bytes": 5000, "panics": 4, "restarts": 5,
                    "last_panic": {"tick": 77, "system": "tag::explode", "message": "no luck"},
                    "rooms": [{
                        "name": "tag/2", "type": "tag", "players": 2, "reserved": 1, "capacity": 8, "locked": true,
                        "private": false,
                    }],
                },
            ],
        });
        assert_eq!(report, expected, "{report:#}");
        // The page for operators names every field.
        let page = include_str!("../../../../docs/deployment.md");
        let fields = |value: &serde_json::Value| -> Vec<String> {
            value
                .as_object()
                .into_iter()
                .flatten()
                .map(|(key, _)| key.clone())
                .collect()
        };
        let world = &report["worlds"][1];
        let all = [&report, world, &world["rooms"][0], &world["last_panic"]];
        for field in all.into_iter().flat_map(fields) {
            assert!(page.contains(&format!("| `{field}` |")), "{field}");
        }
    }
}
