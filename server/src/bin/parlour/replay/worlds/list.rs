//! The list of worlds.

use parlour_recording::replay::{
    display,
    dump::aligned,
    worlds::{LIST_COLUMNS, WorldSummary, Worlds},
};

use crate::{exit::Exit, replay::output};

pub(super) fn run(worlds: &Worlds, json: bool) -> Result<(), Exit> {
    let summaries: Vec<WorldSummary<'_>> = worlds.summaries().collect();
    for problem in summaries.iter().filter_map(WorldSummary::problem) {
        output::note(&format!("players are not counted: {}", display::plain(problem)));
    }
    if json {
        let lines: String = summaries
            .iter()
            .map(|summary| format!("{}\n", summary.to_json()))
            .collect();
        return output::result(&lines);
    }
    let rows: Vec<Vec<String>> = summaries.iter().map(WorldSummary::row).collect();
    output::result(&aligned(LIST_COLUMNS, &rows))?;
    output::note(
        "--verify verifies all worlds, --world NAME replays one, --follow PLAYER follows a player through them",
    );
    Ok(())
}
