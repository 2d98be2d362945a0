//! Finds out what this build is, for the headers of recordings and `parlour --version`: the version and the commit, such
//! as `0.1.0+7e56463ab12f`, with `-dirty` if sources differ from the commit.
//!
//! `PARLOUR_BUILD` replaces the commit, for builds outside of a checkout. Without either it is the version alone.
//!
//! Runs again when `HEAD` moves or a source changes of which the library is compiled anyway: it makes no build slower.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What replaces the commit.
const VARIABLE: &str = "PARLOUR_BUILD";
/// Characters of it, and of the commit's name.
const MOST: usize = 64;
const COMMIT: &str = "--short=12";

/// What the library is made of, from the root of the workspace. Without the sources of the command, which change without
/// the library.
const SOURCES: [&str; 7] = [
    "Cargo.toml",
    "Cargo.lock",
    "shared/src",
    "server/tick/src",
    "server/sim/src",
    "server/recording/src",
    "server/src",
];
const COMMAND: &str = "bin";

fn main() {
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    println!("cargo::rerun-if-changed=build.rs");
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let given = env::var(VARIABLE).ok().map(|text| plain(&text));
    let build = match given.filter(|text| !text.is_empty()).or_else(commit) {
        Some(commit) => format!("{version}+{commit}"),
        None => version,
    };
    // Not under the variable's name: cargo gives it to what it runs, too, where it would be an unknown setting.
    println!("cargo::rustc-env=BUILD_OF_PARLOUR={build}");
}

/// The commit that is checked out; none if this is no checkout of Parlour.
fn commit() -> Option<String> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?);
    let root = manifest.parent()?.canonicalize().ok()?;
    // The sources may lie in the checkout of something else.
    let top = Path::new(&git(&root, &["rev-parse", "--show-toplevel"])?).canonicalize();
    if top.ok()? != root {
        return None;
    }
    let commit = plain(&git(&root, &["rev-parse", COMMIT, "HEAD"])?);
    watch(&root);
    let sources = [&["status", "--porcelain", "--"], &SOURCES[..]].concat();
    let is_dirty = git(&root, &sources).is_some_and(|changes| !changes.is_empty());
    Some(if is_dirty {
        format!("{commit}-dirty")
    } else {
        commit
    })
}

/// Tells cargo when to look again. A file that is not there would make it look every time.
fn watch(root: &Path) {
    let branch = git(root, &["symbolic-ref", "--quiet", "HEAD"]);
    // The log of HEAD grows with every commit and checkout. Where none is kept, the branch says so.
    for name in ["HEAD", "logs/HEAD", "packed-refs"]
        .into_iter()
        .chain(branch.as_deref())
    {
        if let Some(path) = git(root, &["rev-parse", "--git-path", name]) {
            changed(&root.join(path));
        }
    }
    for source in SOURCES {
        match fs::read_dir(root.join(source)) {
            Ok(entries) => entries
                .flatten()
                .filter(|entry| entry.file_name() != COMMAND)
                .for_each(|entry| changed(&entry.path())),
            Err(_) => changed(&root.join(source)),
        }
    }
}

fn changed(path: &Path) {
    if path.exists() {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}

/// What git says; none if there is none, or it refuses.
fn git(root: &Path, words: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .args(["--no-optional-locks", "-C"])
        .arg(root)
        .args(words)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// As much of a text as a version may have in it.
fn plain(text: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    text.chars().filter(is_plain).take(MOST).collect()
}
