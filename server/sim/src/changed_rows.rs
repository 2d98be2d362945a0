//! The search for the changed rows in a table of components.

use bevy_ecs::change_detection::{ContiguousMut, ContiguousRef, Tick};

/// Calls `changed` with each row that changed since the last run of the system.
///
/// Few components change in a tick, and finding them row by row takes longer than what is done with
/// them. So this searches 64 rows at a time.
pub(crate) fn for_each_changed<C>(components: &ContiguousRef<'_, C>, mut changed: impl FnMut(usize)) {
    let this = components.this_run_tick().get();
    let since = this.wrapping_sub(components.last_run_tick().get());
    search(components.changed_ticks_slice(), this, since, &mut changed);
}

/// Like [`for_each_changed`], for a system that also writes the components.
pub(crate) fn for_each_changed_mut<C>(components: &ContiguousMut<'_, C>, mut changed: impl FnMut(usize)) {
    let this = components.this_run_tick().get();
    let since = this.wrapping_sub(components.last_run_tick().get());
    search(components.changed_ticks_slice(), this, since, &mut changed);
}

/// Calls `changed` with each row whose change is less than `since` ticks older than `this`.
///
/// It is one function for all types of components, so that its code stays in the cache.
#[inline(never)]
fn search(ticks: &[Tick], this: u32, since: u32, changed: &mut dyn FnMut(usize)) {
    // Like `Tick::is_newer_than` without its clamps: so the compiler handles four rows at a time.
    let is_new = |tick: &Tick| this.wrapping_sub(tick.get()) < since;
    for (block, ticks) in ticks.chunks(64).enumerate() {
        if !ticks.iter().fold(false, |any, tick| any | is_new(tick)) {
            continue;
        }
        for (at, tick) in ticks.iter().enumerate() {
            if is_new(tick) {
                changed(64 * block + at);
            }
        }
    }
}
