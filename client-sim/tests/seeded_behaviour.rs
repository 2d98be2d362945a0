//! The seed determines the behaviour: the same plan sends the same requests at the same times.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use parlour_client_sim::bots::{
    Behaviour, Job, Plan, Rooms, Schedule,
    behaviour::{DISTINCT, Talk, Walk},
};
use parlour_shared::motion::{Direction, Heading, Position};

const MIDDLE: Position = Position {
    x: 256_000,
    y: 256_000,
};

fn plan(behaviour: Behaviour) -> Plan {
    Plan {
        behaviour,
        chat_per_minute: 12.0,
        skin_per_minute: 6.0,
        ..Plan::default()
    }
}

fn walked(plan: &Plan, bot: u32, turns: usize) -> Vec<(Duration, Heading)> {
    let mut walk = Walk::new(plan, bot);
    let mut at = walk.first_delay().expect("it walks");
    let mut turn = || {
        let (_, heading) = walk.turn(Some(MIDDLE), MIDDLE, &[640, 1024]);
        let due = at;
        at += walk.delay();
        (due, heading)
    };
    (0..turns).map(|_| turn()).collect()
}

#[test]
fn the_same_seed_makes_the_same_walk() {
    for behaviour in [Behaviour::Walkers, Behaviour::Jitter, Behaviour::Crowd] {
        let plan = plan(behaviour);
        assert_eq!(walked(&plan, 7, 200), walked(&plan, 7, 200));
        assert_ne!(walked(&plan, 7, 200), walked(&plan, 8, 200));
        let other = Plan {
            seed: 2,
            ..plan.clone()
        };
        assert_ne!(walked(&plan, 7, 200), walked(&other, 7, 200));
    }
}

#[test]
fn the_same_seed_makes_the_same_talk() {
    let plan = plan(Behaviour::Idle);
    let talk = |bot| {
        let mut talk = Talk::new(&plan, bot);
        (0..50)
            .map(|_| (talk.chat_delay(), talk.skin_delay(), talk.choose(9)))
            .collect::<Vec<_>>()
    };
    assert_eq!(talk(3), talk(3));
    assert_ne!(talk(3), talk(4));
}

#[test]
fn turns_come_as_often_as_planned() {
    for (behaviour, per_second) in [
        (Behaviour::Walkers, 2),
        (Behaviour::Jitter, 20),
        (Behaviour::Crowd, 2),
    ] {
        let turns = walked(&plan(behaviour), 1, 1 + 100 * per_second);
        let took = turns.last().map_or(0.0, |(at, _)| at.as_secs_f64()) - turns[0].0.as_secs_f64();
        assert!((95.0..105.0).contains(&took), "{behaviour}: {took} s");
    }
    assert_eq!(Walk::new(&plan(Behaviour::Idle), 1).first_delay(), None);
}

#[test]
fn a_heading_identifies_its_turn() {
    for behaviour in [Behaviour::Walkers, Behaviour::Jitter, Behaviour::Crowd] {
        let mut headings = vec![Heading::default()];
        headings.extend(
            walked(&plan(behaviour), 5, 2000)
                .into_iter()
                .map(|(_, heading)| heading),
        );
        for window in headings.windows(DISTINCT + 1) {
            assert_eq!(
                window.iter().collect::<HashSet<_>>().len(),
                DISTINCT + 1,
                "{window:?}"
            );
        }
    }
}

#[test]
fn walkers_stand_walk_and_sprint_in_all_directions() {
    let seen: HashSet<Heading> = walked(&plan(Behaviour::Walkers), 5, 2000)
        .into_iter()
        .map(|(_, heading)| heading)
        .collect();
    assert_eq!(seen.len(), 17);
    assert!(!seen.contains(&Heading::sprint(Direction::Still)));
}

#[test]
fn a_crowd_goes_to_the_middle() {
    let mut walk = Walk::new(&plan(Behaviour::Crowd), 1);
    let mut here = Position { x: 5_000, y: 400_000 };
    for _ in 0..200 {
        let velocity = walk.turn(Some(here), MIDDLE, &[640, 1024]).1.velocity();
        here = Position {
            x: here.x + 30 * i32::from(velocity.x),
            y: here.y + 30 * i32::from(velocity.y),
        };
    }
    let near = i64::from(300 * 256);
    assert!(here.distance_squared(MIDDLE) < near * near, "{here:?}");
}

#[test]
fn a_schedule_orders_jobs_by_time_and_then_by_arrival() {
    let start = Instant::now();
    let at = |ms| start + Duration::from_millis(ms);
    let mut schedule = Schedule::default();
    schedule.add(at(5), 1, Job::Turn);
    schedule.add(at(3), 2, Job::Chat);
    schedule.add(at(5), 3, Job::Connect);
    assert_eq!(schedule.next_due(), Some(at(3)));
    assert_eq!(schedule.pop_due(at(2)), None);
    assert_eq!(schedule.pop_due(at(9)), Some((at(3), 2, Job::Chat)));
    assert_eq!(schedule.pop_due(at(9)), Some((at(5), 1, Job::Turn)));
    assert_eq!(schedule.pop_due(at(9)), Some((at(5), 3, Job::Connect)));
    assert_eq!(schedule.pop_due(at(9)), None);
}

#[test]
fn the_jobs_of_a_bot_can_be_cancelled() {
    let start = Instant::now();
    let at = |ms| start + Duration::from_millis(ms);
    let mut schedule = Schedule::default();
    for bot in [1, 2] {
        schedule.add(at(5), bot, Job::Turn);
        schedule.add(at(7), bot, Job::Chat);
    }
    schedule.cancel(1);
    schedule.add(at(6), 1, Job::Connect);
    assert_eq!(schedule.pop_due(at(9)), Some((at(5), 2, Job::Turn)));
    assert_eq!(schedule.pop_due(at(9)), Some((at(6), 1, Job::Connect)));
    assert_eq!(schedule.pop_due(at(9)), Some((at(7), 2, Job::Chat)));
    assert_eq!(schedule.pop_due(at(9)), None);
    assert_eq!(schedule.next_due(), None);
}

#[test]
fn rooms_fill_evenly() {
    let plan = Plan {
        count: 120,
        rooms: Rooms::Of(50),
        ..Plan::default()
    };
    assert_eq!(plan.room_count(), 3);
    assert_eq!((0..120).filter(|&bot| plan.room_of(bot) == 1).count(), 40);
    assert_eq!(plan.room_name(4), "plaza/1");
    let one = Plan {
        count: 120,
        rooms: Rooms::Count(1),
        ..Plan::default()
    };
    assert_eq!(one.room_name(4), "plaza");
    assert_eq!(plan.connects_at(100), Duration::from_millis(500));
}
