//! The header determines the world, and other headers are refused.

use std::sync::Arc;

use parlour_recording::{
    Header, HeaderError, Previous, VersionError,
    format::{Chain, FileWriter},
};
use parlour_shared::{limits::TICK_RATE, map::Map};
use parlour_sim::{Interest, SimConfig};

use super::{
    maps::garden,
    support::{Memory, STARTED, header, open},
};

fn written_and_read(header: &Header) -> Header {
    let writer = FileWriter::new(Memory::default(), header).unwrap();
    open(writer.into_inner().get_ref()).header().clone()
}

#[test]
fn a_header_is_read_as_it_was_written() {
    let mut header = header();
    assert_eq!(written_and_read(&header), header);
    header.seed = u64::MAX;
    header.rules.interest = Interest::All;
    header.rules.rates.chat.burst = 77;
    header.previous = Some(Previous {
        file: "parlour-1.plr".into(),
        chain: Chain([0xA7; 32]),
    });
    assert_eq!(written_and_read(&header), header);
    assert_eq!(header.started, "2026-01-02T03:04:05.678Z");
    assert_eq!((header.tick_rate, header.started_ms), (TICK_RATE, STARTED));
}

#[test]
fn the_recorded_config_is_restored() {
    let mut config = SimConfig::new(vec![garden()]);
    config.seed = 1 << 60;
    config.rules.capacity = 7;
    config.skins = vec!["a".into(), "b".into()];
    config.max_rooms = 5;
    let header = Header::new(&config, vec![], 1, STARTED, "0.1.0");
    let mut other = Map::clone(&garden());
    other.name = "other".into();
    let again = written_and_read(&header)
        .sim_config(&[Arc::new(other), garden()])
        .unwrap();
    assert_eq!(format!("{again:?}"), format!("{config:?}"));
}

#[test]
fn a_map_that_is_missing_or_differs_is_refused_by_name() {
    let header = header();
    let missing = header.sim_config(&[]).unwrap_err();
    assert_eq!(missing, HeaderError::NoMap("garden".into()));
    let mut other = Map::clone(&garden());
    other.walls.block(0, 0);
    let differs = header.sim_config(&[Arc::new(other.clone())]).unwrap_err();
    // The recorded map may be next to a different one with the same name.
    for maps in [
        [Arc::new(other.clone()), garden()],
        [garden(), Arc::new(other.clone())],
    ] {
        assert_eq!(*header.sim_config(&maps).unwrap().maps[0], *garden());
    }
    for error in [missing, differs] {
        let text = error.to_string();
        assert!(text.contains("\"garden\""), "{text}");
    }
}

#[test]
fn invalid_rules_are_refused() {
    let changes: &[fn(&mut Header)] = &[
        |header| header.rules.capacity = 0,
        |header| header.rules.capacity = 1_000_000,
        |header| header.rules.refresh_ticks = 0,
        |header| header.rules.refresh_ticks = 7,
        |header| header.rules.near_px = 0,
        |header| header.rules.rates.skin.burst = 0,
        |header| header.rules.rates.moves.every_ticks = u32::MAX,
    ];
    for (nth, change) in changes.iter().enumerate() {
        let mut header = header();
        change(&mut header);
        let made = header.sim_config(&[garden()]);
        assert!(matches!(made, Err(HeaderError::InvalidRules(_))), "change {nth}");
    }
}

#[test]
fn a_different_version_is_refused_and_names_the_build_to_use() {
    let mut header = header();
    header.build = "0.7.2".into();
    assert_eq!(header.check_versions(3), Ok(()));
    let error = header.check_versions(4).unwrap_err();
    assert_eq!(
        error.to_string(),
        "this recording was made by simulation version 3; this program replays version 4: use the program that \
         made it (0.7.2)"
    );
    header.schema ^= 1;
    assert!(matches!(
        header.check_versions(3),
        Err(VersionError::Messages { .. })
    ));
    header = super::support::header();
    header.tick_rate = 30;
    assert!(matches!(
        header.check_versions(3),
        Err(VersionError::TickRate { .. })
    ));
}

#[test]
fn a_different_schema_is_not_reported_as_damage() {
    let written = super::support::written(1, 1, 1, 100, 0);
    let mut header = header();
    header.schema ^= 1;
    let mut writer = FileWriter::new(Memory::default(), &header).unwrap();
    for chunk in super::support::chunks(&written.items, 2, 1) {
        writer.chunk(&chunk).unwrap();
    }
    let bytes = writer.into_inner().into_inner();
    let (items, failed, _) = super::support::read(&bytes);
    assert!(items.is_empty());
    assert!(failed.unwrap().to_string().contains("schema"));
}
