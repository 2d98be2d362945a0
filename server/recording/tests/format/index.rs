//! The index only helps: without it, or with a wrong one, reading returns the same items or an
//! error.

use parlour_recording::format::Ending;

use super::{
    hostile::Forge,
    support::{Written, read, stopped, written},
};

fn sample() -> Written {
    written(1, 60, 10, 30, 100)
}

#[test]
fn without_an_index_everything_is_found() {
    let written = sample();
    for behind in 0..written.bytes.len() - written.end() {
        let (items, failed, ending) = read(&written.bytes[..written.end() + behind]);
        assert!(
            failed.is_none() && items == written.items && ending == stopped(),
            "{behind} bytes of it"
        );
    }
}

#[test]
fn bytes_after_the_end_are_not_read() {
    let written = sample();
    for cut in [written.end(), written.bytes.len()] {
        let mut bytes = written.bytes[..cut].to_vec();
        bytes.extend(super::support::noise(500, 3));
        let (items, failed, ending) = read(&bytes);
        assert!(failed.is_none() && items == written.items && ending == stopped());
    }
}

/// Returns the recording with a changed index, whose checksum is valid.
fn forged(written: &Written, change: impl Fn(&mut Vec<[u8; 26]>)) -> Vec<u8> {
    let mut forge = Forge::after(&written.bytes[..written.end()]);
    let mut entries = vec![];
    let mut offset = 16;
    while offset < written.end() {
        let head = &written.bytes[offset..offset + 28];
        let mut entry = [0; 26];
        entry[..2].copy_from_slice(&head[..2]);
        entry[2..6].copy_from_slice(&head[4..8]);
        entry[6..10].copy_from_slice(&head[16..20]);
        entry[10..18].copy_from_slice(&head[8..16]);
        entry[18..26].copy_from_slice(&(offset as u64).to_le_bytes());
        entries.push(entry);
        offset += 60 + u32::from_le_bytes(*head[24..28].as_array().unwrap()) as usize;
    }
    change(&mut entries);
    forge.chunk(5, 1, 0, 0, &entries.concat());
    forge.bytes.extend((written.end() as u64).to_le_bytes());
    forge.bytes.extend(b"PLRindex");
    forge.bytes
}

fn offset_of(entry: &mut [u8; 26]) -> &mut [u8; 8] {
    entry.last_chunk_mut().unwrap()
}

#[test]
fn a_valid_forged_index_is_used() {
    let written = sample();
    let (items, failed, _) = read(&forged(&written, |_| {}));
    assert!(failed.is_none() && items == written.items);
}

#[test]
fn a_wrong_index_does_not_change_what_is_read() {
    let written = sample();
    type Change = fn(&mut Vec<[u8; 26]>);
    let changes: &[(&str, Change)] = &[
        ("empty", Vec::clear),
        ("one chunk left out", |entries| _ = entries.remove(2)),
        ("a saved world left out", |entries| {
            entries.retain(|entry| entry[0] != 3)
        }),
        ("the end left out", |entries| _ = entries.pop()),
        ("the header left out", |entries| _ = entries.remove(0)),
        ("only header and end", |entries| {
            entries.retain(|entry| entry[0] == 1 || entry[0] == 4)
        }),
        ("two places swapped", |entries| {
            let (one, other) = (*offset_of(&mut entries[1]), *offset_of(&mut entries[2]));
            *offset_of(&mut entries[1]) = other;
            *offset_of(&mut entries[2]) = one;
        }),
        ("an invalid place", |entries| offset_of(&mut entries[2])[0] ^= 1),
        ("a place far outside", |entries| {
            *offset_of(&mut entries[3]) = [0xFF; 8]
        }),
        ("a different count of ticks", |entries| entries[1][6] += 1),
        ("a different first tick", |entries| {
            entries.iter_mut().for_each(|entry| entry[2] += 1)
        }),
        ("a different time", |entries| entries[2][10] ^= 1),
        ("an unknown kind", |entries| entries[2][0] = 9),
    ];
    for (what, change) in changes {
        let bytes = forged(&written, change);
        let (items, failed, ending) = read(&bytes);
        assert!(written.items.starts_with(&items), "{what}");
        assert!(failed.is_some() || items == written.items, "{what}");
        assert!(
            matches!(ending, Ending::Ended { .. } | Ending::Damaged { .. }),
            "{what}: {ending:?}"
        );
    }
}
