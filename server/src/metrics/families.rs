//! Labelled metrics whose children are resolved once, so that counting is one atomic addition.

use parlour_shared::{close::CloseCode, message::RefusalClass};
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    core::Collector,
};

use crate::edge::Reject;

/// Who ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closer {
    Server,
    Client,
}

/// Messages and their bytes, by kind.
pub(crate) struct ByKind {
    kinds: Vec<(IntCounter, IntCounter)>,
}

impl ByKind {
    pub(super) fn new(
        registry: &Registry,
        (messages, messages_help): (&str, &str),
        (bytes, bytes_help): (&str, &str),
        kinds: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        let messages = counters(registry, messages, messages_help, "kind");
        let bytes = counters(registry, bytes, bytes_help, "kind");
        let child = |family: &IntCounterVec, kind| family.with_label_values(&[kind]);
        Self {
            kinds: kinds
                .into_iter()
                .map(|kind| (child(&messages, kind), child(&bytes, kind)))
                .collect(),
        }
    }

    /// Counts messages of the kind with this number.
    pub(crate) fn add(&self, kind: usize, messages: u64, bytes: u64) {
        if let Some((count, sum)) = self.kinds.get(kind) {
            count.inc_by(messages);
            sum.inc_by(bytes);
        }
    }
}

/// Refusals by class: those of the edge and those of the world, as one family.
pub(crate) struct ByClass {
    edge: Vec<IntCounter>,
    world: [IntCounter; RefusalClass::ALL.len()],
}

impl ByClass {
    pub(super) fn new(registry: &Registry, name: &str, help: &str) -> Self {
        let family = counters(registry, name, help, "class");
        let child = |class: &str| family.with_label_values(&[class]);
        Self {
            edge: Reject::ALL.iter().map(|reject| child(reject.class())).collect(),
            world: RefusalClass::ALL.map(|class| child(class.name())),
        }
    }

    /// Counts one that the edge refused.
    pub(crate) fn edge(&self, reject: Reject) {
        self.edge[reject as usize].inc();
    }

    /// Counts requests that the world refused.
    pub(crate) fn world(&self, class: RefusalClass, count: u32) {
        self.world[class as usize].inc_by(count.into());
    }
}

/// Ends of connections by close code and closer.
pub(crate) struct ByCode {
    named: Vec<(CloseCode, [IntCounter; 2])>,
    other: [IntCounter; 2],
    none: IntCounter,
}

impl ByCode {
    pub(super) fn new(registry: &Registry, name: &str, help: &str) -> Self {
        let family = register(
            registry,
            IntCounterVec::new(Opts::new(name, help), &["code", "by"]),
        );
        let pair = |code: &str| ["server", "client"].map(|by| family.with_label_values(&[code, by]));
        Self {
            named: CloseCode::ALL
                .iter()
                .map(|&code| (code, pair(&code.code().to_string())))
                .collect(),
            other: pair("other"),
            none: family.with_label_values(&["none", "client"]),
        }
    }

    /// Counts an end with a close frame. Codes that a client makes up share one label.
    pub(crate) fn add(&self, code: Option<CloseCode>, by: Closer) {
        self.named
            .iter()
            .find(|(known, _)| Some(*known) == code)
            .map_or(&self.other, |(_, pair)| pair)[by as usize]
            .inc();
    }

    /// Counts an end without a close frame: the client's side of the connection broke off.
    pub(crate) fn broke_off(&self) {
        self.none.inc();
    }
}

pub(super) fn simple(registry: &Registry, name: &str, help: &str) -> IntCounter {
    register(registry, IntCounter::new(name, help))
}

pub(super) fn gauge(registry: &Registry, name: &str, help: &str) -> IntGauge {
    register(registry, IntGauge::new(name, help))
}

pub(super) fn counters(registry: &Registry, name: &str, help: &str, label: &str) -> IntCounterVec {
    register(registry, IntCounterVec::new(Opts::new(name, help), &[label]))
}

/// One gauge for each of these values of a label, in their order.
pub(super) fn gauges<const N: usize>(
    registry: &Registry,
    (name, help): (&str, &str),
    label: &str,
    values: [&str; N],
) -> [IntGauge; N] {
    let family = register(registry, IntGaugeVec::new(Opts::new(name, help), &[label]));
    values.map(|value| family.with_label_values(&[value]))
}

pub(super) fn histogram(registry: &Registry, name: &str, help: &str, buckets: &[f64]) -> Histogram {
    let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
    register(registry, Histogram::with_opts(options))
}

fn register<M: Collector + Clone + 'static>(registry: &Registry, made: prometheus::Result<M>) -> M {
    // Names are literals of one file, and a test makes the whole set: this fails there or never.
    let metric = made.expect("metric names and labels are valid");
    registry
        .register(Box::new(metric.clone()))
        .expect("metric names are unique");
    metric
}
