//! Explains why the systems of a world have no order, and what to write.

use std::fmt::Write as _;

use bevy_ecs::{
    component::ComponentId,
    prelude::*,
    schedule::{NodeId, ScheduleBuildError, ScheduleBuildWarning, ScheduleGraph, SystemKey},
};

/// The maximum number of pairs of systems in a text. A system without a set conflicts with many.
const MOST_PAIRS: usize = 8;

/// Returns a text with what to write.
pub(crate) fn explain(error: &ScheduleBuildError, graph: &ScheduleGraph, world: &World) -> String {
    let ScheduleBuildError::Elevated(ScheduleBuildWarning::Ambiguity(ambiguity)) = error else {
        return error.to_string(graph, world);
    };
    let pairs = &ambiguity.0;
    let mut lines: Vec<String> = pairs
        .iter()
        .take(MOST_PAIRS)
        .map(|(one, other, on)| {
            let systems = [*one, *other].map(|key| NamedSystem::new(graph, key));
            conflict(&systems, &shared_data(on, world))
        })
        .collect();
    if pairs.len() > MOST_PAIRS {
        lines.push(format!(
            "and {} more such pairs of systems",
            pairs.len() - MOST_PAIRS
        ));
    }
    lines.join("\n")
}

/// A system in a text.
struct NamedSystem {
    /// Its path, such as `tag::count`.
    path: String,
    /// Its path and its sets, as Bevy writes them.
    with_sets: String,
}

impl NamedSystem {
    fn new(graph: &ScheduleGraph, key: SystemKey) -> Self {
        let system = graph.systems.get(key);
        let with_sets = graph.get_node_name(&NodeId::System(key));
        Self {
            path: system.map_or_else(|| with_sets.clone(), |system| system.system().name().to_string()),
            with_sets,
        }
    }

    fn is_built_in(&self) -> bool {
        self.path.starts_with("parlour_sim::")
    }

    /// Returns whether it is in the set, which has this name.
    fn is_in(&self, set: &str) -> bool {
        let sets = self.with_sets.split_once(" (in set").map_or("", |(_, sets)| sets);
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        sets.split(|c| !is_word(c)).any(|word| word == set)
    }

    fn has_step_set(&self) -> bool {
        [
            "Ingest",
            "Guard",
            "Simulate",
            "React",
            "Interest",
            "Replicate",
            "Digest",
        ]
        .into_iter()
        .any(|set| self.is_in(set))
    }
}

fn conflict(systems: &[NamedSystem; 2], data: &str) -> String {
    let [one, other] = systems;
    let mut text = format!(
        "the systems {} and {} both access {data}, and at least one of them mutably, but nothing says which of them runs \
         first: ",
        one.path, other.path
    );
    let advice = match (one.is_built_in(), other.is_built_in()) {
        (false, true) => order_to_built_in(one, other),
        (true, false) => order_to_built_in(other, one),
        _ => format!(
            "add both with ({}, {}).chain(), or one with .before(..) or .after(..) the other",
            last(&one.path),
            last(&other.path)
        ),
    };
    // Writing to a string cannot fail.
    let _ = write!(text, "{advice}");
    text
}

/// Returns how to order a system of game logic towards one that every world has.
fn order_to_built_in(system: &NamedSystem, built_in: &NamedSystem) -> String {
    let name = last(&system.path);
    if !system.has_step_set() {
        return format!("{name} is in no set of StepSet: add it with {name}.in_set(StepSet::Simulate)");
    }
    for set in ["FollowPaths", "Walk"] {
        if built_in.is_in(set) {
            return format!("add it with {name}.before({set}) or {name}.after({set})");
        }
    }
    format!("add {name} in a different set of StepSet, in which no built-in system accesses this")
}

/// Returns the names of the data that both systems access.
fn shared_data(ids: &[ComponentId], world: &World) -> String {
    let names = ids.iter().filter_map(|id| world.components().get_name(*id));
    let names: Vec<String> = names.map(|name| name.to_string()).collect();
    match names.is_empty() {
        true => "the whole world".to_owned(),
        false => names.join(", "),
    }
}

/// Returns the last part of a path. That of a closure is the function that has it.
fn last(path: &str) -> &str {
    let path = path.trim_end_matches("::{{closure}}");
    path.rsplit("::").next().unwrap_or(path)
}
