//! Room types are sections of the file: their rules are named like settings, and all mistakes are
//! reported together.

use parlour::{
    ServerOptions,
    config::{Config, to_toml},
    maps,
};
use parlour_sim::{Interest, OnDrop, OptionSpec, RoomRules};
use parlour_tick::Cadence;

use crate::{configure, errors};

const FILE: &str = "\
capacity = 50
rate_chat = \"3 burst, 1/s\"

[room_types.office]
map = \"lobby\"
capacity = 20
interest_radius = \"all\"
near_radius = 80
room_empty_after = \"60m\"
rate_move = \"7 burst, 60/s\"
fallback = \"plaza/2\"
durable = true

[room_types.tag]
map = [\"plaza\", \"garden\"]
own_world = true
room_talk_mib = 1

[room_types.tag.options]
capacity = \"2 to 8\"
mode = [\"classic\", \"freeze \\\"tag\\\"\"]
title = \"text\"
\"a.b\" = [\"x\"]

[room_types.plaza]
near_radius = 33
";

fn options(config: &Config) -> ServerOptions {
    let maps = maps::load(None).unwrap();
    config.settings.server_options(maps, Vec::new())
}

#[test]
fn a_file_with_room_types_is_read() {
    let config = configure(Some(FILE), &[], &[]).unwrap();
    let [office, tag, plaza] = &config.settings.room_types[..] else {
        panic!("three types")
    };
    assert_eq!(
        (office.name.as_str(), &office.maps[..]),
        ("office", &["lobby".to_owned()][..])
    );
    assert_eq!((office.own_world, office.durable), (false, true));
    assert_eq!(office.fallback.as_deref(), Some("plaza/2"));
    assert_eq!(office.rule("room_empty_after"), Some("1h"));
    assert_eq!(office.rule("capacity"), Some("20"));
    assert_eq!(office.rule("rate_chat"), None);
    assert_eq!((tag.own_world, tag.durable), (true, false));
    assert_eq!(tag.maps, ["plaza", "garden"]);
    assert_eq!(tag.options.len(), 4);
    assert!(tag.options.contains(&OptionSpec::number("capacity", 2, 8)));
    assert!(tag.options.contains(&OptionSpec::one_of("a.b", ["x"])));
    assert_eq!(plaza.rule("near_radius"), Some("33"));
    options(&config).check_room_types().unwrap();
    // The printed file has the same types.
    let text = to_toml(&config);
    let again = configure(Some(&text), &[], &[]).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(again.settings, config.settings, "{text}");
    assert!(
        text.contains("\n[room_types.office] # parlour.toml:4\nmap = \"lobby\"\n"),
        "{text}"
    );
}

/// Returns the rules of the first type of a file, in the world in which it runs.
fn rules(file: &str, flags: &[(&'static str, &str)]) -> RoomRules {
    let config = configure(Some(file), &[], flags).unwrap_or_else(|error| panic!("{error}"));
    let mut options = options(&config);
    // The rules of the node may change later: the type changes only its own.
    options.sim.rules.refresh_ticks = 3;
    options.room_types[0].rules_on(options.sim.rules)
}

#[test]
fn a_type_changes_only_the_rules_that_it_writes() {
    let file =
        "capacity = 50\nrate_chat = \"3 burst, 1/s\"\n[room_types.lobby]\ncapacity = 20\nmax_objects = 30\n";
    let changed = rules(file, &[("rate_chat", "4 burst, 1/s"), ("room_empty_after", "2s")]);
    assert_eq!((changed.capacity, changed.refresh_ticks), (20, 3));
    assert_eq!(changed.max_objects, 30);
    // From the flags, which are stronger than the file.
    assert_eq!((changed.rates.chat.burst, changed.empty_ticks), (4, 120));
    let all = "[room_types.lobby]\nroom_empty_after = \"1s\"\nrate_move = \"1 burst, 1/s\"\nrate_join = \"2 burst, 1/s\"\n\
               rate_chat = \"3 burst, 1/s\"\nrate_skin = \"4 burst, 1/s\"\nrate_state = \"5 burst, 1/s\"\n\
               rate_custom = \"6 burst, 1/s\"\nroom_talk_mib = 2\non_drop = \"logic\"\n";
    let rules = rules(all, &[]);
    let rates = rules.rates;
    let bursts = [
        rates.moves,
        rates.join,
        rates.chat,
        rates.skin,
        rates.state,
        rates.custom,
    ];
    assert_eq!(bursts.map(|rate| rate.burst), [1, 2, 3, 4, 5, 6]);
    assert_eq!((rules.empty_ticks, rules.broadcast.as_mib_per_second()), (60, 2));
    assert_eq!(rules.on_drop, OnDrop::Logic);
}

#[test]
fn the_cadence_of_a_type_is_a_rule_and_that_of_the_node_is_not() {
    let of_type = "[room_types.lobby]\ncadence = 20\n";
    assert_eq!(rules(of_type, &[]).cadence, Cadence::Hz20);
    assert_eq!(rules(of_type, &[("cadence", "60")]).cadence, Cadence::Hz20);
    for file in ["[room_types.lobby]\n", "[room_types.lobby]\ncadence = \"auto\"\n"] {
        assert_eq!(rules(file, &[("cadence", "10")]).cadence, Cadence::Hz60);
    }
    let narrower = format!("{of_type}[room_types.lobby.options]\ncadence = [\"20\", \"10\"]\n");
    let config = configure(Some(&narrower), &[], &[]).unwrap();
    options(&config).check_room_types().unwrap();
    let wider = narrower.replace("\"20\", ", "\"30\", ");
    let error = options(&configure(Some(&wider), &[], &[]).unwrap()).check_room_types();
    let error = error.unwrap_err().to_string();
    let expected =
        "the option \"cadence\" must be a list of some of 60, 30, 20 and 10, at most the rule of the type";
    assert!(error.contains(expected), "{error}");
    let invalid = errors(Some("[room_types.lobby]\ncadence = 15\n"), &[], &[]);
    let expected =
        "parlour.toml:2: room type \"lobby\": cadence must be 60, 30, 20, 10 or \"auto\"; it is \"15\"";
    assert_eq!(invalid, [expected]);
}

#[test]
fn the_radii_of_a_type_follow_each_other_as_those_of_the_node() {
    let radii = |node: &str, own: &str| {
        let rules = rules(&format!("{node}\n[room_types.lobby]\n{own}\n"), &[]);
        (rules.near_px, rules.interest)
    };
    use Interest::{All, Near};
    for (node, own, expected) in [
        ("", "", (150, Near)),
        ("", "near_radius = 90", (90, Near)),
        ("", "interest_radius = 90", (90, Near)),
        ("", "interest_radius = \"all\"", (150, All)),
        ("", "interest_radius = \"all\"\nnear_radius = 40", (40, All)),
        ("interest_radius = \"all\"\nnear_radius = 60", "", (60, All)),
        (
            "interest_radius = \"all\"\nnear_radius = 60",
            "near_radius = 70",
            (70, All),
        ),
        (
            "interest_radius = \"all\"\nnear_radius = 60",
            "interest_radius = 70",
            (70, Near),
        ),
        ("interest_radius = 200", "interest_radius = \"all\"", (150, All)),
    ] {
        assert_eq!(radii(node, own), expected, "{node} / {own}");
    }
}

#[test]
fn all_mistakes_in_room_types_are_reported_together_with_others() {
    let file = "sede = 1\n\
                [room_types.Office]\n\
                capasity = 5\n\
                [room_types.tag]\n\
                map = 7\n\
                capacity = 0\n\
                room_empty_after = 5\n\
                own_world = \"on\"\n\
                durable = 1\n\
                fallback = [\"a\"]\n\
                listen = \"127.0.0.1:80\"\n\
                zzzzzz = 1\n\
                interest_radius = 90\n\
                near_radius = 80\n\
                [room_types.tag.options]\n\
                mode = []\n\
                rounds = \"1-9\"\n\
                [room_types.quiz]\n\
                options = [\"a\"]\n";
    let lines = errors(Some(file), &[("PARLOUR_CAPACITY", "0")], &[]);
    let tag = "room type \"tag\": ";
    let expected = [
        "parlour.toml:1: unknown key \"sede\"; did you mean `seed`?".to_owned(),
        "parlour.toml:2: room type \"Office\": the name must be 1 to 32 characters".to_owned(),
        "parlour.toml:3: room type \"Office\": unknown key \"capasity\"; did you mean `capacity`?".to_owned(),
        format!(
            "parlour.toml:5: {tag}map must be the name of a map in quotes, such as \"plaza\", or a list of such names, not a number"
        ),
        format!("parlour.toml:6: {tag}capacity must be a whole number from 1 to 32000; it is \"0\""),
        format!(
            "parlour.toml:7: {tag}room_empty_after must be text in quotes, not a number; for example room_empty_after = \"30s\""
        ),
        format!("parlour.toml:8: {tag}own_world must be true or false, without quotes, not text in quotes"),
        format!("parlour.toml:9: {tag}durable must be true or false, without quotes, not a number"),
        format!("parlour.toml:10: {tag}fallback must be the name of a room in quotes"),
        format!("parlour.toml:11: {tag}listen is a setting of the node: write it above the first section"),
        format!("parlour.toml:12: {tag}unknown key \"zzzzzz\"; the keys of a room type are map, own_world, "),
        format!(
            "parlour.toml:16: {tag}the option \"mode\" must be a list of values, such as [\"one\", \"two\"]"
        ),
        format!("parlour.toml:17: {tag}the option \"rounds\" must be a list of values"),
        format!("parlour.toml:14: {tag}near_radius = 80 may differ from interest_radius = 90 only if"),
        "parlour.toml:19: room type \"quiz\": options must be a section, with a line such as".to_owned(),
        "PARLOUR_CAPACITY: capacity must be".to_owned(),
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(
            line.starts_with(&expected),
            "{line}\nshould start with\n{expected}"
        );
    }
}

#[test]
fn other_forms_than_sections_are_described() {
    for (file, expected) in [
        (
            "room_types = \"office\"",
            "parlour.toml:1: room_types must be sections such as [room_types.office], not text in quotes",
        ),
        (
            "[room_types]\noffice = 5",
            "parlour.toml:2: room_types.office must be a section [room_types.office], not a number",
        ),
        (
            "[room_type.office]",
            "parlour.toml:1: unknown key \"room_type\"; did you mean `room_types`?; the only sections are [room_types.NAME]",
        ),
    ] {
        let lines = errors(Some(file), &[], &[]);
        assert!(lines.len() == 1 && lines[0].starts_with(expected), "{lines:#?}");
    }
}

#[test]
fn mistakes_that_only_the_maps_show_name_the_line() {
    let file = "[room_types.office]\ncapacity = 5\n\n[room_types.tag]\nmap = \"plasa\"\nfallback = \"tag\"\n\
                [room_types.tag.options]\ncapacity = \"1 to 2000\"\n";
    let config = configure(Some(file), &[], &[]).unwrap();
    let found = options(&config).check_room_types().unwrap_err().to_string();
    let lines: Vec<&str> = found.lines().map(str::trim).collect();
    assert_eq!(lines.len(), 5, "{found}");
    for (line, expected) in lines.iter().zip([
        "4 mistakes in the room types:",
        "parlour.toml:1: room type \"office\": no map has the name of the type: set one with map = \"garden\"; the maps",
        "parlour.toml:5: room type \"tag\": the map \"plasa\" does not exist: did you mean `plaza`?",
        "parlour.toml:8: room type \"tag\": the option \"capacity\" must be a number",
        "parlour.toml:6: room type \"tag\": the fallback \"tag\" is a room of this type",
    ]) {
        assert!(line.starts_with(expected), "{line}\nshould start with\n{expected}");
    }
}

#[test]
fn room_types_of_the_file_and_of_code_are_checked_together() {
    let config = configure(Some("[room_types.office]\nmap = \"lobby\"\n"), &[], &[]).unwrap();
    let builder = parlour::ServerBuilder::from(options(&config));
    let other = || parlour::RoomType::new("tag").map("plaza").fallback("office");
    builder.clone().room_type(other()).check().unwrap();
    let twice = builder.room_type(parlour::RoomType::new("office").map("plaza"));
    let text = twice.check().unwrap_err().to_string();
    assert!(text.contains("room type \"office\": is declared twice"), "{text}");
}

#[test]
fn the_description_of_sections_in_the_printed_file_is_valid() {
    let text = to_toml(&configure(None, &[], &[]).unwrap());
    let (_, sections) = text.split_once("# ---- Room types ----").unwrap();
    let example: String = sections
        .lines()
        .filter_map(|line| line.strip_prefix("#   "))
        .flat_map(|line| [line, "\n"])
        .collect();
    let config = configure(Some(&example), &[], &[]).unwrap_or_else(|error| panic!("{error}\n{example}"));
    let [office] = &config.settings.room_types[..] else {
        panic!("one type: {example}")
    };
    assert!(office.own_world && office.durable && office.fallback.is_some());
    assert_eq!(office.options.len(), 3);
    options(&config).check_room_types().unwrap();
}

#[test]
fn the_example_of_the_guide_is_valid() {
    let page = include_str!("../../../docs/run.md");
    let (_, block) = page.split_once("```toml\n").unwrap();
    let (file, _) = block.split_once("```").unwrap();
    let config = configure(Some(file), &[], &[]).unwrap_or_else(|error| panic!("{error}"));
    let names: Vec<&str> = config
        .settings
        .room_types
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["office", "quiz"]);
    options(&config).check_room_types().unwrap();
}

proptest::proptest! {
    #[test]
    fn no_section_causes_a_panic(text in "[a-z_=\"\\[\\]{}#0-9.\n ]{0,120}") {
        let _ = configure(Some(&format!("[room_types.office]\n{text}")), &[], &[]);
    }

    #[test]
    fn printed_texts_can_be_read_again(map in "\\PC{1,20}", option in "\\PC{1,20}", value in "\\PC{1,20}") {
        let string = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let file = format!(
            "[room_types.office]\nmap = {}\nfallback = {}\n[room_types.office.options]\n{} = [{}]\n",
            string(&map),
            string(&value),
            // A key cannot be a string of several lines, which the printer of the crate may choose.
            serde_json::Value::String(option.clone()).to_string().replace('\u{7f}', "\\u007F"),
            string(&value)
        );
        let config = configure(Some(&file), &[], &[]).unwrap();
        let text = to_toml(&config);
        let again = configure(Some(&text), &[], &[]);
        proptest::prop_assert_eq!(again.map(|config| config.settings).ok(), Some(config.settings), "{}", text);
    }
}
