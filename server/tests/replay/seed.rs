use parlour_shared::message::Scope;
use parlour_testing::SessionActions as _;
use parlour_sim::CurrentPosition;
use parlour_shared::ids::SessionId;
use crate::support::story;
#[test]
fn find_seed() {
    let _ = Scope::Room;
    for seed in 0..6000u64 {
        let mut script = story();
        script.config.seed = seed;
        let mut at = [None; 2];
        script.record_with(31, |world| {
            if world.tick().0 == 31 {
                for n in 1..=2u64 {
                    let e = world.player(SessionId(n)).unwrap();
                    at[n as usize - 1] = world.world().get::<CurrentPosition>(e).map(|p| (p.0.x / 256, p.0.y / 256));
                }
            }
        });
        let (a, b) = (at[0].unwrap(), at[1].unwrap());
        if (a.0 - 1168).abs() < 10 && (a.1 - 480).abs() < 10 {
            println!("{seed} {a:?} {b:?}");
        }
    }
}
