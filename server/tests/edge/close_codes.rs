//! The table of close codes in docs/protocol.md says "never" for exactly the codes that the server
//! does not send.

use std::{collections::BTreeSet, fs, path::Path};

use parlour_shared::close::CloseCode;

const PAGE: &str = include_str!("../../../docs/protocol.md");

/// Adds the names after `CloseCode::` in all source files of a directory and its subdirectories.
fn collect_close_codes(directory: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("tests") {
            // The tests of a module also send other codes.
        } else if path.is_dir() {
            collect_close_codes(&path, names);
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
fn the_protocol_page_says_which_close_codes_are_never_sent() {
    let server = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sent = BTreeSet::new();
    collect_close_codes(&server.join("src"), &mut sent);
    collect_close_codes(&server.join("sim/src"), &mut sent);
    for code in CloseCode::ALL {
        let cell = format!("| {} | ", code.code());
        let line = PAGE.lines().find(|line| line.contains(&cell));
        let line = line.unwrap_or_else(|| panic!("no row for {}", code.code()));
        assert_eq!(
            line.ends_with("| never |"),
            !sent.contains(&format!("{code:?}")),
            "{code:?}: {line}"
        );
    }
}
