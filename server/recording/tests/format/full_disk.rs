//! When the disk is full at any byte, the recording ends properly with the chunks that fit.

use std::io::{self, Write};

use parlour_recording::format::{Cut, EndReason, Ending, FileWriter};

use super::support::{chunks, header, read, written};

/// A disk with space for `room` bytes.
#[derive(Default)]
struct Disk {
    bytes: Vec<u8>,
    room: usize,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.room - self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..taken]);
        match taken {
            0 if !bytes.is_empty() => Err(io::ErrorKind::StorageFull.into()),
            taken => Ok(taken),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Cut for &mut Disk {
    fn cut(&mut self, position: u64) -> io::Result<()> {
        self.bytes.truncate(position as usize);
        Ok(())
    }
}

#[test]
fn a_recording_ends_properly_on_a_disk_full_at_any_byte() {
    let written = written(1, 60, 6, 30, 300);
    // Small chunks: taking back one does not free enough for the end chunk.
    let chunks = chunks(&written.items, 2, 1);
    let mut ended = 0;
    let mut lengths = vec![];
    for room in 0..written.bytes.len() {
        let mut disk = Disk {
            bytes: Vec::new(),
            room,
        };
        let Ok(mut writer) = FileWriter::new(&mut disk, &header()) else {
            assert!(room < written.header_end());
            continue;
        };
        let filled = chunks.iter().try_for_each(|chunk| writer.chunk(chunk));
        assert!(filled.is_err(), "the same items in more chunks are longer");
        assert!(
            writer.chunk(&chunks[0]).is_err(),
            "nothing is written after a torn chunk"
        );
        let finished = writer.end_after_error(EndReason::DiskFull, "no space");
        let (items, failed, ending) = read(&disk.bytes);
        assert!(
            failed.is_none() && written.items.starts_with(&items),
            "room for {room}"
        );
        lengths.push(items.len());
        if finished.is_ok() {
            ended += 1;
            let expected = Ending::Ended {
                reason: EndReason::DiskFull,
                text: "no space".into(),
            };
            assert_eq!(ending, expected, "room for {room}");
        } else {
            assert!(
                matches!(ending, Ending::Cut { .. }),
                "room for {room}: {ending:?}"
            );
            assert!(
                items.is_empty(),
                "room for {room}: taking back chunks did not make room for an end chunk"
            );
        }
    }
    assert!(
        ended > 1000 && lengths.is_sorted(),
        "more room must fit more ticks"
    );
}

#[test]
fn chunks_can_be_taken_back_but_not_the_header() {
    let written = written(1, 5, 1, 100, 0);
    let mut writer = FileWriter::new(io::Cursor::new(Vec::new()), &header()).unwrap();
    assert!(!writer.retreat());
    let mut positions = Vec::new();
    for chunk in chunks(&written.items, 2, 1) {
        positions.push(writer.position());
        writer.chunk(&chunk).unwrap();
    }
    assert_eq!(writer.last_tick(), 5);
    for position in positions.into_iter().rev() {
        assert!(writer.retreat());
        assert_eq!(writer.position(), position);
    }
    assert!(!writer.retreat());
    assert_eq!(writer.last_tick(), 0);
}
