//! A standstill of a room: the longest time in which no bot in it received a tick, to the
//! nanosecond, in virtual time.

use std::time::{Duration, Instant};

use parlour_client_sim::bots::{PauseDetector, Standstill, TickWatch};

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn standstill(room: &str, began: u64, lasted: u64) -> Option<Standstill> {
    Some(Standstill {
        lasted: ms(lasted),
        began: ms(began),
        room: room.into(),
    })
}

#[test]
fn the_longest_standstill_is_reported_with_its_beginning() {
    let start = Instant::now();
    let mut watch = TickWatch::new(start);
    assert_eq!(watch.longest_until(start + ms(900)), None, "no room so far");
    let plaza = watch.enter("plaza", start + ms(1000));
    // No tick arrives in 2 of 10 s.
    for at in (1000..4000).chain(6000..10_000).step_by(50) {
        watch.record(plaza, start + ms(at));
    }
    assert_eq!(watch.longest(), standstill("plaza", 3950, 2050));
    assert_eq!(
        watch.longest_until(start + ms(13_000)),
        standstill("plaza", 9950, 3050)
    );
}

#[test]
fn a_room_stands_still_although_others_go_on() {
    let start = Instant::now();
    let mut watch = TickWatch::new(start);
    let [tag, plaza] = ["tag", "plaza"].map(|room| watch.enter(room, start));
    watch.record(tag, start + ms(300));
    for at in (50..=5000).step_by(50) {
        watch.record(plaza, start + ms(at));
    }
    assert_eq!(
        watch.longest_until(start + ms(5000)),
        standstill("tag", 300, 4700)
    );
    watch.record(tag, start + ms(5100));
    assert_eq!(watch.longest(), standstill("tag", 300, 4800));
    let by_room = watch.by_room_until(start + ms(5200));
    let expected = [standstill("tag", 300, 4800), standstill("plaza", 5000, 200)];
    assert_eq!(by_room, expected.map(Option::unwrap));
}

#[test]
fn a_tick_that_any_bot_in_the_room_receives_ends_the_standstill() {
    let start = Instant::now();
    let mut watch = TickWatch::new(start);
    let first = watch.enter("plaza", start);
    let second = watch.enter("plaza", start + ms(100));
    assert_eq!(first, second);
    watch.record(first, start + ms(600));
    watch.record(second, start + ms(700));
    assert_eq!(watch.longest(), standstill("plaza", 100, 500));
}

#[test]
fn a_room_without_bots_is_not_watched() {
    let start = Instant::now();
    let mut watch = TickWatch::new(start);
    let plaza = watch.enter("plaza", start);
    watch.enter("plaza", start);
    watch.leave(plaza, start + ms(10));
    // The last bot leaves. Nobody knows what the room does then.
    watch.leave(plaza, start + ms(400));
    assert_eq!(watch.longest_until(start + ms(9000)), standstill("plaza", 0, 400));
    watch.enter("plaza", start + ms(9000));
    watch.record(plaza, start + ms(9100));
    assert_eq!(watch.longest_until(start + ms(9100)), standstill("plaza", 0, 400));
}

#[test]
fn a_standstill_can_restart() {
    let start = Instant::now();
    let mut watch = TickWatch::new(start);
    watch.restart(start + ms(500));
    assert_eq!(watch.longest_until(start + ms(900)), None);
    let plaza = watch.enter("plaza", start + ms(1000));
    watch.record(plaza, start + ms(1500));
    watch.restart(start + ms(1800));
    assert_eq!(watch.longest(), None);
    assert_eq!(
        watch.longest_until(start + ms(2000)),
        standstill("plaza", 1800, 200)
    );
}

#[test]
fn a_pause_of_the_bots_is_not_part_of_a_standstill() {
    let start = Instant::now();
    let mut watch = TickWatch::new(start);
    let plaza = watch.enter("plaza", start);
    // The bots did nothing from 300 to 2000 ms.
    watch.pause(start + ms(300), start + ms(2000));
    watch.record(plaza, start + ms(2050));
    assert_eq!(watch.longest(), standstill("plaza", 0, 300));
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
