//! Tests of the text of `/metrics`.

use super::*;

/// Written with `PARLOUR_BLESS=1`, like all golden files.
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/metrics/zero.txt");

impl Metrics {
    /// Returns the value of a sample, such as `parlour_drops_total{reason="io_lost"}`.
    pub(crate) fn value(&self, sample: &str) -> f64 {
        let text = self.recorder.render();
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
        value.expect(sample).parse().expect("a number")
    }
}

#[test]
fn all_metrics_exist_from_the_start_with_names_helps_and_labels() {
    let metrics = Metrics::new(1);
    let _types = metrics.room_types(&["plaza".to_owned(), "office".to_owned()]);
    let _systems = metrics.system_panics();
    let text = metrics.recorder.render();
    if std::env::var_os("PARLOUR_BLESS").is_some() {
        std::fs::write(PATH, text).unwrap();
        return;
    }
    let golden = std::fs::read_to_string(PATH).unwrap();
    assert_eq!(
        text, golden,
        "PARLOUR_BLESS=1 cargo nextest run -p parlour --lib metrics"
    );
}

#[test]
fn the_deployment_guide_lists_all_metrics() {
    let guide = include_str!("../../../docs/deployment.md");
    let golden = std::fs::read_to_string(PATH).unwrap();
    let names = golden.lines().filter_map(|line| line.strip_prefix("# HELP "));
    for name in names.filter_map(|help| help.split(' ').next()) {
        assert!(guide.contains(&format!("| `{name}` |")), "{name}");
    }
}

#[test]
fn worlds_are_counted_by_type() {
    let metrics = Metrics::new(1);
    let types = metrics.room_types(&["plaza".to_owned(), "office".to_owned()]);
    types.of(Some("office")).panics.increment(1);
    types.of(Some("plaza")).players.set(7);
    // A type that does not exist creates no metric.
    for main in [None, Some("plaz"), Some("zoo")] {
        types.of(main).restarts.increment(1);
    }
    for (sample, value) in [
        ("parlour_world_panics_total{type=\"office\"}", 1.0),
        ("parlour_world_panics_total{type=\"plaza\"}", 0.0),
        ("parlour_type_players{type=\"plaza\"}", 7.0),
        ("parlour_world_restarts_total{type=\"(main)\"}", 3.0),
    ] {
        assert_eq!(metrics.value(sample), value, "{sample}");
    }
    let names: Vec<Option<&str>> = types.all().map(|(name, _)| name).collect();
    assert_eq!(names, [Some("office"), Some("plaza"), None]);
}

#[test]
fn panics_are_counted_by_system_up_to_64_systems() {
    let metrics = Metrics::new(1);
    let mut panics = metrics.system_panics();
    for _ in 0..2 {
        panics.count(None);
        (0..66).for_each(|nth| panics.count(Some(&format!("game::system_{nth}"))));
    }
    for (system, value) in [
        ("game::system_0", 2.0),
        ("game::system_63", 2.0),
        ("(other)", 4.0),
        ("(none)", 2.0),
    ] {
        let sample = format!("parlour_system_panics_total{{system=\"{system}\"}}");
        assert_eq!(metrics.value(&sample), value, "{system}");
    }
    assert!(!metrics.recorder.render().contains("game::system_64"));
}

#[test]
fn a_sample_is_counted_in_the_first_bucket_that_holds_it() {
    let metrics = Metrics::new(2);
    for seconds in [0.000_05, 0.000_1, 0.7, f64::NAN] {
        metrics.ticks[1].duration.record(seconds);
    }
    let up_to = |le: &str| {
        metrics.value(&format!(
            "parlour_tick_duration_seconds_bucket{{thread=\"1\",le=\"{le}\"}}"
        ))
    };
    assert_eq!(
        ["0.00005", "0.0001", "0.05", "+Inf"].map(up_to),
        [1.0, 2.0, 2.0, 3.0]
    );
    assert_eq!(
        metrics.value("parlour_tick_duration_seconds_count{thread=\"1\"}"),
        3.0
    );
    let sum = metrics.value("parlour_tick_duration_seconds_sum{thread=\"1\"}");
    assert!((sum - 0.700_15).abs() < 1e-9, "{sum}");
    metrics.edge.outbox_bytes.decrement(5);
    assert_eq!(metrics.value("parlour_outbox_bytes"), -5.0);
}

#[test]
fn the_number_of_a_label_is_its_index() {
    fn check<L: rows::Label>() {
        for (place, value) in L::ALL.iter().enumerate() {
            assert_eq!(value.number(), place, "{}", value.value());
        }
    }
    check::<ClientKind>();
    check::<ServerKind>();
    check::<Rejection>();
    check::<AuthFault>();
    check::<RefusalClass>();
    for (place, code) in parlour_shared::close::CloseCode::ALL.iter().enumerate() {
        assert_eq!(code.index(), place, "{code:?}");
    }
}

/// Returns what a recorder renders after game logic has counted.
fn rendered(count: impl FnOnce()) -> String {
    let recorder = MetricsRecorder::default();
    ::metrics::with_local_recorder(&recorder, count);
    recorder.render()
}

#[test]
fn labels_are_escaped_and_their_order_does_not_matter() {
    let text = rendered(|| {
        ::metrics::counter!("a_total", "x" => "\"\\\n", "b" => "1").increment(1);
        ::metrics::counter!("a_total", "b" => "1", "x" => "\"\\\n").increment(1);
    });
    assert_eq!(
        text,
        "# TYPE a_total counter\na_total{b=\"1\",x=\"\\\"\\\\\\n\"} 2\n"
    );
}

#[test]
fn a_metric_that_would_spoil_the_text_is_not_counted_and_the_first_is_named() {
    let text = rendered(|| {
        ::metrics::gauge!("a").set(1);
        ::metrics::counter!("a").increment(1);
        ::metrics::counter!("a", "b" => "1").increment(1);
    });
    assert_eq!(
        text,
        "# TYPE a gauge\na 1\n# a is not counted: the name belongs to a different kind of metric\n"
    );
    for name in ["", "1a", "a-b", "a b", "ä"] {
        let text = rendered(|| ::metrics::counter!(name).increment(1));
        assert!(
            text.ends_with(" is not counted: the name is not allowed\n"),
            "{text}"
        );
    }
    let text = rendered(|| ::metrics::histogram!("a", "le" => "1").record(1));
    assert_eq!(text, "# a is not counted: the name of a label is not allowed\n");
}

#[test]
fn unbounded_labels_stop_at_the_limit_and_other_metrics_still_count() {
    let text = rendered(|| {
        for player in 0..20_000 {
            ::metrics::counter!("a_total", "player" => player.to_string()).increment(1);
        }
        ::metrics::counter!("a_total", "player" => "0").increment(1);
    });
    assert!(text.contains("a_total{player=\"0\"} 2\n"));
    assert!(text.ends_with("# a_total is not counted: 10,000 metrics are kept already\n"));
    assert_eq!(text.lines().count(), 10_002);
}
