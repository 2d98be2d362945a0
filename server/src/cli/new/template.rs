//! The files of a new project. They are a project themselves, in assets/new: there, the name is
//! `my-game`, and the sources of Parlour are in `../..`.

use std::{fs, path::Path};

use super::{project_name::ProjectName, source::Source};

/// The paths in the project, and the texts in assets/new.
const FILES: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("../../../../assets/new/Cargo.toml")),
    ("README.md", include_str!("../../../../assets/new/README.md")),
    (".gitignore", include_str!("../../../../assets/new/gitignore")),
    ("src/main.rs", include_str!("../../../../assets/new/src/main.rs")),
    ("src/game.rs", include_str!("../../../../assets/new/src/game.rs")),
    (
        "tests/game.rs",
        include_str!("../../../../assets/new/tests/game.rs"),
    ),
    (
        "examples/bot.rs",
        include_str!("../../../../assets/new/examples/bot.rs"),
    ),
];

/// Returns the files of a project with this name: their paths and texts. Among them is the
/// `Cargo.lock` of Parlour, if there is one, so that the project has the dependencies with which
/// Parlour is tested, and needs no registry if they are on this machine. Cargo removes what the
/// project does not use.
pub(super) fn files(name: &ProjectName, source: &Source) -> Vec<(&'static str, String)> {
    let files = FILES.iter();
    let mut files: Vec<_> = files
        .map(|(path, text)| {
            let text = text
                .replace("my-game", name.as_str())
                .replace("my_game", &name.module());
            let text = match *path {
                "Cargo.toml" => with_quoted_paths(&text, source.root()),
                _ => text.replace("../../", &format!("{}/", source.root().display())),
            };
            (*path, text)
        })
        .collect();
    files.extend(fs::read_to_string(source.root().join("Cargo.lock")).map(|lock| ("Cargo.lock", lock)));
    files
}

/// Replaces the strings in a TOML file that are paths of crates.
fn with_quoted_paths(text: &str, root: &Path) -> String {
    ["server", "client-sim/client"]
        .iter()
        .fold(text.to_owned(), |text, place| {
            let path = root.join(place).display().to_string();
            text.replace(
                &format!("\"../../{place}\""),
                &toml::Value::String(path).to_string(),
            )
        })
}
