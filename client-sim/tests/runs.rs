//! Runs of bots against a small server: a correct server passes, and each fault is found.

#[path = "../client/tests/support/mod.rs"]
mod support;

use std::time::Duration;

use parlour_client_sim::bots::{self, Behaviour, Plan, PlanError, Report, Rooms};
use parlour_shared::close::CloseCode;
use support::world::{Fault, start};

fn plan(fault: Fault) -> Plan {
    Plan {
        url: start(fault),
        count: 12,
        rooms: Rooms::Count(1),
        map: "test".into(),
        turns_per_second: Some(10.0),
        chat_per_minute: 60.0,
        ramp_per_second: 100.0,
        settle: Duration::from_millis(200),
        duration: Some(Duration::from_secs(2)),
        ..Plan::default()
    }
}

async fn run(plan: Plan) -> Report {
    bots::run(plan, std::future::pending(), |_| {})
        .await
        .expect("the plan is good")
}

#[tokio::test]
async fn a_correct_server_gets_a_clean_report() {
    let mut seen = Vec::new();
    let report = bots::run(plan(Fault::None), std::future::pending(), |progress| {
        seen.push(progress.clone());
    })
    .await;
    let report = report.expect("the plan is good");
    assert!(report.is_clean(), "{report}");
    assert_eq!((report.bots, report.connected, report.joined), (12, 12, 12));
    assert!(!report.stopped_early);
    assert!(report.predictions_agreed > 0 && report.predictions_unchecked == 0);
    assert_eq!(report.turns_unknown, 0);
    // 12 bots turn 10 times a second, and 11 see each turn. It takes 5 bytes as a turn, or 12 as an
    // anchor near a wall.
    assert!(
        report.input_to_neighbour_ms.samples > 500,
        "{}",
        report.input_to_neighbour_ms.samples
    );
    assert!(
        (5.0..=12.0).contains(&report.payload_bytes_per_turn),
        "{}",
        report.payload_bytes_per_turn
    );
    assert!(
        report.turns_delivered > 0.9 && report.turns_delivered <= 1.0,
        "{report}"
    );
    // Turns are seen within a tick or two, at ten turns a second. So most pictures are up to date.
    let age = report.age_of_picture_ms;
    assert!(
        age.samples > 300 && age.p50 < age.max && age.max < 500.0,
        "{report}"
    );
    assert!(report.frames_in_per_s > 0.0 && report.inputs_out_per_s > 0.0 && report.chats_in_per_s > 0.0);
    assert!(seen.iter().any(|progress| progress.connected == 12), "{seen:?}");
}

#[tokio::test]
async fn with_phase_lock_input_arrives_just_before_its_tick() {
    let report = run(Plan {
        phase_lock: true,
        aim: Duration::from_millis(5),
        ..plan(Fault::None)
    })
    .await;
    assert!(report.is_clean(), "{report}");
    assert!(report.input_to_neighbour_ms.samples > 500, "{report}");
    // The median is close to the aim; without phase lock the commands would be spread over the
    // whole tick.
    let early = report.input_early_ms;
    assert!((2.0..8.0).contains(&early.p50), "{report}");
    // The moments at which the schedule wants a turn are spread evenly over a tick.
    let wait = report.input_wait_ms;
    assert!((4.0..13.0).contains(&wait.p50) && wait.max < 18.0, "{report}");
}

#[tokio::test]
async fn without_phase_lock_nothing_waits() {
    let report = run(plan(Fault::None)).await;
    assert!(report.input_wait_ms.p50.is_nan(), "{report}");
}

#[tokio::test]
async fn only_witnesses_measure_but_all_bots_check() {
    let few = Plan {
        witnesses: 0.25,
        phase_lock: true,
        ..plan(Fault::None)
    };
    let report = run(few.clone()).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!((report.witnesses, report.joined), (3, 12));
    let all = run(plan(Fault::None)).await;
    assert_eq!(all.witnesses, 12);
    // A quarter of the samples, at the full load.
    let share = report.input_to_neighbour_ms.samples as f64 / all.input_to_neighbour_ms.samples as f64;
    assert!((0.15..0.35).contains(&share), "{share}");
    assert!(
        report.snapshots_per_s > 0.7 * all.snapshots_per_s,
        "{report}{all}"
    );
    assert!(report.inputs_unacknowledged <= 12, "{report}");
    assert!((5.0..=12.0).contains(&report.payload_bytes_per_turn), "{report}");
    // Every bot checks messages that every bot must receive.
    let report = run(Plan {
        url: start(Fault::SkipStamp),
        ..few
    })
    .await;
    assert_eq!(report.violations_by_kind.get("stamp"), Some(&12));
}

#[tokio::test]
async fn replaced_bots_do_not_count_as_lost() {
    let report = run(Plan {
        // Ten bots a second would leave if replacements connected that fast.
        churn_percent: 5000.0,
        duration: Some(Duration::from_secs(4)),
        ..plan(Fault::None)
    })
    .await;
    assert!(report.is_clean(), "{report}");
    assert_eq!((report.connected, report.joined), (12, 12));
    assert!((10..=60).contains(&report.bots_replaced), "{report}");
    // No bot has two schedules, and none is credited with the turns of its predecessor.
    let most = 12.0 * 10.0 * 1.1;
    assert!(
        report.inputs_out_per_s > 30.0 && report.inputs_out_per_s < most,
        "{report}"
    );
    assert_eq!(report.turns_unknown, 0);
    assert!(report.turns_delivered > 0.9, "{report}");
    assert!(report.age_of_picture_ms.max < 500.0, "{report}");
}

#[tokio::test]
async fn stalled_bots_send_but_do_not_read() {
    let stalled = Plan {
        stalled: 3,
        ..plan(Fault::None)
    };
    let report = run(stalled.clone()).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(
        (report.joined, report.witnesses, report.clients_stalled_closed),
        (12, 9, 0)
    );
    // Nine of twelve bots see eleven others, and the stalled ones turn as often as the rest.
    let all = run(plan(Fault::None)).await;
    let share = |of: f64, all: f64| of / all;
    let seen = share(
        report.input_to_neighbour_ms.samples as f64,
        all.input_to_neighbour_ms.samples as f64,
    );
    assert!((0.65..0.85).contains(&seen), "{report}{all}");
    assert!(
        share(report.frames_in_per_s, all.frames_in_per_s) < 0.85,
        "{report}{all}"
    );
    assert!(
        share(report.inputs_out_per_s, all.inputs_out_per_s) > 0.85,
        "{report}{all}"
    );
}

#[tokio::test]
async fn a_server_may_close_stalled_bots() {
    for fault in [Fault::Drop, Fault::Close(CloseCode::SlowConsumer)] {
        let report = run(Plan {
            stalled: 3,
            ..plan(fault)
        })
        .await;
        assert_eq!(report.clients_stalled_closed, 3, "{report}");
        assert_eq!(report.disconnects_by_code.values().sum::<u64>(), 9, "{report}");
    }
}

#[tokio::test]
async fn threads_share_the_rooms() {
    // The small server puts all bots in one room, so the bots of each thread see bots of the other.
    // These add no samples.
    let two = Plan {
        rooms: Rooms::Count(2),
        threads: 2,
        ..plan(Fault::None)
    };
    let report = run(two).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.joined, 12);
    assert!(report.input_to_neighbour_ms.samples > 200);
}

#[tokio::test]
async fn idle_bots_send_nothing_but_pings() {
    let report = run(Plan {
        behaviour: Behaviour::Idle,
        turns_per_second: None,
        chat_per_minute: 0.0,
        ping_every: None,
        duration: Some(Duration::from_millis(800)),
        ..plan(Fault::None)
    })
    .await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(
        (report.messages_out_per_s, report.input_to_neighbour_ms.samples),
        (0.0, 0)
    );
}

#[tokio::test]
async fn a_moved_player_is_a_violation_for_each_bot() {
    let report = run(plan(Fault::Push)).await;
    assert_eq!(report.violations_by_kind.get("prediction"), Some(&12));
    assert_eq!(report.violations_described.len(), 10);
    assert!(!report.is_clean());
}

#[tokio::test]
async fn a_missing_chat_is_a_violation_for_each_bot() {
    let report = run(plan(Fault::SkipStamp)).await;
    assert_eq!(report.violations_by_kind.get("stamp"), Some(&12));
}

#[tokio::test]
async fn closed_connections_are_counted_by_code() {
    let report = run(plan(Fault::Close(CloseCode::SlowConsumer))).await;
    assert_eq!(report.disconnects_by_code.get(&4001), Some(&12));
    assert!(!report.is_clean() && report.violations == 0);
    let report = run(plan(Fault::Drop)).await;
    assert_eq!(report.disconnects_by_code.get(&1006), Some(&12));
}

#[tokio::test]
async fn refusals_are_counted_by_class() {
    let report = run(plan(Fault::Full)).await;
    assert_eq!(report.refused_by_class.get("room_full"), Some(&12));
    assert_eq!((report.connected, report.joined), (12, 0));
}

#[tokio::test]
async fn a_missing_server_ends_the_run() {
    let plan = Plan {
        url: "ws://127.0.0.1:9/ws".into(),
        ..plan(Fault::None)
    };
    let report = run(plan).await;
    assert_eq!(report.connected, 0);
    assert_eq!(report.connect_failures.values().sum::<u64>(), 12);
    assert!(!report.is_clean());
}

#[tokio::test]
async fn a_run_can_be_stopped() {
    let forever = Plan {
        duration: None,
        ..plan(Fault::None)
    };
    let stop = tokio::time::sleep(Duration::from_millis(1500));
    let report = bots::run(forever, stop, |_| {}).await.expect("the plan is good");
    assert!(report.stopped_early && report.is_clean());
    assert!(
        report.measured_s > 0.5 && report.measured_s < 5.0,
        "{}",
        report.measured_s
    );
}

#[tokio::test]
async fn an_invalid_plan_is_rejected() {
    let bad = [
        Plan {
            url: "http://here".into(),
            ..Plan::default()
        },
        Plan {
            count: 0,
            ..Plan::default()
        },
        Plan {
            rooms: Rooms::Of(0),
            ..Plan::default()
        },
        Plan {
            map: "a/b".into(),
            ..Plan::default()
        },
        Plan {
            turns_per_second: Some(f64::NAN),
            ..Plan::default()
        },
        Plan {
            ramp_per_second: 0.0,
            ..Plan::default()
        },
        Plan {
            aim: Duration::from_millis(101),
            ..Plan::default()
        },
        Plan {
            witnesses: 0.0,
            ..Plan::default()
        },
        Plan {
            witnesses: f64::NAN,
            ..Plan::default()
        },
        Plan {
            witnesses: 1.01,
            ..Plan::default()
        },
        Plan {
            stalled: 100,
            ..Plan::default()
        },
        Plan {
            threads: 0,
            ..Plan::default()
        },
    ];
    for plan in bad {
        let result = bots::run(plan.clone(), std::future::pending(), |_| {}).await;
        assert!(
            matches!(
                result,
                Err(PlanError::Url { .. } | PlanError::Number(_) | PlanError::RoomType(_))
            ),
            "{plan:?}"
        );
    }
}

#[tokio::test]
async fn a_room_type_that_the_server_does_not_have_stops_the_run() {
    let endless = Plan {
        map: "nosuch".into(),
        duration: None,
        ..plan(Fault::None)
    };
    let error = bots::run(endless, std::future::pending(), |_| {})
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the server has no room type \"nosuch\"; its room types are plaza, test"
    );
}
