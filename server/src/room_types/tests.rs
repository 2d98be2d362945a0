//! Tests of what worlds of each kind are made from.

use std::sync::Arc;

use bevy_app::App;
use parlour_shared::motion::{Position, WallGrid};
use parlour_sim::SimulationApp as _;
use parlour_testing::maps::map;

use super::{room_type::EMPTY_DURABLE_TICKS, *};

fn node(maps: &[&str]) -> SimConfig {
    let open = |name: &&str| {
        let spawn = Position::from_px(512, 512);
        Arc::new(map(name, WallGrid::new(32, 32, 32), spawn, Vec::new()))
    };
    SimConfig::new(maps.iter().map(open).collect())
}

fn checked(types: &[RoomType]) -> RoomTypes {
    RoomTypes::new(&node(&["garden", "lobby", "plaza"]), &Logic::default(), types).unwrap()
}

fn own(room_type: &str) -> WorldKind {
    WorldKind::Own {
        room_type: room_type.to_owned(),
        room: Some(format!("{room_type}/1")),
    }
}

/// Returns the names of the maps and declared types of a world.
fn contents(types: &RoomTypes, kind: &WorldKind) -> (Vec<String>, Vec<String>) {
    let config = types.sim_config(kind);
    config.check().unwrap();
    assert!(!config.creates_rooms_for_doors);
    let maps = config.maps.iter().map(|map| map.name.clone()).collect();
    let declared = config.room_types.into_iter().map(|one| one.name).collect();
    (maps, declared)
}

#[test]
fn without_declared_types_the_main_world_has_all_maps() {
    let types = checked(&[]);
    assert_eq!(types.names(), ["garden", "lobby", "plaza"]);
    let (maps, declared) = contents(&types, &WorldKind::Main);
    assert_eq!(maps, ["garden", "lobby", "plaza"]);
    assert!(declared.is_empty());
    assert!(
        types
            .desk_types()
            .iter()
            .all(|one| one.worlds == WorldSharing::Main)
    );
}

#[test]
fn types_with_logic_or_own_worlds_are_not_in_the_main_world() {
    let types = checked(&[
        RoomType::new("office").map("lobby"),
        // Replaces the type of the map.
        RoomType::new("plaza").plugins(|_: &mut App| {}),
        RoomType::new("tag").map("garden").map("lobby").own_world(),
    ]);
    assert_eq!(types.names(), ["garden", "lobby", "office", "plaza", "tag"]);
    let found: Vec<(String, WorldSharing)> = types
        .desk_types()
        .into_iter()
        .map(|one| (one.config.name, one.worlds))
        .collect();
    let expected = [
        ("garden", WorldSharing::Main),
        ("lobby", WorldSharing::Main),
        ("office", WorldSharing::Main),
        ("plaza", WorldSharing::Shared),
        ("tag", WorldSharing::Own),
    ];
    assert_eq!(found, expected.map(|(name, worlds)| (name.to_owned(), worlds)));
    let text = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    assert_eq!(
        contents(&types, &WorldKind::Main),
        (text(&["garden", "lobby"]), text(&["office"]))
    );
    let shared = WorldKind::Shared {
        room_type: "plaza".to_owned(),
    };
    assert_eq!(contents(&types, &shared), (text(&["plaza"]), text(&["plaza"])));
    assert_eq!(
        contents(&types, &own("tag")),
        (text(&["garden", "lobby"]), text(&["tag"]))
    );
}

#[test]
fn rules_start_as_those_of_the_node_and_the_desk_gets_its_part() {
    let mut node = node(&["plaza"]);
    node.rules.capacity = 77;
    node.rules.near_px = 99;
    node.rules.rates.join = Rate {
        burst: 2,
        every_ticks: 90,
    };
    let tag = RoomType::new("tag")
        .map("plaza")
        .rules(|rules| rules.capacity = 8)
        .rules(|rules| rules.capacity *= 2)
        .own_world()
        .fallback("plaza/2")
        .durable();
    let types = RoomTypes::new(&node, &Logic::default(), &[tag]).unwrap();
    let config = types.sim_config(&own("tag"));
    assert_eq!(config.room_types[0].rules.capacity, 16);
    assert_eq!(config.room_types[0].rules.near_px, 99);
    assert_eq!(config.rules.capacity, 77);
    let [plaza, tag] = types.desk_types().try_into().unwrap();
    assert_eq!((plaza.config.rules.capacity, tag.config.rules.capacity), (77, 16));
    assert_eq!((plaza.fallback, tag.fallback.as_deref()), (None, Some("plaza/2")));
    assert_eq!(
        (tag.joins.burst, tag.joins.every),
        (2, Duration::from_millis(1500))
    );
    assert_eq!(types.durable().collect::<Vec<_>>(), ["tag"]);
    assert!(tag.durable);
    assert_eq!(config.room_types[0].rules.empty_ticks, EMPTY_DURABLE_TICKS);
}

#[test]
fn a_type_without_its_own_logic_has_that_of_the_node() {
    #[derive(bevy_ecs::prelude::Resource)]
    struct From(&'static str);

    let name = |logic: &Logic| {
        let mut app = App::empty();
        bevy_app::Plugin::build(logic, &mut app);
        app.world().get_resource::<From>().map(|from| from.0)
    };
    let logic = |text| {
        move |app: &mut App| {
            app.insert_resource(From(text)).presentation_only::<From>();
        }
    };
    let types = RoomTypes::new(
        &node(&["plaza"]),
        &Logic::new(logic("node")),
        &[
            RoomType::new("tag")
                .map("plaza")
                .plugins(logic("tag"))
                .own_world(),
            RoomType::new("quiet").map("plaza").own_world(),
        ],
    )
    .unwrap();
    assert_eq!(name(&types.logic(&WorldKind::Main)), Some("node"));
    assert_eq!(name(&types.logic(&own("tag"))), Some("tag"));
    assert_eq!(name(&types.logic(&own("quiet"))), Some("node"));
}

#[test]
fn the_logic_of_several_calls_is_added() {
    use std::sync::atomic::{AtomicU32, Ordering};

    let calls = Arc::new(AtomicU32::new(0));
    let counted = |add: u32| {
        let calls = Arc::clone(&calls);
        move |_: &mut App| {
            calls.fetch_add(add, Ordering::Relaxed);
        }
    };
    let tag = RoomType::new("tag")
        .map("plaza")
        .plugins(counted(1))
        .plugins(counted(10));
    let types = checked(&[tag]);
    let shared = WorldKind::Shared {
        room_type: "tag".to_owned(),
    };
    bevy_app::Plugin::build(&types.logic(&shared), &mut App::empty());
    // Once for the trial, and once here.
    assert_eq!(calls.load(Ordering::Relaxed), 22);
}
