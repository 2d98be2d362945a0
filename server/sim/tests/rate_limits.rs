//! Rate limits: a burst, then a constant rate. A refusal names the exact time to try again.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use parlour_shared::{
    close::CloseCode,
    ids::{SessionId, Tick},
    message::{Chat, ClientMessage, Move, Refusal, RefusalClass, Scope},
    motion::Direction,
};
use parlour_sim::{Rate, RateLimits, RoomRules};
use parlour_testing::{SessionActions as _, TestWorld, plaza};

fn world_with(rates: RateLimits) -> TestWorld {
    let mut config = plaza();
    config.rules = RoomRules {
        rates,
        ..RoomRules::default()
    };
    let mut world = TestWorld::teleporting(config);
    world.open_and_join(1, "plaza");
    world.tick();
    // Wait until the bucket for joins is full again.
    world.ticks(100);
    world.forget_messages();
    world
}

fn retry_after(refusals: &[Refusal]) -> Option<u32> {
    refusals.iter().find_map(|refusal| match refusal {
        Refusal::RateLimited { retry_after_ms } => Some(*retry_after_ms),
        _ => None,
    })
}

/// Returns the ticks in a number of milliseconds, rounded down.
fn ticks_of(milliseconds: u32) -> u32 {
    (milliseconds * 60) / 1000
}

/// Spends the burst. Then the next request must be accepted at the tick that the refusal names, and
/// not one tick earlier.
fn check(rate: Rate, mut ask: impl FnMut(&mut TestWorld)) {
    let mut world = world_with(RateLimits::default());
    let mut ask_at_next_tick = |world: &mut TestWorld, times: u32| {
        (0..times).for_each(|_| ask(world));
        world.tick();
        retry_after(&world.refusals(1)).map(ticks_of)
    };
    assert_eq!(
        ask_at_next_tick(&mut world, rate.burst),
        None,
        "a burst of {}",
        rate.burst
    );
    for _ in 0..3 {
        let wait = ask_at_next_tick(&mut world, 1).expect("the bucket is empty");
        assert_eq!(
            wait,
            rate.every_ticks - 1,
            "one tick has passed since the last accepted request"
        );
        world.ticks(wait - 2);
        assert_eq!(ask_at_next_tick(&mut world, 1), Some(1), "one tick too early");
        assert_eq!(
            ask_at_next_tick(&mut world, 1),
            None,
            "at the tick that the refusal named"
        );
    }
    assert_eq!(world.closed, []);
}

#[test]
fn chat_is_limited() {
    check(RateLimits::default().chat, |world| {
        world.chat(1, Scope::Room, "x")
    });
}

#[test]
fn skins_are_limited() {
    check(RateLimits::default().skin, |world| world.skin(1, 1));
}

#[test]
fn joins_and_leaves_are_limited_together() {
    let mut count = 0;
    check(RateLimits::default().join, |world| {
        count += 1;
        if count % 2 == 0 {
            world.leave(1)
        } else {
            world.join(1, "plaza/2")
        }
    });
}

#[test]
fn writes_to_the_state_are_limited() {
    check(RateLimits::default().state, |world| world.write(1, "k", 99, None));
}

#[test]
fn messages_for_plugins_are_limited() {
    check(RateLimits::default().custom, |world| {
        world.teleport(1, 10_000, 10_000)
    });
}

#[test]
fn movement_is_limited_to_one_command_a_tick_after_a_burst() {
    let mut world = world_with(RateLimits::default());
    (0..121).for_each(|_| world.walk(1, Direction::East));
    world.tick();
    assert_eq!(world.refusals(1), [Refusal::RateLimited { retry_after_ms: 17 }]);
    for _ in 0..100 {
        world.walk(1, Direction::West);
        world.tick();
        assert_eq!(world.refusals(1), [], "60 a second are within the limit");
    }
}

#[test]
fn each_player_and_kind_of_request_has_a_separate_limit() {
    let mut world = world_with(RateLimits::default());
    world.open_and_join(2, "plaza");
    world.tick();
    (0..20).for_each(|_| world.chat(1, Scope::Room, "x"));
    world.skin(1, 1);
    world.walk(1, Direction::East);
    world.chat(2, Scope::Room, "y");
    world.tick();
    assert_eq!(world.refusals(1).len(), 10, "chats only");
    assert_eq!(world.refusals(2), []);
    assert_eq!(
        world.output.counts.refused.iter().collect::<Vec<_>>(),
        [(RefusalClass::RateLimited, 10)]
    );
}

#[test]
fn a_wait_of_days_does_not_overflow() {
    let rates = RateLimits {
        skin: Rate {
            burst: 1,
            every_ticks: (1 << 24) - 1,
        },
        ..RateLimits::default()
    };
    let mut world = world_with(rates);
    world.skin(1, 1);
    world.skin(1, 1);
    world.tick();
    assert_eq!(
        world.refusals(1),
        [Refusal::RateLimited {
            retry_after_ms: 279_620_250
        }]
    );
}

#[test]
fn a_session_that_floods_is_closed() {
    let mut world = world_with(RateLimits::default());
    (0..10 + 60).for_each(|_| world.chat(1, Scope::Room, "x"));
    world.tick();
    assert_eq!(world.refusals(1).len(), 60);
    assert_eq!(world.closed, [], "60 requests over the limit are allowed");
    world.chat(1, Scope::Room, "x");
    world.tick();
    assert_eq!(world.closed, [(SessionId(1), CloseCode::RateLimited)]);
    assert_eq!(CloseCode::RateLimited.code(), 4004);
    assert_eq!(world.refusals(1).len(), 1, "the refusal comes before the close");
}

#[test]
fn a_flood_closes_a_session_only_once_per_tick() {
    let mut world = world_with(RateLimits::default());
    (0..500).for_each(|_| world.chat(1, Scope::Room, "x"));
    (0..500).for_each(|_| world.walk(1, Direction::East));
    world.tick();
    assert_eq!(world.closed, [(SessionId(1), CloseCode::RateLimited)]);
}

#[test]
fn a_session_slightly_over_the_limit_is_not_closed() {
    let mut world = world_with(RateLimits::default());
    // 11 chats a second, of which 10 are accepted.
    for tick in 0..60 * 60 {
        if tick * 11 % 60 < 11 {
            world.chat(1, Scope::Room, "x");
        }
        world.tick();
    }
    assert_eq!(world.closed, []);
    assert!(world.refusals(1).len() > 30);
}

/// Sends a batch without writes.
fn senseless(world: &mut TestWorld) {
    world.write_all(1, vec![]);
}

#[test]
fn the_20th_senseless_request_closes_the_session() {
    let mut world = world_with(RateLimits {
        state: Rate {
            burst: 1000,
            every_ticks: 1,
        },
        ..RateLimits::default()
    });
    (0..19).for_each(|_| senseless(&mut world));
    world.tick();
    assert_eq!((world.refusals(1).len(), world.closed.clone()), (19, vec![]));
    senseless(&mut world);
    world.tick();
    assert_eq!(world.refusals(1).len(), 1);
    assert_eq!(world.closed, [(SessionId(1), CloseCode::RepeatedlyInvalid)]);
    assert_eq!(CloseCode::RepeatedlyInvalid.code(), 4422);
}

#[test]
fn senseless_requests_are_forgotten_after_a_while() {
    let mut world = world_with(RateLimits::default());
    for minute in 0..5 {
        (0..10).for_each(|_| senseless(&mut world));
        world.ticks(60);
        (0..9).for_each(|_| senseless(&mut world));
        world.tick();
        assert_eq!(world.refusals(1).len(), 19);
        assert_eq!(world.closed, [], "19 in minute {minute}");
        world.ticks(60 * 60 - 61);
    }
    // One every three seconds is 20 a minute. As many strikes expire.
    for _ in 0..60 {
        senseless(&mut world);
        world.ticks(180);
    }
    assert_eq!(world.closed, []);
}

#[test]
fn refusals_that_an_honest_client_can_get_are_not_strikes() {
    let mut world = world_with(RateLimits {
        join: Rate {
            burst: 1000,
            every_ticks: 1,
        },
        chat: Rate {
            burst: 1000,
            every_ticks: 1,
        },
        ..RateLimits::default()
    });
    // An empty text, a join of the present room, and a leave without a room.
    (0..50).for_each(|_| world.chat(1, Scope::Room, ""));
    (0..50).for_each(|_| world.join(1, "plaza"));
    world.leave(1);
    (0..50).for_each(|_| world.leave(1));
    world.tick();
    assert_eq!(world.refusals(1).len(), 150);
    assert_eq!(world.closed, []);
}

#[test]
fn commands_outside_the_window_are_dropped_without_an_answer() {
    let mut world = world_with(RateLimits::default());
    for _ in 0..60 {
        let command = Move {
            tick: Tick(1),
            ..Move::default()
        };
        world.command(1, command);
    }
    world.tick();
    assert_eq!(world.messages(1), []);
    assert_eq!(world.closed, []);
    assert_eq!(world.output.counts.moves_dropped, 60);
}

#[test]
fn a_refusal_names_its_request() {
    let mut world = world_with(RateLimits::default());
    for request in 1..=12 {
        let chat = Chat {
            request,
            scope: Scope::Room,
            text: "x".into(),
        };
        world.send(1, ClientMessage::Chat(chat));
    }
    world.tick();
    let refused: Vec<u32> = world
        .messages(1)
        .into_iter()
        .filter_map(|message| match message {
            parlour_shared::message::ServerMessage::Refused(refused) => Some(refused.request),
            _ => None,
        })
        .collect();
    assert_eq!(refused, [11, 12]);
}
