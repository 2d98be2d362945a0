//! `parlour new`: what it writes and what it refuses. scripts/new-project builds and plays a
//! project.

use std::{fs, path::Path};

use parlour_testing::TemporaryPath;

use crate::process::{parlour, run};

/// Runs `parlour new` in a directory. Returns exit code, standard output and standard error.
fn new(directory: &TemporaryPath, args: &[&str]) -> (Option<i32>, String, String) {
    let args = [&["new"], args].concat();
    run(parlour(&args).current_dir(&directory.0))
}

/// Returns the names of what is in a directory, sorted.
fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_new_project_has_its_name_and_the_paths_of_parlour() {
    let directory = TemporaryPath::directory();
    let (code, out, err) = new(&directory, &["space-race"]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    for command in ["cargo run  ", "cargo test  ", "cargo run --example bot  "] {
        assert!(out.contains(command), "{out}");
    }
    let project = directory.0.join("space-race");
    assert_eq!(
        names(&project),
        [
            ".gitignore",
            "Cargo.lock",
            "Cargo.toml",
            "README.md",
            "examples",
            "src",
            "tests"
        ]
    );
    let text = |file: &str| fs::read_to_string(project.join(file)).unwrap();
    for file in [
        "Cargo.toml",
        "README.md",
        "src/main.rs",
        "src/game.rs",
        "tests/game.rs",
        "examples/bot.rs",
    ] {
        for placeholder in ["my-game", "my_game", "../.."] {
            assert!(!text(file).contains(placeholder), "{file}: {placeholder}");
        }
    }
    assert!(text("src/main.rs").contains("let name = \"space-race\";"));
    assert!(text("tests/game.rs").contains("use space_race::"));

    let manifest: toml::Table = text("Cargo.toml").parse().unwrap();
    assert_eq!(manifest["package"]["name"].as_str(), Some("space-race"));
    for dependency in [
        &manifest["dependencies"]["parlour"],
        &manifest["dev-dependencies"]["parlour"],
        &manifest["dev-dependencies"]["parlour-client"],
    ] {
        let path = Path::new(dependency["path"].as_str().unwrap());
        assert!(
            path.is_absolute() && path.join("Cargo.toml").is_file(),
            "{dependency}"
        );
    }
    let others = manifest["dependencies"].as_table().unwrap().keys();
    assert_eq!(others.collect::<Vec<_>>(), ["parlour", "serde"]);
}

#[test]
fn the_sources_of_parlour_may_be_named() {
    let directory = TemporaryPath::directory();
    let server = env!("CARGO_MANIFEST_DIR");
    let root = Path::new(server).parent().unwrap();
    for (name, source) in [("one", root.to_str().unwrap()), ("two", server)] {
        let (code, _, err) = new(&directory, &[name, "--parlour", source]);
        assert_eq!(code, Some(0), "{err}");
        let manifest = fs::read_to_string(directory.0.join(name).join("Cargo.toml")).unwrap();
        assert!(
            manifest.contains(&format!("{:?}", root.join("server"))),
            "{manifest}"
        );
    }
    let (code, _, err) = new(&directory, &["three", "--parlour", "/nowhere"]);
    assert_eq!(code, Some(2));
    assert!(
        err.starts_with("parlour: /nowhere has no sources of Parlour: use --parlour DIR"),
        "{err}"
    );
    assert!(!directory.0.join("three").exists());
}

#[test]
fn a_name_that_no_crate_can_have_is_refused_with_what_to_write() {
    let directory = TemporaryPath::directory();
    for (name, words) in [
        ("My Game", "such as my-game"),
        ("../Up", "use a-z, 0-9"),
        ("..", "use a-z, 0-9"),
        ("match", "write match-game"),
        ("serde", "write serde-game"),
    ] {
        let (code, out, err) = new(&directory, &[name]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{name}");
        assert!(err.contains(words), "{err}");
    }
    assert!(names(&directory.0).is_empty());
}

#[test]
fn the_last_part_of_a_path_is_the_name() {
    let directory = TemporaryPath::directory();
    let (code, out, err) = new(&directory, &["games/first/space-race/"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.contains("In the directory games/first/space-race"), "{out}");
    let manifest = directory.0.join("games/first/space-race/Cargo.toml");
    let manifest: toml::Table = fs::read_to_string(manifest).unwrap().parse().unwrap();
    assert_eq!(manifest["package"]["name"].as_str(), Some("space-race"));
}

#[test]
fn a_directory_with_files_is_left_alone_and_an_empty_one_is_used() {
    let directory = TemporaryPath::directory();
    fs::create_dir(directory.0.join("empty")).unwrap();
    assert_eq!(new(&directory, &["empty"]).0, Some(0));
    let (code, _, err) = new(&directory, &["empty"]);
    assert_eq!(code, Some(73));
    assert!(
        err.contains("empty is not empty: choose a different name"),
        "{err}"
    );
    fs::write(directory.0.join("file"), "text").unwrap();
    let (code, _, err) = new(&directory, &["file"]);
    assert_eq!(code, Some(73));
    assert!(err.contains("cannot write file: "), "{err}");
}

#[test]
fn the_program_of_a_game_has_no_command_new() {
    let (code, _, err) = run(&mut crate::process::example("dice", &["new", "x"]));
    assert_eq!(code, Some(2));
    assert!(err.contains("unrecognized subcommand"), "{err}");
}
