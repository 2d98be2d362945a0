//! The sums over the worlds of a tick thread.

use parlour_tick::Counts;

use crate::metrics::Metrics;

/// Subtracts the sizes that a world had so far.
pub(super) fn subtract(total: &mut Counts, counts: &Counts) {
    total.players -= counts.players;
    total.rooms -= counts.rooms;
    total.objects -= counts.objects;
    total.entities -= counts.entities;
    total.held -= counts.held;
    for (sum, count) in total.viewers.iter_mut().zip(counts.viewers) {
        *sum -= count;
    }
}

/// Adds the sizes of a world.
pub(super) fn add_sizes(total: &mut Counts, counts: &Counts) {
    total.players += counts.players;
    total.rooms += counts.rooms;
    total.objects += counts.objects;
    total.entities += counts.entities;
    total.held += counts.held;
    for (sum, count) in total.viewers.iter_mut().zip(counts.viewers) {
        *sum += count;
    }
}

/// Adds the counts of a world: sizes to the sums of the thread, events to the counters of the node.
pub(super) fn add(total: &mut Counts, counts: &Counts, metrics: &Metrics) {
    add_sizes(total, counts);
    let Counts {
        moves,
        moves_dropped,
        answers_kept,
        answers_computed,
        answers_ahead,
        refused,
        ..
    } = counts;
    let metrics = &metrics.tick;
    metrics.moves.increment((*moves).into());
    metrics.moves_dropped.increment((*moves_dropped).into());
    metrics.answers_kept.increment((*answers_kept).into());
    metrics.answers_computed.increment((*answers_computed).into());
    metrics.answers_ahead.increment((*answers_ahead).into());
    for (class, count) in refused.iter() {
        metrics.refused.add(class, count.into());
    }
}
