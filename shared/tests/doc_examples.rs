//! Every JSON example in docs/ is a message of the protocol or the body of an HTTP error, so that
//! it can be copied.
//!
//! A block that is marked `json` holds whole values. In a block that is marked `text`, lines that
//! begin with `> ` are messages of a client. Answers in such a block are shortened, and not
//! checked.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

use std::{fs, path::Path};

use parlour_shared::{codec::from_json, message::ServerMessage};
use serde_json::{Deserializer, Value};

/// The fenced blocks of a page with this mark, each with the number of its first line.
fn blocks(page: &str, mark: &str) -> Vec<(usize, String)> {
    let fence = format!("```{mark}");
    let mut found = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((nth, line)) = lines.next() {
        if line == fence {
            let block: Vec<_> = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| *line != "```")
                .collect();
            found.push((nth + 2, block.join("\n")));
        }
    }
    found
}

fn pages() -> Vec<(String, String)> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    fs::read_dir(docs)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

/// The body of an HTTP error, RFC 9457.
fn is_problem(value: &Value) -> bool {
    ["type", "title", "detail"]
        .iter()
        .all(|member| value[member].is_string())
        && value["status"].is_u64()
}

fn is_snapshot(value: &Value) -> bool {
    const FIELDS: [&str; 7] = ["tick", "base", "view", "ack", "leaves", "enters", "updates"];
    value["snapshot"]
        .as_object()
        .is_some_and(|snapshot| snapshot.keys().map(String::as_str).eq(sorted(FIELDS)))
}

fn sorted<const N: usize>(mut names: [&str; N]) -> [&str; N] {
    names.sort_unstable();
    names
}

#[test]
fn every_json_block_is_a_message() {
    let mut checked = 0;
    for (name, page) in pages() {
        for (line, block) in blocks(&page, "json") {
            for value in Deserializer::from_str(&block).into_iter::<Value>() {
                let value = value.unwrap_or_else(|error| panic!("docs/{name}:{line}: {error}"));
                let client = from_json(&value.to_string());
                let server = serde_json::from_value::<ServerMessage>(value.clone());
                if let (Err(client), Err(server)) = (&client, &server)
                    && !is_problem(&value)
                    && !is_snapshot(&value)
                {
                    panic!(
                        "docs/{name}:{line}: {value} is neither from a client ({client}) nor from the server ({server})"
                    );
                }
                checked += 1;
            }
        }
    }
    assert!(checked >= 8, "only {checked} examples were found");
}

#[test]
fn every_typed_line_is_a_message() {
    let mut checked = 0;
    for (name, page) in pages() {
        for (line, block) in blocks(&page, "text") {
            for typed in block.lines().filter_map(|line| line.strip_prefix("> ")) {
                if let Err(error) = from_json(typed) {
                    panic!("docs/{name}:{line}: {typed}: {error}");
                }
                checked += 1;
            }
        }
    }
    assert!(checked >= 5, "only {checked} lines were found");
}
