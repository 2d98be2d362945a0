//! docs/protocol.md says of each close code when the server sends it, and "never" of those that it
//! has no use for.

use std::{collections::BTreeSet, fs, path::Path};

use parlour_shared::close::CloseCode;

const DOC: &str = include_str!("../../../docs/protocol.md");

/// Adds the names after `CloseCode::` in every source file below a directory.
fn named_below(directory: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            named_below(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            names.extend(source.split("CloseCode::").skip(1).map(|rest| {
                rest.chars()
                    .take_while(char::is_ascii_alphanumeric)
                    .collect::<String>()
            }));
        }
    }
}

#[test]
fn the_page_says_which_codes_are_never_sent() {
    let server = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut named = BTreeSet::new();
    named_below(&server.join("src"), &mut named);
    named_below(&server.join("sim/src"), &mut named);
    for code in CloseCode::ALL {
        let cell = format!("| {} | ", code.code());
        let line = DOC.lines().find(|line| line.contains(&cell));
        let line = line.unwrap_or_else(|| panic!("no row for {}", code.code()));
        assert_eq!(
            line.ends_with("| never |"),
            !named.contains(&format!("{code:?}")),
            "{code:?}: {line}"
        );
    }
}
