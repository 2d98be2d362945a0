//! The rows of the tables of metrics, and what each kind of row creates. All handles are created
//! once, with the table.

use std::marker::PhantomData;

use ::metrics::{Counter, Gauge, Histogram, Key, Level, Metadata, Recorder as _};
use parlour_shared::{
    close::CloseCode,
    message::{ClientKind, RefusalClass, ServerKind},
};

use super::recorder::{MetricKind, MetricsRecorder};
use crate::{auth::AuthFault, rejection::Rejection};

/// Makes a struct of metrics from a table with one row per metric: field, type, kind of row, name,
/// help.
macro_rules! table {
    (
        $(#[$about:meta])*
        $table:ident {
            $($(#[$doc:meta])* $field:ident: $type:ty = $kind:expr, $name:expr, $help:expr;)*
        }
    ) => {
        $(#[$about])*
        pub(crate) struct $table { $($(#[$doc])* pub(crate) $field: $type,)* }

        impl $table {
            pub(super) fn new(recorder: &$crate::metrics::MetricsRecorder, thread: Option<usize>) -> Self {
                $crate::metrics::rows::rows!(recorder, thread, Self { $($field = $kind, $name, $help;)* })
            }
        }
    };
}
pub(super) use table;

/// Fills a struct of metrics that is declared elsewhere: field, kind of row, name, help.
macro_rules! rows {
    ($recorder:expr, $thread:expr, $table:ident { $($field:ident = $kind:expr, $name:expr, $help:expr;)* }) => {
        $table {
            $($field: ($kind)(&$crate::metrics::rows::Row { recorder: $recorder, name: $name, help: $help, thread: $thread }),)*
        }
    };
}
pub(super) use rows;

/// The text of a row.
pub(super) struct Row<'a> {
    pub(super) recorder: &'a MetricsRecorder,
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    /// The value of the label `thread`, for a metric of one thread.
    pub(super) thread: Option<usize>,
}

impl Row<'_> {
    fn counter(&self, labels: &[(&'static str, &str)]) -> Counter {
        let Self {
            recorder, name, help, ..
        } = self;
        recorder.describe(name, MetricKind::Counter, (*help).into(), None);
        recorder.register_counter(&self.key(labels), &METADATA)
    }

    fn gauge(&self, labels: &[(&'static str, &str)]) -> Gauge {
        let Self {
            recorder, name, help, ..
        } = self;
        recorder.describe(name, MetricKind::Gauge, (*help).into(), None);
        recorder.register_gauge(&self.key(labels), &METADATA)
    }

    fn key(&self, labels: &[(&'static str, &str)]) -> Key {
        let labels = labels
            .iter()
            .map(|(label, value)| ::metrics::Label::new(*label, (*value).to_owned()));
        let thread = self.thread;
        let thread = thread.map(|thread| ::metrics::Label::new("thread", thread.to_string()));
        Key::from_parts(self.name, labels.chain(thread).collect::<Vec<_>>())
    }
}

const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

pub(super) fn counter(row: &Row<'_>) -> Counter {
    row.counter(&[])
}

/// One counter of a family whose other counters are in other rows.
pub(super) fn counter_of(label: &'static str, value: &'static str) -> impl Fn(&Row<'_>) -> Counter {
    move |row| row.counter(&[(label, value)])
}

/// The counter with this value of a label that is known only at run time.
pub(super) fn labelled_counter(label: (&'static str, &str)) -> impl Fn(&Row<'_>) -> Counter {
    move |row| row.counter(&[label])
}

/// Like [`labelled_counter`].
pub(super) fn labelled_gauge(label: (&'static str, &str)) -> impl Fn(&Row<'_>) -> Gauge {
    move |row| row.gauge(&[label])
}

pub(super) fn gauge(row: &Row<'_>) -> Gauge {
    row.gauge(&[])
}

/// One counter for each of these values of a label, in their order.
pub(super) fn counters<const N: usize>(
    label: &'static str,
    values: [&'static str; N],
) -> impl Fn(&Row<'_>) -> [Counter; N] {
    move |row| values.map(|value| row.counter(&[(label, value)]))
}

/// One gauge for each of these values of a label, in their order.
pub(super) fn gauges<const N: usize>(
    label: &'static str,
    values: [&'static str; N],
) -> impl Fn(&Row<'_>) -> [Gauge; N] {
    move |row| values.map(|value| row.gauge(&[(label, value)]))
}

pub(super) fn histogram(bounds: &'static [f64]) -> impl Fn(&Row<'_>) -> Histogram {
    move |row| {
        let Row {
            recorder, name, help, ..
        } = row;
        recorder.describe(name, MetricKind::Histogram, (*help).into(), Some(bounds));
        recorder.register_histogram(&row.key(&[]), &METADATA)
    }
}

/// The values of a label: an enum.
pub(crate) trait Label: Copy + 'static {
    /// The name of the label.
    const NAME: &'static str;
    /// All values, by number.
    const ALL: &'static [Self];

    /// Returns the text.
    fn value(self) -> &'static str;

    /// Returns the number: the index in [`Self::ALL`].
    fn number(self) -> usize;
}

macro_rules! labels {
    ($($enum:ty = $name:literal, $all:expr, $value:ident;)*) => {
        $(impl Label for $enum {
            const NAME: &'static str = $name;
            const ALL: &'static [Self] = $all;

            fn value(self) -> &'static str {
                self.$value()
            }

            fn number(self) -> usize {
                self as usize
            }
        })*
    };
}

labels! {
    ClientKind = "kind", &Self::ALL, name;
    ServerKind = "kind", &Self::ALL, name;
    Rejection = "class", Self::ALL, class;
    AuthFault = "reason", Self::ALL, label;
    RefusalClass = "class", &Self::ALL, name;
}

/// A counter for each value of a label.
pub(crate) struct LabelCounters<L> {
    /// By number.
    counters: Box<[Counter]>,
    label: PhantomData<L>,
}

/// The row of a [`LabelCounters`].
pub(super) fn label_counters<L: Label>(row: &Row<'_>) -> LabelCounters<L> {
    let values = L::ALL.iter();
    LabelCounters {
        counters: values
            .map(|value| row.counter(&[(L::NAME, value.value())]))
            .collect(),
        label: PhantomData,
    }
}

impl<L: Label> LabelCounters<L> {
    /// Adds to the counter of this value.
    pub(crate) fn add(&self, value: L, count: u64) {
        self.counters[value.number()].increment(count);
    }
}

/// Which side ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closer {
    Server,
    Client,
}

/// Ends of connections by close code and closer.
pub(crate) struct CloseCounters {
    /// By the index of the code, then by closer.
    named: Box<[[Counter; 2]]>,
    other: [Counter; 2],
    none: Counter,
}

/// The row of a [`CloseCounters`].
pub(super) fn close_counters(row: &Row<'_>) -> CloseCounters {
    let pair = |code: &str| ["server", "client"].map(|by| row.counter(&[("by", by), ("code", code)]));
    CloseCounters {
        named: CloseCode::ALL
            .iter()
            .map(|code| pair(&code.code().to_string()))
            .collect(),
        other: pair("other"),
        none: row.counter(&[("by", "client"), ("code", "none")]),
    }
}

impl CloseCounters {
    /// Counts an end with a close frame. Unknown codes of clients share one label.
    pub(crate) fn add(&self, code: Option<CloseCode>, by: Closer) {
        let pair = code.map_or(&self.other, |code| &self.named[code.index()]);
        pair[by as usize].increment(1);
    }

    /// Counts a connection that ended without a close frame.
    pub(crate) fn add_aborted(&self) {
        self.none.increment(1);
    }
}
