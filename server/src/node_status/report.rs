//! The answer of `GET /worlds`: the reports of the desk and the tick threads, joined by world.

use parlour_tick::{WorldId, WorldKind};
use serde::Serialize;

use super::{DeskReport, DeskWorld, TimeSummary, WorldFigures, WorldState};

/// The state of a node. docs/deployment.md describes the fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct NodeReport {
    /// By tick thread: the share of its time that it worked in the last second, 0 to 1.
    pub(crate) thread_load: Vec<f64>,
    /// Sessions that are in no world.
    pub(crate) lobby_sessions: u32,
    /// The worlds, in the order of their creation.
    pub(crate) worlds: Vec<WorldEntry>,
}

/// The state of one world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct WorldEntry {
    /// Its name.
    pub(crate) name: String,
    /// The room type, if it is only for rooms of that type.
    #[serde(rename = "type")]
    pub(crate) room_type: Option<String>,
    /// Whether it has only one room.
    pub(crate) own: bool,
    /// The index of its tick thread.
    pub(crate) thread: usize,
    /// What it does.
    pub(crate) state: WorldState,
    /// Its last finished tick.
    pub(crate) tick: u32,
    /// The time of a tick in microseconds.
    pub(crate) tick_us: TimeSummary,
    /// Sessions in it.
    pub(crate) sessions: u32,
    /// Players in its rooms.
    pub(crate) players: u32,
    /// Entities.
    pub(crate) entities: u32,
    /// Bytes of all frames in the last second.
    pub(crate) output_bytes: u64,
    /// Panics since it was created.
    pub(crate) panics: u32,
    /// Times that it was rebuilt.
    pub(crate) restarts: u32,
    /// Its rooms, by name.
    pub(crate) rooms: Vec<RoomEntry>,
}

/// The state of one room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct RoomEntry {
    /// Its name.
    pub(crate) name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub(crate) room_type: String,
    /// Players.
    pub(crate) players: u32,
    /// Reserved seats that nobody has taken yet.
    pub(crate) reserved: u32,
    /// The maximum of players and reserved seats.
    pub(crate) capacity: u32,
    /// Whether it admits nobody now.
    pub(crate) locked: bool,
    /// Whether only clients that know its name may enter.
    pub(crate) private: bool,
}

impl NodeReport {
    /// Joins the report of the desk with the figures of the tick threads. A world without figures,
    /// because it has just started, has zeros.
    pub(super) fn joined(desk: DeskReport, figures: &[WorldFigures], thread_load: Vec<f64>) -> Self {
        let mut figures = figures.to_vec();
        figures.sort_by_key(|figures| figures.world);
        let of = |world: WorldId| {
            let place = figures.binary_search_by_key(&world, |figures| figures.world);
            place.map(|place| figures[place]).unwrap_or_default()
        };
        let worlds = desk.worlds.into_iter();
        Self {
            thread_load,
            lobby_sessions: desk.in_lobby,
            worlds: worlds
                .map(|world| {
                    let figures = of(world.world);
                    WorldEntry::joined(world, figures)
                })
                .collect(),
        }
    }
}

impl WorldEntry {
    fn joined(desk: DeskWorld, figures: WorldFigures) -> Self {
        let rooms = desk.rooms.into_iter().map(|room| RoomEntry {
            name: room.room,
            room_type: room.room_type,
            players: room.players,
            reserved: room.reserved,
            capacity: room.capacity,
            locked: room.locked,
            private: room.private,
        });
        Self {
            name: desk.name,
            room_type: desk.kind.room_type().map(str::to_owned),
            own: matches!(desk.kind, WorldKind::Own { .. }),
            thread: desk.thread,
            state: desk.state,
            tick: figures.tick,
            tick_us: figures.times,
            sessions: figures.sessions,
            players: figures.players,
            entities: figures.entities,
            output_bytes: figures.output_bytes,
            panics: desk.panics,
            restarts: desk.restarts,
            rooms: rooms.collect(),
        }
    }
}
