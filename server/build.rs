//! Determines the name of the build, which `parlour --version` and the headers of recordings show:
//! the version and the commit, such as `0.1.0+7e56463ab12f`, with `-dirty` if sources differ from
//! the commit.
//!
//! The variable `PARLOUR_BUILD` replaces the commit, for builds outside of a checkout. Without
//! both, the name is only the version.
//!
//! The script runs again only when `HEAD` moves or a source of the library changes. The library is
//! compiled again in that case anyway, so this makes no build slower.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The environment variable that replaces the commit.
const VARIABLE: &str = "PARLOUR_BUILD";
/// The maximum length of the value of the variable, and of the commit, in characters.
const MAX_CHARS: usize = 64;
const SHORT: &str = "--short=12";

/// The sources of the library, relative to the root of the workspace. The three lines of the
/// program are not among them, because a change of them does not change the library.
const SOURCES: [&str; 7] = [
    "Cargo.toml",
    "Cargo.lock",
    "shared/src",
    "server/tick/src",
    "server/sim/src",
    "server/recording/src",
    "server/src",
];
const PROGRAM: &str = "bin";

fn main() {
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    println!("cargo::rerun-if-changed=build.rs");
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let variable = env::var(VARIABLE).ok().map(|text| plain(&text));
    let build = match variable.filter(|text| !text.is_empty()).or_else(commit) {
        Some(commit) => format!("{version}+{commit}"),
        None => version,
    };
    // Not named `PARLOUR_*`: cargo also passes the variable to programs that it runs, where it
    // would be an unknown setting.
    println!("cargo::rustc-env=BUILD_OF_PARLOUR={build}");
}

/// Returns the commit that is checked out, or `None` outside of a checkout of Parlour.
fn commit() -> Option<String> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?);
    let root = manifest.parent()?.canonicalize().ok()?;
    // The sources may be inside the checkout of a different project.
    let top = Path::new(&git(&root, &["rev-parse", "--show-toplevel"])?).canonicalize();
    if top.ok()? != root {
        return None;
    }
    let commit = plain(&git(&root, &["rev-parse", SHORT, "HEAD"])?);
    watch(&root);
    let sources = [&["status", "--porcelain", "--"], &SOURCES[..]].concat();
    let is_dirty = git(&root, &sources).is_some_and(|changes| !changes.is_empty());
    Some(if is_dirty {
        format!("{commit}-dirty")
    } else {
        commit
    })
}

/// Makes cargo run this script again when a source or the commit changes. Missing files are left
/// out, because cargo would run the script every time.
fn watch(root: &Path) {
    let branch = git(root, &["symbolic-ref", "--quiet", "HEAD"]);
    // The log of HEAD grows with every commit and checkout. Without a log, the file of the branch
    // changes.
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
                .filter(|entry| entry.file_name() != PROGRAM)
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

/// Returns the output of git, or `None` if git is missing or fails.
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

/// Returns a text without the characters that a version may not contain.
fn plain(text: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    text.chars().filter(is_plain).take(MAX_CHARS).collect()
}
