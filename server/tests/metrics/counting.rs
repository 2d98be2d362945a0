//! Game logic counts into the metrics of the server that runs it.

use std::thread;

use parlour_testing::{eventually, metric_value};

use crate::{
    metrics_text, step_counter,
    support::{Directory, start},
    value,
};

#[test]
fn game_logic_counts_into_the_metrics_of_its_own_server_only() {
    let directory = Directory::new();
    let counting = start(&directory, |options| options.logic = step_counter());
    let other = start(&directory, |_| {});
    eventually("60 steps are counted", || {
        metric_value(&metrics_text(&counting), "game_steps_total").is_some_and(|steps| steps >= 60.0)
    });
    let text = metrics_text(&counting);
    let (steps, ticks) = (
        value(&text, "game_steps_total"),
        value(&text, "parlour_ticks_total"),
    );
    // Ticks continue while the text is rendered.
    assert!((steps - ticks).abs() <= 3.0, "{steps} steps in {ticks} ticks");
    assert!(!metrics_text(&other).contains("game_steps_total"));
}

#[test]
fn other_threads_count_through_the_recorder_of_the_server() {
    let directory = Directory::new();
    let server = start(&directory, |_| {});
    let recorder = server.metrics_recorder().clone();
    let count = move || {
        let _guard = metrics::set_default_local_recorder(&recorder);
        metrics::describe_gauge!("game_backlog", "Jobs that wait.");
        metrics::gauge!("game_backlog", "queue" => "mail").set(3);
        metrics::histogram!("game_mail_seconds").record(0.3);
    };
    thread::spawn(count).join().unwrap();
    // This thread has no recorder, so this is not counted.
    metrics::counter!("game_elsewhere_total").increment(1);
    let text = metrics_text(&server);
    assert!(
        text.contains(
            "# HELP game_backlog Jobs that wait.\n# TYPE game_backlog gauge\ngame_backlog{queue=\"mail\"} 3\n"
        ),
        "{text}"
    );
    assert_eq!(value(&text, "game_mail_seconds_bucket{le=\"0.25\"}"), 0.0);
    assert_eq!(value(&text, "game_mail_seconds_bucket{le=\"0.5\"}"), 1.0);
    assert!(!text.contains("game_elsewhere_total"));
}
