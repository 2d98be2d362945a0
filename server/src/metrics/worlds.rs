//! The metrics of worlds, by tick thread and by room type. Never by world or room: their number has
//! no small bound.

use ::metrics::{Counter, Gauge, Histogram};

use super::{
    TICK_BUCKETS,
    recorder::MetricsRecorder,
    rows::{labelled_counter, labelled_gauge, labelled_histogram, rows},
};

/// The label of the shared worlds of all types without their own logic. No type can have this name.
const MAIN: &str = "(main)";

/// The handles of all tick threads and room types, created once.
pub(crate) struct WorldMetrics {
    /// By the index of the tick thread.
    pub(crate) threads: Box<[ThreadMetrics]>,
    /// By room type, sorted by name.
    types: Box<[(String, TypeMetrics)]>,
    main: TypeMetrics,
}

/// The metrics of a tick thread. The gauges are set once a second.
pub(crate) struct ThreadMetrics {
    pub(crate) load: Gauge,
    pub(crate) worlds: Gauge,
    pub(crate) players: Gauge,
    pub(crate) duration: Histogram,
    pub(crate) lateness: Histogram,
    pub(crate) overruns: Counter,
    pub(crate) skipped: Counter,
    pub(crate) moved: Counter,
}

/// The metrics of a room type. The gauges are set once a second.
pub(crate) struct TypeMetrics {
    pub(crate) rooms: Gauge,
    pub(crate) players: Gauge,
    /// The worlds that are only for this type.
    pub(crate) worlds: Gauge,
    pub(crate) panics: Counter,
    pub(crate) restarts: Counter,
    pub(crate) failed: Counter,
}

impl WorldMetrics {
    /// Creates all metrics, at zero. `types` are the names of all room types.
    pub(super) fn new(recorder: &MetricsRecorder, threads: usize, types: &[String]) -> Self {
        let mut types: Vec<(String, TypeMetrics)> = types
            .iter()
            .map(|name| (name.clone(), TypeMetrics::new(recorder, name)))
            .collect();
        types.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self {
            threads: (0..threads)
                .map(|thread| ThreadMetrics::new(recorder, thread))
                .collect(),
            types: types.into(),
            main: TypeMetrics::new(recorder, MAIN),
        }
    }

    /// Returns the metrics of a room type. `None`, and a type that the node does not have: those of
    /// the shared worlds of all types without their own logic.
    pub(crate) fn of_type(&self, name: Option<&str>) -> &TypeMetrics {
        let place = name.and_then(|name| self.types.binary_search_by(|(one, _)| (**one).cmp(name)).ok());
        place.map_or(&self.main, |place| &self.types[place].1)
    }
}

impl ThreadMetrics {
    fn new(recorder: &MetricsRecorder, thread: usize) -> Self {
        let thread = thread.to_string();
        let label = ("thread", thread.as_str());
        rows!(recorder, Self {
            load = labelled_gauge(label), "parlour_thread_load",
                "The share of the last second that a tick thread worked, 0 to 1.";
            worlds = labelled_gauge(label), "parlour_thread_worlds", "Worlds on a tick thread.";
            players = labelled_gauge(label), "parlour_thread_players", "Players in the rooms on a tick thread.";
            duration = labelled_histogram(label, &TICK_BUCKETS), "parlour_thread_tick_seconds",
                "Seconds of work of a tick thread in one tick, for all its worlds.";
            lateness = labelled_histogram(label, &TICK_BUCKETS), "parlour_thread_lateness_seconds",
                "Seconds between a tick's deadline and its start, by tick thread.";
            overruns = labelled_counter(label), "parlour_thread_overruns_total",
                "Ticks of a tick thread that took longer than 1/60 s.";
            skipped = labelled_counter(label), "parlour_thread_skipped_total",
                "Deadlines that a tick thread skipped without a tick, because it was more than 3 ticks late.";
            moved = labelled_counter(label), "parlour_thread_worlds_moved_total",
                "Worlds that were moved away from a tick thread, because they overran for a second.";
        })
    }
}

impl TypeMetrics {
    fn new(recorder: &MetricsRecorder, name: &str) -> Self {
        let label = ("type", name);
        rows!(recorder, Self {
            rooms = labelled_gauge(label), "parlour_type_rooms", "Rooms of a type.";
            players = labelled_gauge(label), "parlour_type_players", "Players in rooms of a type.";
            worlds = labelled_gauge(label), "parlour_type_worlds",
                "Worlds that are only for rooms of a type. (main): the worlds of all other types.";
            panics = labelled_counter(label), "parlour_type_panics_total", "Panics of worlds, by type.";
            restarts = labelled_counter(label), "parlour_type_restarts_total",
                "Worlds that were rebuilt after a panic or on request, by type.";
            failed = labelled_counter(label), "parlour_type_worlds_failed_total",
                "Worlds that ended because they panicked twice within 10 s or could not be rebuilt, by type.";
        })
    }
}
