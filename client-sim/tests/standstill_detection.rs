//! A standstill of the server: the longest time in which no bot received a tick, to the
//! nanosecond, in virtual time.

use std::time::{Duration, Instant};

use parlour_client_sim::bots::{PauseDetector, Standstill, TickWatch};

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn standstill(began: u64, lasted: u64) -> Option<Standstill> {
    Some(Standstill {
        lasted: ms(lasted),
        began: ms(began),
    })
}

#[test]
fn the_longest_standstill_is_reported_with_its_beginning() {
    let start = Instant::now();
    let watch = TickWatch::new(start);
    assert_eq!(watch.current(start + ms(900)), None, "no tick so far");
    let mut longest = None;
    // No tick arrives in 2 of 10 s.
    for at in (1000..4000).chain(6000..10_000).step_by(50) {
        longest = Standstill::longer(longest, watch.record(start + ms(at)));
    }
    assert_eq!(longest, standstill(3950, 2050));
    assert_eq!(watch.current(start + ms(10_000)), standstill(9950, 50));
}

#[test]
fn a_tick_that_any_thread_receives_ends_the_standstill() {
    let start = Instant::now();
    let watch = TickWatch::new(start);
    assert_eq!(watch.record(start + ms(100)), None);
    assert_eq!(watch.record(start + ms(600)), standstill(100, 500));
    // A thread records an earlier tick late.
    assert_eq!(watch.record(start + ms(550)), None);
    assert_eq!(watch.record(start + ms(700)), standstill(600, 100));
}

#[test]
fn a_standstill_can_restart_but_not_before_the_first_tick() {
    let start = Instant::now();
    let watch = TickWatch::new(start);
    watch.restart(start + ms(500));
    assert_eq!(watch.current(start + ms(900)), None);
    let _ = watch.record(start + ms(1000));
    watch.restart(start + ms(1800));
    watch.restart(start + ms(1500));
    assert_eq!(watch.current(start + ms(2000)), standstill(1800, 200));
}

#[test]
fn a_pause_of_the_bots_themselves_is_detected() {
    let start = Instant::now();
    let mut detector = PauseDetector::new(start);
    assert_eq!(detector.check(start + ms(50)), None);
    assert_eq!(detector.check(start + ms(300)), None);
    assert_eq!(detector.check(start + ms(551)), Some(start + ms(300)));
    assert_eq!(detector.check(start + ms(600)), None);
}
