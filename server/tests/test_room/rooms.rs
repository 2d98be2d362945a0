//! Maps, rules, options and room types.

use parlour::{RoomType, prelude::*, testing::TestRoom};
use parlour_shared::motion::WallGrid;
use parlour_testing::maps::map;

#[test]
fn a_room_has_a_given_map() {
    let mut walls = WallGrid::new(10, 10, 16);
    (0..10).for_each(|row| walls.block(5, row));
    let cellar = map("cellar", walls, Position::from_px(40, 40), Vec::new());
    let mut room = TestRoom::builder().map(cellar).build();
    let ada = room.join("Ada");
    assert_eq!(room.position(ada), Position::from_px(40, 40));
    room.walk(ada, Direction::East);
    room.seconds(1);
    assert_eq!(room.position(ada), Position::from_px(72, 40), "at the wall");
}

#[test]
fn a_room_has_a_bundled_map_and_rules() {
    let mut room = TestRoom::builder()
        .bundled_map("plaza")
        .rules(|rules| rules.capacity = 1)
        .build();
    room.join("Ada");
    assert_eq!(room.try_join("Bob"), Err(Refusal::RoomFull));
    assert_eq!(room.players(), ["Ada"]);
    let details = room.room_component::<Room>().unwrap();
    assert_eq!(details.map.name, "plaza");
}

#[test]
fn a_room_type_brings_its_logic_rules_and_options() {
    let tag = RoomType::new("tag")
        .map("lobby")
        .rules(|rules| rules.capacity = 3)
        .plugins(|app: &mut App| {
            app.accept_room(|room| match room.options.get("mode") {
                Some("frozen") => Err(7),
                _ => Ok(()),
            });
        })
        .option(OptionSpec::one_of("mode", ["classic", "frozen"]));
    let mut room = TestRoom::builder()
        .room_type(tag.clone())
        .option("mode", "classic")
        .build();
    room.join("Ada");
    let details = room.room_component::<Room>().unwrap();
    assert_eq!((details.name.as_str(), details.rules().capacity), ("tag", 3));
    let mut room = TestRoom::builder()
        .room_type(tag)
        .option("mode", "frozen")
        .build();
    assert_eq!(room.try_join("Ada"), Err(Refusal::Declined { code: 7 }));
}

#[test]
fn a_player_goes_to_a_second_room_of_the_world() {
    let mut room = TestRoom::builder().build();
    let (ada, bob) = (room.join("Ada"), room.join("Bob"));
    room.join_room(bob, "room/2");
    assert!(!room.sees(ada, bob) && room.is_in_room(bob));
    assert_eq!(room.players(), ["Ada"]);
    assert_eq!(room.try_join_room(bob, "attic"), Err(Refusal::NoSuchRoom));
}

#[test]
fn a_slower_cadence_is_allowed() {
    let slow = |rules: &mut parlour_sim::RoomRules| rules.cadence = Cadence::Hz10;
    let mut room = TestRoom::builder().rules(slow).build();
    let (ada, _) = (room.join("Ada"), room.join("Bob"));
    room.walk(ada, Direction::South);
    room.seconds(1);
}
