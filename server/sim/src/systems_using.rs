//! Which systems of a schedule use a type.

use bevy_ecs::{component::ComponentId, prelude::*, query::FilteredAccess};

/// Returns the names of the systems that read this component or resource, or that have it in a
/// filter. The schedule must be initialized. A system with access to everything uses no particular
/// type, and run conditions are not systems.
pub(crate) fn systems_using(schedule: &Schedule, id: ComponentId) -> impl Iterator<Item = String> {
    let systems = schedule.systems_with_access().into_iter().flatten();
    systems.filter_map(move |(_, system)| {
        let access = system.access().to_filtered_access_set();
        let reads = access.combined_access().reads().as_finite_set();
        let filters = |access: &FilteredAccess| access.without_filters().any(|filter| filter == id);
        let uses =
            reads.is_some_and(|reads| reads.contains(id)) || access.filtered_accesses().iter().any(filters);
        uses.then(|| system.system().name().to_string())
    })
}
