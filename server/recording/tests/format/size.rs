//! The size of a recording.

use parlour_recording::format::{EndReason, FileWriter, TicksBuilder};
use parlour_shared::{
    ids::{SessionId, Tick},
    message::{ClientMessage, Move, MoveHeading},
    motion::Direction,
    rng::mix,
};
use parlour_tick::{Event, EventKind, TickInput};

use super::support::{Memory, header, wall};

const WALKERS: u32 = 1000;
const PARTS: usize = 16;

#[test]
fn a_walker_that_turns_twice_a_second_costs_at_most_1_kb_a_minute() {
    let mut drawn = 0;
    let mut up_to = |bound: u64| {
        drawn += 1;
        mix(drawn) % bound
    };
    let mut header = header();
    header.state = (0..PARTS).map(|nth| format!("part {nth}")).collect();
    let mut writer = FileWriter::new(Memory::default(), &header).unwrap();
    let mut builder = TicksBuilder::new(PARTS);
    let mut seqs = vec![0; WALKERS as usize];
    let (mut turns, mut raw) = (0, 0);
    for tick in 1..=3600 {
        let mut input = TickInput::default();
        for walker in 0..WALKERS {
            if up_to(30) > 0 {
                continue;
            }
            turns += 1;
            seqs[walker as usize] += 1;
            let command = Move {
                seq: seqs[walker as usize],
                // Bots aim like this: a few milliseconds before the tick, sometimes for a later
                // one.
                tick: Tick(tick + u32::from(up_to(8) == 0)),
                heading: MoveHeading::Keys {
                    direction: Direction::ALL[up_to(9) as usize],
                    sprint: up_to(4) == 0,
                },
            };
            let kind = EventKind::Message {
                early: up_to(160) as i16,
                message: ClientMessage::Move(command),
            };
            let session = SessionId(u64::from(walker) + 1000);
            input.events.push(Event { session, kind });
        }
        let parts: Vec<u16> = (0..PARTS).map(|_| up_to(1 << 16) as u16).collect();
        let hash = up_to(u64::MAX);
        builder
            .push(Tick(tick), wall(tick), Some((hash, &parts)), &input)
            .unwrap();
        raw = raw.max(builder.raw_len());
        if builder.is_due() {
            writer.chunk(&builder.seal().unwrap()).unwrap();
        }
    }
    writer.end(EndReason::Stopped, "").unwrap();
    let bytes = writer.into_inner().into_inner().len();
    let each = bytes / WALKERS as usize;
    println!(
        "{WALKERS} walkers, {turns} turns, 1 minute: {bytes} bytes, {each} per player; {raw} per chunk at most"
    );
    assert!((110_000..130_000).contains(&turns));
    assert!(each <= 1000, "{each} bytes per player-minute");
}
