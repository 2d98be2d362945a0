//! Token buckets: rate limits that allow a burst, and then one request at a time.

use std::ops::{Add, Sub};

/// Takes a token from a bucket that is stored as the time at which it is full again. `every` is the
/// time until a token comes back, and `size` the time in which the empty bucket fills: `every`
/// times the burst. The unit of time is that of the caller, such as ticks.
///
/// `full_from` is normally `now`. If it is earlier, the bucket may hold more than its burst: the
/// tokens that came back since then.
///
/// Under a different limit, the bucket may have been emptied for longer than `size`. Then it is
/// just empty.
///
/// # Errors
/// There is no token. The error is the time until there is one.
pub fn take_token<Time, Span>(
    full_at: &mut Time,
    full_from: Time,
    now: Time,
    every: Span,
    size: Span,
) -> Result<(), Span>
where
    Time: Copy + Ord + Add<Span, Output = Time> + Sub<Time, Output = Span>,
    Span: Copy,
{
    let latest = now + size;
    *full_at = (*full_at).min(latest);
    let next = (*full_at).max(full_from) + every;
    if next > latest {
        return Err(next - latest);
    }
    *full_at = next;
    Ok(())
}
