//! The bots with a special role: witnesses and stalled bots. The seed picks them.

use parlour_shared::rng::{Purpose, Stream};

use super::plan::Plan;

/// The roles of all bots of a plan.
#[derive(Clone, Debug)]
pub struct Roles {
    witnesses: Vec<bool>,
    stalled: Vec<bool>,
}

impl Roles {
    /// Picks the roles. Stalled bots are spread evenly over all bots. The witnesses of a room are
    /// picked from its other bots: the plan's share of the room, but at least one, spread evenly
    /// over the order in which they connect.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let mut random = Stream::new(plan.seed, 0, Purpose::BotRole);
        let all: Vec<u32> = (0..plan.count).collect();
        let mut stalled = vec![false; all.len()];
        for bot in spread(&all, plan.stalled, &mut random) {
            stalled[bot as usize] = true;
        }
        let mut witnesses = vec![false; all.len()];
        let rooms = plan.room_count();
        for room in 0..rooms {
            let in_room = all.iter().copied().skip(room as usize).step_by(rooms as usize);
            let size = in_room.clone().count();
            let reading: Vec<u32> = in_room.filter(|&bot| !stalled[bot as usize]).collect();
            let wanted = (size as f64 * plan.witnesses).round().max(1.0) as u32;
            for bot in spread(&reading, wanted, &mut random) {
                witnesses[bot as usize] = true;
            }
        }
        Self { witnesses, stalled }
    }

    /// Returns whether a bot decodes everything it receives.
    #[must_use]
    pub fn is_witness(&self, bot: u32) -> bool {
        self.witnesses.get(bot as usize).copied().unwrap_or(false)
    }

    /// Returns whether a bot stops reading once it is in its room.
    #[must_use]
    pub fn is_stalled(&self, bot: u32) -> bool {
        self.stalled.get(bot as usize).copied().unwrap_or(false)
    }

    /// Returns the number of witnesses.
    #[must_use]
    pub fn witnesses(&self) -> u32 {
        self.witnesses.iter().filter(|&&is| is).count() as u32
    }
}

/// Picks `wanted` of the bots, or all of them, at even distances from a random start.
fn spread<'a>(bots: &'a [u32], wanted: u32, random: &mut Stream) -> impl Iterator<Item = u32> + use<'a> {
    let count = bots.len() as u64;
    let wanted = u64::from(wanted).min(count);
    let shift = u64::from(random.below(bots.len() as u32));
    // Of `count` steps of size `wanted`, `wanted` pass a multiple of `count`.
    let is_picked = move |at: u64| (at + shift) % count * wanted % count < wanted;
    (0..)
        .zip(bots)
        .filter_map(move |(at, &bot)| is_picked(at).then_some(bot))
}
