//! Finds a tick by its number or its time, and reads from there.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use parlour_recording::format::{Item, Recording};
use parlour_shared::ids::Tick;

use super::support::{Written, open, wall, written};

/// Ticks 101 to 400, a saved world every 100.
fn sample() -> Written {
    written(101, 300, 60, 100, 50)
}

#[test]
fn ticks_are_found_by_number_and_time() {
    let written = sample();
    for bytes in [&written.bytes[..], &written.bytes[..written.end()]] {
        let recording = open(bytes);
        assert_eq!(recording.first_tick(), Some(Tick(101)));
        assert_eq!(recording.last_tick(), Some(Tick(400)));
        let times = recording.times();
        assert_eq!(times.range(), Some((Tick(101), Tick(400))));
        for tick in 101..=400 {
            let found = times.at(Tick(tick));
            assert!(found.abs_diff(wall(tick)) <= 1, "tick {tick}");
            // In the middle of the tick.
            assert_eq!(times.tick_at(wall(tick) + 8), Some(Tick(tick)));
        }
        assert_eq!(times.tick_at(wall(101) - 1), None);
        assert_eq!(times.tick_at(wall(402)), Some(Tick(400)));
        assert_eq!(times.tick_at(u64::MAX), Some(Tick(400)));
    }
}

#[test]
fn reading_starts_at_a_saved_world() {
    let written = sample();
    let mut recording = open(&written.bytes);
    assert_eq!(
        recording
            .keyframes()
            .map(|place| place.tick().0)
            .collect::<Vec<_>>(),
        [200, 300, 400]
    );
    let places: Vec<_> = recording.keyframes().collect();
    for place in places {
        let items: Vec<Item> = recording.read_from(place).map(Result::unwrap).collect();
        assert!(matches!(items[0], Item::Keyframe { tick, .. } if tick == place.tick()));
        assert!(written.items.ends_with(&items));
        assert_eq!(
            items.iter().filter(|item| matches!(item, Item::Tick(_))).count() as u32,
            400 - place.tick().0
        );
    }
}

#[test]
fn reading_starts_at_the_chunk_of_a_tick() {
    let written = sample();
    let mut recording = open(&written.bytes);
    assert_eq!(recording.chunk_of(Tick(100)), None);
    let place = recording.chunk_of(Tick(250)).unwrap();
    let first = recording.read_from(place).next().unwrap().unwrap();
    assert!(
        matches!(first, Item::Tick(record) if record.tick.0 <= 250 && record.tick == place.tick().after(1))
    );
}

#[test]
fn the_chain_is_that_of_the_end_chunk_and_distinguishes_recordings() {
    let (one, other) = (sample(), written(101, 300, 60, 100, 51));
    let chain = |bytes: &[u8]| open(bytes).chain().unwrap();
    assert_eq!(chain(&one.bytes).0, one.bytes[one.end() - 32..one.end()]);
    assert_eq!(chain(&one.bytes), chain(&one.bytes[..one.end()]));
    assert_ne!(chain(&one.bytes), chain(&other.bytes));
}

/// Counts reads and bytes.
struct Counted<'a> {
    file: Cursor<&'a [u8]>,
    bytes: usize,
    reads: usize,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.bytes += read;
        self.reads += 1;
        Ok(read)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[test]
fn opening_an_hour_reads_the_index_or_the_heads_but_no_bodies() {
    // As many chunks as an hour has, but much smaller.
    let written = written(1, 4000, 1, 60, 4000);
    let open = |bytes| {
        let mut file = Counted {
            file: Cursor::new(bytes),
            bytes: 0,
            reads: 0,
        };
        let recording = Recording::new(&mut file).unwrap();
        assert_eq!(recording.last_tick(), Some(Tick(4000)));
        (file.bytes, file.reads)
    };
    let (with_index, reads) = open(&written.bytes[..]);
    assert!(
        with_index < 60_000 && reads < 40,
        "{with_index} bytes in {reads} reads"
    );
    let (without, reads) = open(&written.bytes[..written.end()]);
    assert!(
        without < 4100 * 28 + 4000 && reads < 4200,
        "{without} bytes in {reads} reads"
    );
}
