//! A tick thread that hangs: its worlds stand still, and everything else goes on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::park_timeout,
    time::{Duration, Instant},
};

use bevy_ecs::prelude::*;
use parlour::RoomType;
use parlour_client::{Command, JoinRequest};
use parlour_sim::{StepSet, TickSchedule};
use parlour_testing::eventually;

use crate::{
    games::{start, thread_of},
    support::{http::status_of, raw_client::TIMEOUT},
    visitor::Visitor,
};

/// Returns a type whose worlds hang while the flag is set, at most a minute.
fn stuck(flag: &Arc<AtomicBool>) -> RoomType {
    let flag = Arc::clone(flag);
    RoomType::new("stuck")
        .map("plaza")
        .own_world()
        .plugins(move |app: &mut bevy_app::App| {
            let flag = Arc::clone(&flag);
            let hang = move || {
                let begin = Instant::now();
                while flag.load(Ordering::Relaxed) && begin.elapsed() < 2 * TIMEOUT {
                    park_timeout(Duration::from_millis(10));
                }
            };
            app.add_systems(TickSchedule, hang.in_set(StepSet::Simulate));
        })
}

#[tokio::test]
async fn new_clients_and_new_rooms_go_to_the_threads_that_tick() {
    let is_stuck = Arc::new(AtomicBool::new(false));
    let server = start(|options| options.room_types.push(stuck(&is_stuck)));
    let mut ann = Visitor::open_in(&server, "ann", "stuck/1").await;
    let hung = thread_of(&server, "stuck/1");
    is_stuck.store(true, Ordering::Relaxed);
    let frozen = |thread| server.metric(&format!("parlour_tick_frozen{{thread=\"{thread}\"}}"));
    eventually("the thread that hangs is reported", || frozen(hung) == 1.0);
    assert_eq!(frozen(1 - hung), 0.0);
    eventually("the server is ready", || {
        status_of(&server.get_admin("/readyz")) == 200
    });
    let mut visitors = Vec::new();
    for room in ["steady/1", "office/1", "tag/1", "office/2", "plaza/2", "steady/2"] {
        let mut visitor = Visitor::open_in(&server, "visitor", room).await;
        assert_eq!(thread_of(&server, room), 1 - hung, "{room}");
        assert_eq!(visitor.ask(Command::say("it goes on")).await, None);
        visitors.push(visitor);
    }
    let mut any = Visitor::open(&server, "any").await;
    let room = any.enter(JoinRequest::any("tag")).await;
    assert_eq!(thread_of(&server, &room), 1 - hung);
    assert_eq!(server.metric("parlour_rejects_total{class=\"tick_frozen\"}"), 0.0);
    is_stuck.store(false, Ordering::Relaxed);
    eventually("the thread ticks again", || frozen(hung) == 0.0);
    assert_eq!(ann.ask(Command::say("at last")).await, None);
    assert_eq!(server.inner.stop().failure, None);
}
