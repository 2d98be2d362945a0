//! A standstill of the server: the longest stretch in which no bot received a tick, to the
//! nanosecond, in virtual time.

use std::time::{Duration, Instant};

use parlour_client_sim::bots::{PauseDetector, Standstill, TickWatch};

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
fn the_longest_standstill_is_reported_with_its_beginning() {
    let start = Instant::now();
    let pulse = TickWatch::new(start);
    assert_eq!(pulse.current(start + ms(900)), None, "nothing was seen yet");
    let mut longest = None;
    // 2 of 10 s are missing.
    for at in (1000..4000).chain(6000..10_000).step_by(50) {
        longest = Standstill::longer(longest, pulse.record(start + ms(at)));
    }
    assert_eq!(longest, stretch(3950, 2050));
    assert_eq!(pulse.current(start + ms(10_000)), stretch(9950, 50));
}

#[test]
fn a_tick_that_any_thread_receives_ends_the_standstill() {
    let start = Instant::now();
    let pulse = TickWatch::new(start);
    assert_eq!(pulse.record(start + ms(100)), None);
    assert_eq!(pulse.record(start + ms(600)), stretch(100, 500));
    // A thread reports an earlier sign late.
    assert_eq!(pulse.record(start + ms(550)), None);
    assert_eq!(pulse.record(start + ms(700)), stretch(600, 100));
}

#[test]
fn a_standstill_can_restart_but_not_before_the_first_tick() {
    let start = Instant::now();
    let pulse = TickWatch::new(start);
    pulse.restart(start + ms(500));
    assert_eq!(pulse.current(start + ms(900)), None);
    let _ = pulse.record(start + ms(1000));
    pulse.restart(start + ms(1800));
    pulse.restart(start + ms(1500));
    assert_eq!(pulse.current(start + ms(2000)), stretch(1800, 200));
}

#[test]
fn a_pause_of_the_bots_themselves_is_detected() {
    let start = Instant::now();
    let mut awake = PauseDetector::new(start);
    assert_eq!(awake.look(start + ms(50)), None);
    assert_eq!(awake.look(start + ms(300)), None);
    assert_eq!(awake.look(start + ms(551)), Some(start + ms(300)));
    assert_eq!(awake.look(start + ms(600)), None);
}
