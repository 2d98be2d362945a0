//! Checks that game logic is deterministic: the same inputs in a second world lead to the same
//! state.

use std::{collections::BTreeMap, fmt::Write as _};

use parlour_sim::{SavedState, Simulation, StableId};
use parlour_testing::Placements;
use parlour_tick::TickOutput;

use super::test_room::TestRoom;

/// How often the second world is saved and loaded.
const LOADS: usize = 3;
/// How many differences the text of a failure lists.
const LISTED: usize = 5;

impl TestRoom {
    /// Runs all ticks so far again in a second world, and checks that the state is the same after
    /// each of them. The second world runs the systems in a different order that their declared
    /// order allows, is saved and loaded three times, and skips the ticks in which it is quiet. A
    /// recording of the game depends on all of this.
    ///
    /// This runs at the end of every test, unless
    /// [`TestRoomBuilder::without_determinism_check`](crate::testing::TestRoomBuilder) leaves it
    /// out. It takes about as long as the test itself.
    ///
    /// # Panics
    /// If the state differs. The text names the values that differ, and likely causes.
    #[track_caller]
    pub fn check_determinism(&mut self) {
        if self.checked == self.played.len() {
            return;
        }
        self.checked = self.played.len();
        let mut second = SecondWorld::new(self);
        for number in 0..self.played.len() {
            second.run(number);
            if second.sim.hash() != self.played[number].hash {
                let text = second.explain(number);
                panic!("{text}");
            }
            let loads = self.played.len().div_ceil(LOADS + 1);
            if (number + 1) % loads == 0 && number + 1 < self.played.len() {
                second.reload(number as u64);
            }
        }
    }

    /// Runs the inputs again in an equal world, up to a tick.
    fn rerun(&self, last: usize) -> Simulation {
        let (mut sim, placements) = self.plan.make();
        for played in &self.played[..=last] {
            played.place(&sim, &placements);
            sim.step(&mut played.input(), &mut TickOutput::default());
        }
        sim
    }
}

/// The world in which the inputs run again.
struct SecondWorld<'a> {
    room: &'a TestRoom,
    sim: Simulation,
    placements: Placements,
    output: TickOutput,
    /// The number of ticks after which it was last loaded.
    loaded_after: Option<u32>,
    /// Whether the last tick was skipped.
    skipped: bool,
}

impl<'a> SecondWorld<'a> {
    fn new(room: &'a TestRoom) -> Self {
        let (mut sim, placements) = room.plan.make();
        sim.shuffle_schedule(1);
        Self {
            room,
            sim,
            placements,
            output: TickOutput::default(),
            loaded_after: None,
            skipped: false,
        }
    }

    /// Runs a tick again.
    fn run(&mut self, number: usize) {
        let played = &self.room.played[number];
        let mut input = played.input();
        self.skipped = played.placed.is_empty() && self.sim.may_skip(&input);
        if self.skipped {
            self.sim.skip(1);
        } else {
            played.place(&self.sim, &self.placements);
            self.sim.step(&mut input, &mut self.output);
        }
    }

    /// Saves the world, and goes on with a world that is loaded from it.
    #[track_caller]
    fn reload(&mut self, seed: u64) {
        let mut saved = Vec::new();
        self.sim.save(&mut saved);
        let (sim, placements) = self.room.plan.load(&saved).unwrap_or_else(|error| {
            panic!(
                "the world cannot be loaded after it was saved in tick {}: {error}",
                self.sim.tick().0
            )
        });
        (self.sim, self.placements) = (sim, placements);
        self.sim.shuffle_schedule(seed);
        self.loaded_after = Some(self.sim.tick().0);
    }

    /// Returns what differs after a tick, and why that may be.
    fn explain(mut self, number: usize) -> String {
        let mut again = self.room.rerun(number);
        let repeats = again.hash() == self.room.played[number].hash;
        let mut text = format!(
            "the game logic is not deterministic: the same inputs lead to a different state in tick {}.\n",
            number + 1
        );
        text.push_str(match (repeats, self.skipped, self.loaded_after) {
            (false, ..) => {
                "Even an equal second world differs. Does the logic use a clock, a random source, a static, or the \
                 order of a HashMap?\n"
            }
            (true, true, _) => {
                "The second world skipped this tick, because nothing was due. A system in the set MaySleep has \
                 something to do without an event: call app.sleeps_until(..), set a timer, or take it out of the set.\n"
            }
            (true, false, Some(_)) => {
                "The second world was saved and loaded before, and runs the systems in a different order. Is something \
                 not part of the state: a Local, Added, Changed, RemovedComponents, a resource that is \
                 presentation_only? Or does the logic depend on the order of a query?\n"
            }
            (true, false, None) => {
                "The second world runs the systems in a different order that their declared order allows. Do two \
                 systems share data without an order, such as a static or a Mutex?\n"
            }
        });
        if let Some(tick) = self.loaded_after {
            let _ = writeln!(text, "It was last loaded after tick {tick}.");
        }
        if repeats {
            text.push_str(&self.differences(&mut again));
        }
        text.push_str(
            "The rules for game logic are on the first page of the crate documentation of `parlour`.",
        );
        text
    }

    /// Lists what differs from the first world.
    fn differences(&mut self, first: &mut Simulation) -> String {
        let (mut one, mut other) = (Vec::new(), Vec::new());
        first.save(&mut one);
        self.sim.save(&mut other);
        let (Ok(one), Ok(other)) = (SavedState::parse(&one), SavedState::parse(&other)) else {
            return String::new();
        };
        let (one, other) = (values(&one), values(&other));
        let mut keys: Vec<_> = one.keys().chain(other.keys()).copied().collect();
        keys.sort_unstable();
        keys.dedup();
        let names: Vec<&str> = first.part_names().collect();
        let mut text = String::new();
        let differing = keys.into_iter().filter(|key| one.get(key) != other.get(key));
        for key in differing.take(LISTED) {
            let show = |value: Option<&&[u8]>| {
                let shown = value.map(|bytes| self.sim.show_part(key.1, bytes));
                shown.map_or("missing".to_owned(), |shown| {
                    shown.map_or("unreadable".to_owned(), |shown| shown.to_string())
                })
            };
            let _ = writeln!(
                text,
                "  {} of {}: {}, and in the second world {}",
                names.get(usize::from(key.1)).unwrap_or(&"a part"),
                self.owner(key.0),
                show(one.get(&key)),
                show(other.get(&key))
            );
        }
        text
    }

    /// Describes the owner of a part.
    fn owner(&self, id: Option<StableId>) -> String {
        let Some(id) = id else {
            return "the world (a resource)".to_owned();
        };
        let name = id.as_player().and_then(|player| self.room.name_of(player));
        match (name, id.as_object()) {
            (Some(name), _) => name.to_owned(),
            (None, Some(object)) => format!("object {}", object.0),
            (None, None) => id.to_string(),
        }
    }
}

/// The values of a saved state, by entity and tag. Resources have no entity.
type Values<'a> = BTreeMap<(Option<StableId>, u8), &'a [u8]>;

fn values<'a>(state: &SavedState<'a>) -> Values<'a> {
    let resources = state.resources.iter().map(|part| ((None, part.tag), part.bytes));
    let entities = state.entities.iter().flat_map(|entity| {
        let parts = entity.parts.iter();
        parts.map(|part| ((Some(entity.id), part.tag), part.bytes))
    });
    resources.chain(entities).collect()
}
