//! The metrics of worlds and rooms by room type. Never by world or room: their number has no small
//! bound.

use ::metrics::{Counter, Gauge};

use super::{
    recorder::MetricsRecorder,
    rows::{labelled_counter, labelled_gauge, rows},
};

/// The label of the shared worlds of all types without their own logic. No type can have this name.
const MAIN: &str = "(main)";

/// The metrics of all room types, created once.
pub(crate) struct RoomTypeMetrics {
    /// By room type, sorted by name.
    types: Box<[(String, TypeMetrics)]>,
    main: TypeMetrics,
}

/// The metrics of one room type. The gauges are set once a second.
pub(crate) struct TypeMetrics {
    pub(crate) rooms: Gauge,
    pub(crate) players: Gauge,
    /// The worlds that are only for this type, and so for the following counters.
    pub(crate) worlds: Gauge,
    pub(crate) created: Counter,
    pub(crate) panics: Counter,
    pub(crate) restarts: Counter,
    /// The moves to a different tick thread.
    pub(crate) moved: Counter,
    /// The seconds in which a world made its tick thread late.
    pub(crate) overruns: Counter,
    pub(crate) ended: Counter,
}

impl RoomTypeMetrics {
    /// Creates all metrics, at zero. `types` are the names of all room types.
    pub(super) fn new(recorder: &MetricsRecorder, types: &[String]) -> Self {
        let mut types: Vec<(String, TypeMetrics)> = types
            .iter()
            .map(|name| (name.clone(), TypeMetrics::new(recorder, name)))
            .collect();
        types.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self {
            types: types.into(),
            main: TypeMetrics::new(recorder, MAIN),
        }
    }

    /// Returns the metrics of a room type. `None`, and a type that the node does not have: those of
    /// the shared worlds of all types without their own logic.
    pub(crate) fn of(&self, name: Option<&str>) -> &TypeMetrics {
        let place = name.and_then(|name| self.types.binary_search_by(|(one, _)| (**one).cmp(name)).ok());
        place.map_or(&self.main, |place| &self.types[place].1)
    }

    /// Returns the metrics of all types with their names, sorted, and at the end those of the
    /// shared worlds of all types without their own logic.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Option<&str>, &TypeMetrics)> {
        let types = self.types.iter().map(|(name, one)| (Some(name.as_str()), one));
        types.chain([(None, &self.main)])
    }
}

impl TypeMetrics {
    fn new(recorder: &MetricsRecorder, name: &str) -> Self {
        let label = ("type", name);
        rows!(recorder, None, Self {
            rooms = labelled_gauge(label), "parlour_type_rooms", "Rooms, by type.";
            players = labelled_gauge(label), "parlour_type_players", "Players in a room, by type of the room.";
            worlds = labelled_gauge(label), "parlour_type_worlds",
                "Worlds that are only for rooms of one type, by type. (main): the worlds of all other types.";
            created = labelled_counter(label), "parlour_worlds_created_total", "Worlds that were started, by type.";
            panics = labelled_counter(label), "parlour_world_panics_total", "Panics of worlds, by type.";
            restarts = labelled_counter(label), "parlour_world_restarts_total",
                "Worlds that were rebuilt after a panic or on request, by type.";
            moved = labelled_counter(label), "parlour_worlds_moved_total",
                "Worlds that moved to a different tick thread, on request or because they made theirs late, by type.";
            overruns = labelled_counter(label), "parlour_world_overruns_total",
                "Seconds in which the ticks of a thread took too long, by type of its world that took longest.";
            ended = labelled_counter(label), "parlour_worlds_ended_total", "Worlds that ended, by type.";
        })
    }
}
