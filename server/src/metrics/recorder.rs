//! The store of metrics: atomics by name and labels. Counting is one atomic addition, and allocates
//! nothing.
//!
//! `metrics-exporter-prometheus` is not used, because it allocates in the tick: CONTRIBUTING.md has
//! the figures.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, atomic::Ordering},
};

use ::metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Label, Metadata, SharedString, Unit, atomics::AtomicU64,
};

use super::buckets::Buckets;

/// The maximum number of metrics, with each combination of labels as one. The server itself has
/// about 200.
const MAX_METRICS: usize = 10_000;
/// The default bounds of histograms, in seconds: 5 ms to 10 s, as in most clients of Prometheus.
const BOUNDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The metrics of one server, which `/metrics` on its admin port renders. Clones share them.
///
/// The threads of the server count here. Game logic also counts here in a step of its world, with
/// one line of the crate `metrics`:
///
/// ```
/// # fn in_a_system() {
/// metrics::counter!("game_goals_total", "team" => "red").increment(1);
/// # }
/// ```
///
/// The crate must be the version that the server uses, 0.24. Other threads of the program use the
/// recorder of the server:
///
/// ```no_run
/// # use parlour::Server;
/// # fn with(server: Server) {
/// let recorder = server.metrics_recorder().clone();
/// std::thread::spawn(move || {
///     let _guard = metrics::set_default_local_recorder(&recorder);
///     metrics::gauge!("game_backlog").set(3);
/// });
/// # }
/// ```
///
/// A program with one server can instead make its recorder the recorder of the whole program:
/// `metrics::set_global_recorder(server.metrics_recorder().clone())`.
///
/// In a replay and in the shadow the same line does nothing: only the live world counts. A test of
/// game logic creates its own recorder, counts under [`metrics::with_local_recorder`], and reads
/// [`Self::render`].
///
/// # Names
///
/// Begin names with the name of the game; `parlour_` is for the server. A counter ends with
/// `_total`. `metrics::describe_counter!` adds a help text.
///
/// # Cost
///
/// A line as above takes a lock for reading and looks up the name: 30 to 60 ns. It allocates only
/// the first time. A handle that is created once
/// (`let goals = metrics::counter!("game_goals_total");`) and kept in a resource needs no lock and
/// no look-up. Do not keep it in a static: it would belong to the first world that uses it, even if
/// that is a replay. A formatted label allocates each time: use literals.
///
/// # Bounds
///
/// At most 10,000 metrics are kept; each combination of labels is one. So take the values of labels
/// from a small fixed set, and never from players. Further metrics are not counted. The same is
/// true for a name that Prometheus does not allow, and for a name that already has a different
/// kind. A comment at the end of `/metrics` names the first metric that is not counted.
///
/// Histograms have the bounds 5 ms to 10 s.
#[derive(Clone, Default)]
pub struct MetricsRecorder(Arc<RwLock<MetricTable>>);

/// All metrics.
#[derive(Default)]
pub(super) struct MetricTable {
    pub(super) cells: HashMap<Key, Cell>,
    pub(super) families: BTreeMap<String, Family>,
    /// The first metric that is not counted, and why.
    pub(super) refused: Option<(String, &'static str)>,
}

/// State of all metrics with one name.
pub(super) struct Family {
    pub(super) kind: MetricKind,
    pub(super) help: Option<SharedString>,
    bounds: &'static [f64],
}

/// The kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MetricKind {
    Counter,
    Gauge,
    Histogram,
}

/// The value of a metric.
pub(super) enum Cell {
    Counter(Arc<AtomicU64>),
    /// The bits of a float.
    Gauge(Arc<AtomicU64>),
    Histogram(Arc<Buckets>),
}

impl MetricsRecorder {
    /// Describes a name before the first metric has it. The first call for a name counts.
    pub(super) fn describe(
        &self,
        name: &str,
        kind: MetricKind,
        help: SharedString,
        bounds: Option<&'static [f64]>,
    ) {
        let mut table = self.write();
        if let Some(family) = table.family(name, kind) {
            family.help.get_or_insert(help);
            family.bounds = bounds.unwrap_or(family.bounds);
        }
    }

    /// Returns the metric with this key, and creates it if it does not exist. `None`: it is not
    /// counted.
    fn metric<T>(&self, key: &Key, kind: MetricKind, handle: impl Fn(&Cell) -> Option<T>) -> Option<T> {
        let kept = self.read().cells.get(key).and_then(&handle);
        kept.or_else(|| self.write().add(key, kind).and_then(handle))
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, MetricTable> {
        // A panic while the lock is held cannot leave half a change that matters.
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, MetricTable> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MetricTable {
    /// Returns the cell of a key, or `None` if it is not counted.
    fn add(&mut self, key: &Key, kind: MetricKind) -> Option<&Cell> {
        if !are_valid(key.labels()) {
            self.refuse(key.name(), "the name of a label is not allowed");
            return None;
        }
        let bounds = self.family(key.name(), kind)?.bounds;
        if !self.cells.contains_key(key) && self.cells.len() >= MAX_METRICS {
            self.refuse(key.name(), "10,000 metrics are kept already");
            return None;
        }
        Some(self.cells.entry(key.to_retained()).or_insert_with(|| match kind {
            MetricKind::Counter => Cell::Counter(Arc::default()),
            MetricKind::Gauge => Cell::Gauge(Arc::default()),
            MetricKind::Histogram => Cell::Histogram(Arc::new(Buckets::new(bounds))),
        }))
    }

    /// Returns the state of a name, or `None` if no metric of this kind can have it.
    fn family(&mut self, name: &str, kind: MetricKind) -> Option<&mut Family> {
        let why = match self.families.get(name) {
            Some(family) if family.kind == kind => None,
            Some(_) => Some("the name belongs to a different kind of metric"),
            None if !is_name(name, true) => Some("the name is not allowed"),
            None if self.families.len() >= MAX_METRICS => Some("10,000 names are kept already"),
            None => {
                let family = Family {
                    kind,
                    help: None,
                    bounds: BOUNDS,
                };
                self.families.insert(name.to_owned(), family);
                None
            }
        };
        if let Some(why) = why {
            self.refuse(name, why);
            return None;
        }
        self.families.get_mut(name)
    }

    fn refuse(&mut self, name: &str, why: &'static str) {
        self.refused.get_or_insert_with(|| (name.to_owned(), why));
    }
}

/// Returns whether Prometheus accepts labels with these names. A name that it does not accept would
/// spoil all of `/metrics`.
fn are_valid<'a>(labels: impl Iterator<Item = &'a Label> + Clone) -> bool {
    labels.clone().enumerate().all(|(index, label)| {
        let again = labels
            .clone()
            .skip(index + 1)
            .any(|other| other.key() == label.key());
        is_name(label.key(), false) && label.key() != "le" && !again
    })
}

fn is_name(name: &str, colons: bool) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || (colons && c == ':');
    name.chars().all(allowed) && name.chars().next().is_some_and(|first| !first.is_ascii_digit())
}

impl ::metrics::Recorder for MetricsRecorder {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(name.as_str(), MetricKind::Counter, help, None);
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(name.as_str(), MetricKind::Gauge, help, None);
    }

    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(name.as_str(), MetricKind::Histogram, help, None);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let cell = self.metric(key, MetricKind::Counter, |cell| match cell {
            Cell::Counter(cell) => Some(Arc::clone(cell)),
            _ => None,
        });
        cell.map_or(Counter::noop(), Counter::from_arc)
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let cell = self.metric(key, MetricKind::Gauge, |cell| match cell {
            Cell::Gauge(cell) => Some(Arc::clone(cell)),
            _ => None,
        });
        cell.map_or(Gauge::noop(), Gauge::from_arc)
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let cell = self.metric(key, MetricKind::Histogram, |cell| match cell {
            Cell::Histogram(cell) => Some(Arc::clone(cell)),
            _ => None,
        });
        cell.map_or(Histogram::noop(), Histogram::from_arc)
    }
}

impl fmt::Debug for MetricsRecorder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MetricsRecorder").finish_non_exhaustive()
    }
}

impl Cell {
    /// Returns the number of a counter or gauge as text, or `None` for a histogram.
    pub(super) fn number(&self) -> Option<String> {
        match self {
            Self::Counter(cell) => Some(cell.load(Ordering::Relaxed).to_string()),
            Self::Gauge(cell) => Some(f64::from_bits(cell.load(Ordering::Relaxed)).to_string()),
            Self::Histogram(_) => None,
        }
    }
}
