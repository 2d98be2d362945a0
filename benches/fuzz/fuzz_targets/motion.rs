//! Bodies of any size and speed among walls and blockers: no panic, no step into something solid,
//! and a course equals the rule tick by tick.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parlour_shared::{
    ids::Tick,
    motion::{
        Blocker, BodySize, Bounds, Course, Heading, Position, Surroundings, Velocity, WallGrid, contact, turn,
    },
};

/// Reads numbers from the input; 0 after its end.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn u8(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    fn i16(&mut self) -> i16 {
        i16::from_le_bytes([self.u8(), self.u8()])
    }

    fn u16(&mut self) -> u16 {
        self.i16().cast_unsigned()
    }
}

fuzz_target!(|input: &[u8]| {
    let mut numbers = Numbers(input);
    let mut walls = WallGrid::new(16, 16, 8 + u16::from(numbers.u8() % 32));
    for _ in 0..numbers.u8() % 32 {
        let tile = numbers.u8();
        walls.block((tile & 15).into(), (tile >> 4).into());
    }
    let mut blockers = Vec::new();
    for _ in 0..numbers.u8() % 4 {
        let (left, top) = (i32::from(numbers.u16()), i32::from(numbers.u16()));
        let (width, height) = (i32::from(numbers.u16() % 8192), i32::from(numbers.u16() % 8192));
        let bounds = Bounds {
            left,
            top,
            right: left + 1 + width,
            bottom: top + 1 + height,
        };
        blockers.push(Blocker { bounds, moves: false });
    }
    let around = Surroundings {
        walls: &walls,
        body: BodySize {
            half_x: 1 + numbers.u16() % 8192,
            half_y: 1 + numbers.u16() % 8192,
        },
        blockers: &blockers,
    };
    let start = Position {
        x: numbers.u16().into(),
        y: numbers.u16().into(),
    };
    if !around.is_free(start) {
        return;
    }
    let mut tick = Tick(1);
    let (mut lazy, mut eager) = (Course::still(tick, start), Course::still(tick, start));
    while !numbers.0.is_empty() {
        for _ in 0..numbers.u8() % 32 {
            tick = tick.after(1);
            if tick >= lazy.review {
                lazy = contact(around, &lazy, tick);
            }
            eager = contact(around, &eager, tick);
            let here = eager.segment.at(tick);
            assert_eq!(lazy.segment.at(tick), here);
            assert_eq!(lazy.segment.gait, eager.segment.gait);
            assert!(around.is_free(here));
        }
        let velocity = Velocity {
            x: numbers.i16(),
            y: numbers.i16(),
        };
        let heading = Heading::free(velocity);
        if heading != lazy.segment.gait.heading {
            lazy = turn(around, lazy.segment.at(tick), heading, tick);
            eager = turn(around, eager.segment.at(tick), heading, tick);
        }
    }
});
