//! Recordings depend on the random streams, so these numbers must never change.

use parlour_shared::rng::{Purpose, Stream, mix};

#[test]
fn a_stream_is_splitmix64() {
    // The first numbers of the reference implementation for the state 1234567.
    let mut state = 1_234_567_u64;
    let expected = [
        6_457_827_717_110_365_317,
        3_203_168_211_198_807_973,
        9_817_491_932_198_370_423,
    ];
    for number in expected {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        assert_eq!(mix(state), number);
    }
}

#[test]
fn streams_are_pinned() {
    let first = |seed, moment, purpose| {
        let mut stream = Stream::new(seed, moment, purpose);
        [stream.next_u64(), stream.next_u64()]
    };
    assert_eq!(
        first(0, 0, Purpose::PlayerId),
        [0xbfef_8030_ddc2_d772, 0x5f55_2ce4_82f2_aa47]
    );
    assert_eq!(
        first(1, 0, Purpose::Slot),
        [0x6584_4c5d_623d_b2da, 0x5079_d542_72e5_7a51]
    );
    assert_eq!(
        first(42, 3600, Purpose::Spawn),
        [0xecbb_db6d_8284_2e74, 0x22ed_c9ea_8df3_512c]
    );
    assert_eq!(
        first(u64::MAX, u64::MAX, Purpose::Game),
        [0x5829_5f31_4276_6b41, 0xaf8e_417c_f67c_5697]
    );
}

#[test]
fn seed_moment_and_purpose_each_change_the_stream() {
    let purposes = [
        Purpose::PlayerId,
        Purpose::Slot,
        Purpose::Spawn,
        Purpose::BotWalk,
        Purpose::BotChat,
        Purpose::Game,
    ];
    let mut firsts: Vec<u64> = purposes
        .into_iter()
        .flat_map(|purpose| (0..20).flat_map(move |seed| (0..20).map(move |moment| (seed, moment, purpose))))
        .map(|(seed, moment, purpose)| Stream::new(seed, moment, purpose).next_u64())
        .collect();
    let count = firsts.len();
    firsts.sort_unstable();
    firsts.dedup();
    assert_eq!(firsts.len(), count);
}

#[test]
fn below_stays_below_the_bound_and_reaches_every_number() {
    let mut stream = Stream::new(7, 0, Purpose::Game);
    assert_eq!(stream.below(0), 0);
    let mut counts = [0_u32; 7];
    for _ in 0..7000 {
        counts[stream.below(7) as usize] += 1;
    }
    assert!(
        counts.iter().all(|count| (850..1150).contains(count)),
        "{counts:?}"
    );
    assert!((0..1000).all(|_| stream.below(u32::MAX) < u32::MAX));
}
