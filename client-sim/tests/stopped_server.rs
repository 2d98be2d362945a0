//! A server that stands still for a while: the latency shows it, the report names it, and the run
//! fails.

#[path = "../client/tests/support/mod.rs"]
mod support;

use std::time::Duration;

use parlour_client_sim::bots::{self, Plan, Report, Rooms};
use support::world::{Fault, start};

fn plan(fault: Fault) -> Plan {
    Plan {
        url: start(fault),
        count: 12,
        rooms: Rooms::Count(1),
        map: "test".into(),
        turns_per_second: Some(10.0),
        ramp_per_second: 100.0,
        settle: Duration::from_millis(200),
        ..Plan::default()
    }
}

async fn run(plan: Plan) -> Report {
    bots::run(plan, std::future::pending(), |_| {})
        .await
        .expect("the plan is good")
}

#[tokio::test]
async fn a_server_that_stands_still_looks_slow_and_is_reported() {
    let pause = Duration::from_secs(2);
    let frozen = Plan {
        duration: Some(Duration::from_secs(5)),
        ..plan(Fault::Freeze(pause))
    };
    let report = run(frozen.clone()).await;
    let standstill = report.standstill.clone().expect("bots received ticks");
    assert!(standstill.lasted >= pause, "{report}");
    assert!(standstill.lasted < pause + Duration::from_millis(400), "{report}");
    // It begins a second after the start of the server, which is slightly before that of the bots.
    assert!((0.5..1.5).contains(&standstill.began.as_secs_f64()), "{report}");
    assert!(report.stood_still() && !report.is_clean(), "{report}");
    // The server is frozen for 2 of 5 s, so two of five turns are seen up to 2 s late: p90 is 1.5 s
    // or more.
    let latency = report.input_to_neighbour_ms;
    assert!((1200.0..2400.0).contains(&latency.p90), "{report}");
    assert!((1900.0..2600.0).contains(&latency.max), "{report}");
    // All turns are samples: 12 bots turn ten times a second, and 11 see each.
    let samples = latency.samples as f64 / (12.0 * 11.0 * 10.0 * 5.0);
    assert!((0.85..1.05).contains(&samples), "{samples}: {report}");
    assert!(report.turns_overtaken > 1000, "{report}");
    let text = report.to_string();
    assert!(
        text.contains("longest without a tick") && text.contains("TOO LONG"),
        "{text}"
    );
    // A plan that allows the standstill passes.
    let report = run(Plan {
        url: start(Fault::Freeze(pause)),
        max_standstill: Some(Duration::from_secs(3)),
        ..frozen
    })
    .await;
    assert!(!report.stood_still(), "{report}");
}

#[tokio::test]
async fn a_standstill_at_the_end_of_a_run_is_found() {
    let report = run(Plan {
        duration: Some(Duration::from_secs(4)),
        ..plan(Fault::Freeze(Duration::from_secs(10)))
    })
    .await;
    assert!(report.stood_still(), "{report}");
    assert!(
        report.standstill.as_ref().unwrap().lasted > Duration::from_millis(2500),
        "{report}"
    );
    assert!(report.turns_unseen > 1000, "{report}");
    assert!(report.input_to_neighbour_ms.p90 > 1500.0, "{report}");
}
