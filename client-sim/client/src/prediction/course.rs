//! The effect of commands, walls and bodies on a course, and the search for the ticks of commands.

use parlour_shared::{
    ids::Tick,
    motion::{self, Course, Heading, Position, Segment, UNITS_PER_PX, WallGrid},
};

use super::{KnownMotion, OwnMotion, ground::Ground};

/// The maximum time between two snapshots, in ticks, for which a search is done.
const MAX_SEARCH_TICKS: u32 = 120;
/// The maximum number of courses that a search follows at the same time.
const MAX_SEARCH_STATES: usize = 1024;

/// The result of a search.
pub(super) enum Explanation {
    Course(Course),
    Impossible,
    Unknown,
}

/// Searches for ticks at which the commands, in order, lead to the server's report. The last
/// command was applied. Each earlier one was applied, or replaced by its successor.
pub(super) fn explain(
    ground: Ground<'_>,
    known: &KnownMotion,
    reported: &OwnMotion,
    commands: &[Heading],
) -> Explanation {
    if reported.tick.since(known.tick) > MAX_SEARCH_TICKS {
        return Explanation::Unknown;
    }
    let mut states = vec![(0, known.course)];
    for tick in known.tick.0 + 1..=reported.tick.0 {
        let tick = Tick(tick);
        for at in 0..states.len() {
            let (next, course) = states[at];
            let course = advance(ground, course, tick);
            states[at].1 = course;
            for (ahead, &heading) in commands.iter().enumerate().skip(next) {
                states.push((ahead + 1, obey(ground, &course, heading, tick)));
            }
        }
        if states.len() > MAX_SEARCH_STATES {
            return Explanation::Unknown;
        }
    }
    states
        .into_iter()
        .find(|(next, course)| *next == commands.len() && is_same(&course.segment, reported))
        .map_or(Explanation::Impossible, |(_, course)| Explanation::Course(course))
}

/// Follows a course along the walls and among bodies up to and including a tick.
pub(super) fn advance(ground: Ground<'_>, mut course: Course, tick: Tick) -> Course {
    while course.review <= tick {
        course = ground.at(course.review, |around| {
            motion::contact(around, &course, course.review)
        });
    }
    course
}

/// Applies a command. It changes nothing if the player already has that heading.
pub(super) fn obey(ground: Ground<'_>, course: &Course, heading: Heading, tick: Tick) -> Course {
    if course.segment.gait.heading == heading {
        return *course;
    }
    ground.at(tick, |around| {
        motion::turn(around, course.segment.at(tick), heading, tick)
    })
}

/// Returns the course that begins with the server's report. Its first review is the next tick.
pub(super) fn pick_up(reported: &OwnMotion) -> Course {
    Course {
        segment: reported.segment.seen_from(reported.tick),
        review: reported.tick.after(1),
    }
}

pub(super) fn is_same(predicted: &Segment, reported: &OwnMotion) -> bool {
    predicted.gait == reported.segment.gait
        && predicted.at(reported.tick) == reported.segment.at(reported.tick)
}

/// Returns whether a position is on the map. A hostile server may send one where the arithmetic of
/// walls would overflow.
pub(super) fn is_within(walls: &WallGrid, position: Position) -> bool {
    let (columns, rows) = walls.size();
    let side = i32::from(walls.tile_px()) * UNITS_PER_PX;
    (0..i32::from(columns) * side).contains(&position.x) && (0..i32::from(rows) * side).contains(&position.y)
}
