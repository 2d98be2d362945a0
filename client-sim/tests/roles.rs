//! Every room has the planned number of witnesses and stalled bots, and the seed picks them.

use parlour_client_sim::bots::{Plan, Roles, Rooms};
use proptest::prelude::*;

fn witnesses(plan: &Plan) -> Vec<u32> {
    let roles = Roles::new(plan);
    (0..plan.count).filter(|&bot| roles.is_witness(bot)).collect()
}

#[test]
fn all_bots_are_witnesses_unless_the_plan_says_otherwise() {
    let plan = Plan::default();
    assert_eq!(witnesses(&plan).len(), 100);
    let roles = Roles::new(&plan);
    assert_eq!(roles.witnesses(), 100);
    assert!((0..100).all(|bot| !roles.is_stalled(bot)));
}

#[test]
fn the_seed_picks_the_roles() {
    let plan = Plan {
        count: 1000,
        rooms: Rooms::Count(1),
        witnesses: 0.01,
        ..Plan::default()
    };
    assert_eq!(witnesses(&plan), witnesses(&plan));
    let other = Plan {
        seed: 2,
        ..plan.clone()
    };
    assert_ne!(witnesses(&plan), witnesses(&other));
}

proptest! {
    #[test]
    fn each_room_has_its_share_of_witnesses_evenly_spread(
        count in 1_u32..400, rooms in 1_u32..20, share in 0.001_f64..=1.0, stalled in 0_u32..100, seed: u64,
    ) {
        let stalled = stalled.min(count - 1);
        let plan = Plan {
            count, rooms: Rooms::Count(rooms), witnesses: share, stalled, seed, ..Plan::default()
        };
        let roles = Roles::new(&plan);
        let stalled_bots = (0..count).filter(|&bot| roles.is_stalled(bot));
        prop_assert_eq!(stalled_bots.count() as u32, stalled);
        prop_assert!((0..count).all(|bot| !(roles.is_stalled(bot) && roles.is_witness(bot))));
        for room in 0..plan.room_count() {
            let in_room: Vec<u32> = (0..count).filter(|&bot| plan.room_of(bot) == room).collect();
            let reading: Vec<u32> = in_room.iter().copied().filter(|&bot| !roles.is_stalled(bot)).collect();
            let picked: Vec<usize> = (0..).zip(&reading)
                .filter_map(|(at, &bot)| roles.is_witness(bot).then_some(at)).collect();
            let wanted = (in_room.len() as f64 * share).round().max(1.0) as usize;
            prop_assert_eq!(picked.len(), wanted.min(reading.len()));
            // All gaps between consecutive witnesses are equal, give or take one.
            let gaps = picked.windows(2).map(|pair| pair[1] - pair[0]);
            if let (Some(shortest), Some(longest)) = (gaps.clone().min(), gaps.max()) {
                prop_assert!(longest - shortest <= 1, "{:?}", picked);
            }
        }
    }
}
