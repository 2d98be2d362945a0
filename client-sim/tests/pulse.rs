//! A standstill of the server: the longest stretch in which no bot received a tick, to the
//! nanosecond, in virtual time.

use std::time::{Duration, Instant};

use parlour_client_sim::bots::{Awake, Pulse, Standstill};

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn stretch(began: u64, lasted: u64) -> Option<Standstill> {
    Some(Standstill {
        lasted: ms(lasted),
        began: ms(began),
    })
}

#[test]
fn the_longest_stretch_is_reported_with_its_beginning() {
    let start = Instant::now();
    let pulse = Pulse::new(start);
    assert_eq!(pulse.so_far(start + ms(900)), None, "nothing was seen yet");
    let mut longest = None;
    // 2 of 10 s are missing.
    for at in (1000..4000).chain(6000..10_000).step_by(50) {
        longest = Standstill::longer(longest, pulse.beat(start + ms(at)));
    }
    assert_eq!(longest, stretch(3950, 2050));
    assert_eq!(pulse.so_far(start + ms(10_000)), stretch(9950, 50));
}

#[test]
fn a_sign_that_any_thread_sees_ends_the_stretch() {
    let start = Instant::now();
    let pulse = Pulse::new(start);
    assert_eq!(pulse.beat(start + ms(100)), None);
    assert_eq!(pulse.beat(start + ms(600)), stretch(100, 500));
    // A thread reports an earlier sign late.
    assert_eq!(pulse.beat(start + ms(550)), None);
    assert_eq!(pulse.beat(start + ms(700)), stretch(600, 100));
}

#[test]
fn a_stretch_can_begin_again_but_not_before_the_first_sign() {
    let start = Instant::now();
    let pulse = Pulse::new(start);
    pulse.begin_again(start + ms(500));
    assert_eq!(pulse.so_far(start + ms(900)), None);
    let _ = pulse.beat(start + ms(1000));
    pulse.begin_again(start + ms(1800));
    pulse.begin_again(start + ms(1500));
    assert_eq!(pulse.so_far(start + ms(2000)), stretch(1800, 200));
}

#[test]
fn bots_detect_that_they_stood_still_themselves() {
    let start = Instant::now();
    let mut awake = Awake::new(start);
    assert_eq!(awake.look(start + ms(50)), None);
    assert_eq!(awake.look(start + ms(300)), None);
    assert_eq!(awake.look(start + ms(551)), Some(start + ms(300)));
    assert_eq!(awake.look(start + ms(600)), None);
}
