//! The client's prediction equals a server that applies the rules tick by tick, at any delay.

mod support;

use parlour_client::{Agreement, Mismatch, OwnMotion, Prediction};
use parlour_shared::{
    ids::Tick,
    message::MoveHeading,
    motion::{Course, Direction, Heading, Position, Segment, WallGrid, contact, turn},
    snapshot::Ack,
};
use proptest::prelude::*;
use support::walls;

const SPEEDS: [u16; 3] = [640, 1024, 4096];

fn heading() -> impl Strategy<Value = MoveHeading> {
    let keys = (0_usize..9, any::<bool>()).prop_map(|(direction, sprint)| MoveHeading::Keys {
        direction: Direction::ALL[direction],
        sprint,
    });
    // The last speed does not exist: the server drops the command.
    let free =
        (any::<u8>(), 0..=SPEEDS.len() as u8).prop_map(|(angle, speed)| MoveHeading::Angle { angle, speed });
    prop_oneof![keys, free]
}

fn in_room() -> Prediction {
    let mut prediction = Prediction::default();
    prediction.enter_room(&SPEEDS);
    prediction
}

/// The events of one tick.
#[derive(Clone, Debug)]
struct Moment {
    /// The heading that the client sends.
    send: Option<MoveHeading>,
    /// Whether the server applies the commands sent so far, of which only the last one counts.
    apply: bool,
    /// Whether the server sends a snapshot after this tick.
    tell: bool,
}

fn moment() -> impl Strategy<Value = Moment> {
    (
        proptest::option::weighted(0.2, heading()),
        proptest::bool::weighted(0.6),
        proptest::bool::weighted(0.4),
    )
        .prop_map(|(send, apply, tell)| Moment { send, apply, tell })
}

fn grid() -> impl Strategy<Value = WallGrid> {
    proptest::collection::vec((0_u16..12, 0_u16..12), 0..40).prop_map(|blocks| {
        let mut walls = WallGrid::new(12, 12, 16);
        for (column, row) in blocks {
            walls.block(column, row);
        }
        walls
    })
}

/// A body on a server, moved one tick at a time.
struct Body {
    course: Course,
    tick: Tick,
}

impl Body {
    fn step(&mut self, walls: &WallGrid, heading: Option<Heading>) -> bool {
        self.tick = self.tick.after(1);
        if self.tick >= self.course.review {
            self.course = contact(walls, &self.course, self.tick);
        }
        match heading {
            Some(heading) if heading != self.course.segment.gait.heading => {
                self.course = turn(walls, self.course.segment.at(self.tick), heading, self.tick);
                true
            }
            _ => false,
        }
    }
}

proptest! {
    #[test]
    fn a_correct_server_never_causes_a_mismatch(walls in grid(), moments in proptest::collection::vec(moment(), 1..200)) {
        let start = Position::from_px(96, 96);
        prop_assume!(walls.is_free(start));
        let mut body = Body { course: Course::still(Tick(10), start), tick: Tick(10) };
        let mut prediction = in_room();
        let first = OwnMotion { tick: Tick(10), ack: None, turned: None, segment: body.course.segment };
        prop_assert_eq!(prediction.confirm(&walls, &first), Ok(Agreement::Started));
        let (mut sent, mut ack, mut turned) = (None, None, Vec::new());
        let mut broken = false;
        let (mut under_way, mut acknowledged) = (0, 0);
        for moment in moments {
            if let Some(heading) = moment.send {
                let number = prediction.send(heading, Some(body.tick.after(1)));
                if let Some(heading) = heading.resolve(&SPEEDS) {
                    sent = Some((number, heading));
                    under_way += 1;
                }
            }
            let due = if moment.apply { sent.take() } else { None };
            if due.is_some() {
                acknowledged += std::mem::take(&mut under_way);
            }
            let before = body.course.segment;
            if body.step(&walls, due.map(|(_, heading)| heading)) {
                turned.push(body.tick);
            } else {
                broken |= body.course.segment != before;
            }
            ack = due.map(|(seq, _)| Ack { seq, early: 0 }).or(ack);
            if moment.tell {
                let turn = if turned.len() == 1 && !broken { turned.pop() } else { None };
                let segment = if turn.is_some() { body.course.segment } else { body.course.segment.seen_from(body.tick) };
                let reported = OwnMotion { tick: body.tick, ack: ack.take(), turned: turn, segment };
                let verdict = prediction.confirm(&walls, &reported);
                // A snapshot after more than two commands may need too long a search, and is then
                // not compared.
                let is_fair = match verdict {
                    Ok(Agreement::Unchecked) => acknowledged > 2,
                    other => other == Ok(Agreement::Agreed),
                };
                prop_assert!(is_fair, "{:?} after {} commands", verdict, acknowledged);
                acknowledged = 0;
                turned.clear();
                broken = false;
            }
        }
    }

    #[test]
    fn a_wrong_server_causes_a_mismatch(walls in grid(), heading in heading(), ticks in 1_u32..60, x in -3_i32..=3, y in -3_i32..=3) {
        let start = Position::from_px(96, 96);
        prop_assume!(walls.is_free(start) && (x, y) != (0, 0));
        let mut body = Body { course: Course::still(Tick(10), start), tick: Tick(10) };
        let mut prediction = in_room();
        let first = OwnMotion { tick: Tick(10), ack: None, turned: None, segment: body.course.segment };
        prop_assert!(prediction.confirm(&walls, &first).is_ok());
        let seq = prediction.send(heading, Some(Tick(11)));
        let resolved = heading.resolve(&SPEEDS);
        prop_assume!(resolved.is_some());
        body.step(&walls, resolved);
        for _ in 1..ticks {
            body.step(&walls, None);
        }
        // A few units off, with the tick of the turn reported: only one position is possible.
        let here = body.course.segment.at(body.tick);
        let beside = Position { x: here.x + x, y: here.y + y };
        let segment = Segment { since: body.tick, position: beside, gait: body.course.segment.gait };
        let reported = OwnMotion { tick: body.tick, ack: Some(Ack { seq, early: 0 }), turned: Some(Tick(11)), segment };
        prop_assert!(prediction.confirm(&walls, &reported).is_err());
    }
}

#[test]
fn a_wall_stops_the_prediction_where_it_stops_the_server() {
    let walls = walls();
    let mut prediction = Prediction::default();
    let start = Segment::still(Tick(0), Position::from_px(200, 280));
    prediction
        .confirm(
            &walls,
            &OwnMotion {
                tick: Tick(0),
                ack: None,
                turned: None,
                segment: start,
            },
        )
        .expect("a free place");
    prediction.send(Direction::South, Some(Tick(1)));
    // The wall begins at 320 px, and the body extends 8 px to each side.
    assert_eq!(
        prediction.position_at(&walls, Tick(200)),
        Some(Position::from_px(200, 312))
    );
}

#[test]
fn too_many_changes_are_accepted_without_a_check() {
    let walls = walls();
    let mut prediction = Prediction::default();
    let here = Position::from_px(100, 100);
    let reported = |tick, ack, gait| OwnMotion {
        tick: Tick(tick),
        ack,
        turned: None,
        segment: Segment {
            since: Tick(tick),
            position: here,
            gait,
        },
    };
    prediction
        .confirm(&walls, &reported(1, None, Default::default()))
        .expect("a free place");
    let mut last = 0;
    for round in 0..40 {
        let direction = Direction::ALL[1 + round % 8];
        last = prediction.send(direction, Some(Tick(2)));
    }
    let northwest = support::gait(Heading::walk(Direction::Northwest));
    let ack = Some(Ack { seq: last, early: 0 });
    assert_eq!(
        prediction.confirm(&walls, &reported(60, ack, northwest)),
        Ok(Agreement::Unchecked)
    );
    let gone_back = reported(
        61,
        Some(Ack {
            seq: last - 1,
            early: 0,
        }),
        northwest,
    );
    assert!(matches!(
        prediction.confirm(&walls, &gone_back),
        Err(Mismatch::Ack { .. })
    ));
}
