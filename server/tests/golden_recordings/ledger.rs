//! The ledger assets/recordings/versions.txt: for each version of the simulation, a hash of the
//! hashes of all golden recordings. Lines are only added.

const HEADER: &str = "\
# Version of the simulation, and a hash of all state hashes of the golden recordings. A change of the hashes takes a new
# version (SIMULATION in server/sim/src/lib.rs) and a new line here; no line is ever changed. See server/tests/golden_recordings.
";

/// Checks that the last line of the ledger has this version and these hashes.
pub(crate) fn check(text: &str, version: u32, hashes: u64) -> Result<(), String> {
    match entries(text)?.last() {
        Some(&(last, known)) if (last, known) == (version, hashes) => Ok(()),
        Some(&(last, known)) if last == version => Err(format!(
            "the golden recordings reach different hashes ({hashes:016x}) than the ledger has for version {version} of the \
             simulation ({known:016x}). If the change is intended, set SIMULATION to {} in server/sim/src/lib.rs, then run \
             PARLOUR_BLESS=1 cargo nextest run -p parlour --test golden_recordings",
            version + 1
        )),
        Some((last, _)) => Err(format!(
            "the simulation has version {version}, and the golden recordings were made with version {last}: record them \
             again with PARLOUR_BLESS=1 cargo nextest run -p parlour --test golden_recordings"
        )),
        None => Err("the ledger is empty".into()),
    }
}

/// Returns the ledger with a line for this version.
pub(crate) fn bless(text: &str, version: u32, hashes: u64) -> Result<String, String> {
    let entries = entries(text)?;
    let last = entries.last().copied().unwrap_or_default();
    if last == (version, hashes) {
        return Ok(text.to_owned());
    }
    if version <= last.0 {
        return check(text, version, hashes).map(|()| text.to_owned());
    }
    let old = if text.is_empty() { HEADER } else { text };
    Ok(format!("{old}{version} {hashes:016x}\n"))
}

fn entries(text: &str) -> Result<Vec<(u32, u64)>, String> {
    let mut entries: Vec<(u32, u64)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let entry = line.split_once(' ').and_then(|(version, hashes)| {
            Some((version.parse().ok()?, u64::from_str_radix(hashes, 16).ok()?))
        });
        let entry = entry.ok_or_else(|| format!("not a version and a hash: {line}"))?;
        if entries.last().is_some_and(|last| last.0 >= entry.0) {
            return Err(format!(
                "version {} is not after the version of the line before it",
                entry.0
            ));
        }
        entries.push(entry);
    }
    Ok(entries)
}

#[test]
fn a_version_never_gets_different_hashes() {
    let ledger = bless("", 1, 0xAB).unwrap();
    check(&ledger, 1, 0xAB).unwrap();
    assert!(
        check(&ledger, 1, 0xCD)
            .unwrap_err()
            .contains("set SIMULATION to 2")
    );
    assert!(bless(&ledger, 1, 0xCD).is_err());
    assert!(check(&ledger, 2, 0xCD).is_err(), "not recorded yet");
    let ledger = bless(&ledger, 2, 0xCD).unwrap();
    check(&ledger, 2, 0xCD).unwrap();
    assert!(bless(&ledger, 1, 0xAB).is_err(), "an earlier version");
    assert_eq!(ledger.lines().filter(|line| !line.starts_with('#')).count(), 2);
    assert!(
        check(&format!("{ledger}2 00ef\n"), 2, 0xEF).is_err(),
        "two lines with one version"
    );
}
