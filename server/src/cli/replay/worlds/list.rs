//! The list of worlds.

use parlour_recording::replay::{
    display,
    dump::aligned,
    worlds::{LIST_COLUMNS, WorldSummary, Worlds},
};

use crate::cli::{exit::Exit, output, program::Program};

pub(super) fn run(program: &Program, worlds: &Worlds, json: bool) -> Result<(), Exit> {
    let summaries: Vec<WorldSummary<'_>> = worlds.summaries().collect();
    for problem in summaries.iter().filter_map(WorldSummary::problem) {
        program.note(format_args!(
            "players are not counted: {}",
            display::plain(problem)
        ));
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
    program.note(
        "--verify verifies all worlds, --world NAME replays one, --follow PLAYER follows a player through them",
    );
    Ok(())
}
