//! The tables of the command `rooms`.

use parlour_recording::replay::display;

use super::{ListedRoom, ListedWorld, Node};

/// How the cells of a column are aligned.
#[derive(Clone, Copy)]
enum Align {
    Left,
    Right,
}
use Align::{Left, Right};

const WORLDS: &[(&str, Align)] = &[
    ("WORLD", Left),
    ("TYPE", Left),
    ("STATE", Left),
    ("THREAD", Right),
    ("TICK", Right),
    ("P50 MS", Right),
    ("P99 MS", Right),
    ("ROOMS", Right),
    ("PLAYERS", Right),
    ("OBJECTS", Right),
    ("KB/S", Right),
    ("PANICS", Right),
    ("RESTARTS", Right),
];

const ROOMS: &[(&str, Align)] = &[
    ("ROOM", Left),
    ("TYPE", Left),
    ("WORLD", Left),
    ("PLAYERS", Right),
    ("RESERVED", Right),
    ("CAPACITY", Right),
    ("STATE", Left),
];

/// Returns the tables of the worlds and the rooms.
pub(super) fn text(node: &Node) -> String {
    let worlds: Vec<Vec<String>> = node.worlds.iter().map(world_row).collect();
    let rooms = node.worlds.iter().flat_map(|world| {
        let rooms = world.rooms.iter();
        rooms.map(|room| room_row(room, &world.name))
    });
    let rooms: Vec<Vec<String>> = rooms.collect();
    let mut text = table(WORLDS, &worlds);
    text.push('\n');
    text += &match rooms.is_empty() {
        true => "No rooms.\n".to_owned(),
        false => table(ROOMS, &rooms),
    };
    text
}

fn world_row(world: &ListedWorld) -> Vec<String> {
    let players: u32 = world.players;
    vec![
        world.name.clone(),
        world.room_type.clone().unwrap_or_else(|| "-".to_owned()),
        world.state.clone(),
        world.thread.to_string(),
        world.tick.to_string(),
        milliseconds(world.tick_us.p50),
        milliseconds(world.tick_us.p99),
        world.rooms.len().to_string(),
        players.to_string(),
        world.objects.to_string(),
        (world.output_bytes / 1000).to_string(),
        world.panics.to_string(),
        world.restarts.to_string(),
    ]
}

fn room_row(room: &ListedRoom, world: &str) -> Vec<String> {
    let state = match (room.locked, room.private) {
        (true, true) => "locked, private",
        (true, false) => "locked",
        (false, true) => "private",
        (false, false) => "open",
    };
    vec![
        room.name.clone(),
        room.room_type.clone(),
        world.to_owned(),
        room.players.to_string(),
        room.reserved.to_string(),
        room.capacity.to_string(),
        state.to_owned(),
    ]
}

/// Returns microseconds as milliseconds with two decimals.
fn milliseconds(us: u32) -> String {
    format!("{:.2}", f64::from(us) / 1000.0)
}

/// Returns a table with aligned columns, without spaces at the ends of lines.
fn table(columns: &[(&str, Align)], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = columns.iter().map(|(title, _)| (*title).to_owned()).collect();
    // The answer may come from any program: control characters are escaped.
    let rows = rows
        .iter()
        .map(|row| row.iter().map(|cell| display::plain(cell)).collect());
    let lines: Vec<Vec<String>> = [head].into_iter().chain(rows).collect();
    let width = |column: usize| {
        let widths = lines.iter().map(|line| line[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let cells = line.iter().zip(columns).zip(&widths);
        let cells = cells.map(|((cell, (_, align)), &width)| match align {
            Left => format!("{cell:<width$}"),
            Right => format!("{cell:>width$}"),
        });
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"{"thread_load":[0.1,0.0],"worlds":[
        {"name":"main","type":null,"own":false,"thread":0,"state":"running","tick":1200,
         "tick_us":{"p50":120,"p99":1480,"max":2000},"sessions":3,"players":12,"objects":3,"entities":16,
         "output_bytes":34567,"panics":0,"restarts":0,"rooms":[
          {"name":"plaza","type":"plaza","players":12,"reserved":0,"capacity":1000,"locked":false,"private":false}]},
        {"name":"tag.k7","type":"tag","own":true,"thread":1,"state":"rebuilding","tick":60,
         "tick_us":{"p50":9,"p99":9,"max":9},"sessions":4,"players":4,"objects":0,"entities":6,
         "output_bytes":999,"panics":1,"restarts":1,"rooms":[
          {"name":"tag/k7\u001b","type":"tag","players":4,"reserved":2,"capacity":8,"locked":true,"private":true}]}]}"#;

    #[test]
    fn worlds_and_rooms_are_aligned_tables() {
        let node: Node = serde_json::from_str(ANSWER).unwrap();
        let expected = "\
WORLD   TYPE  STATE       THREAD  TICK  P50 MS  P99 MS  ROOMS  PLAYERS  OBJECTS  KB/S  PANICS  RESTARTS
main    -     running          0  1200    0.12    1.48      1       12        3    34       0         0
tag.k7  tag   rebuilding       1    60    0.01    0.01      1        4        0     0       1         1

ROOM           TYPE   WORLD   PLAYERS  RESERVED  CAPACITY  STATE
plaza          plaza  main         12         0      1000  open
tag/k7\\u{1b}   tag    tag.k7        4         2         8  locked, private
";
        let text = text(&node);
        assert!(!text.contains('\u{1b}'), "{text}");
        let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            squeeze(&text).replace("tag/k7\\u{1b}", "tag/k7"),
            squeeze(expected).replace("tag/k7\\u{1b}", "tag/k7"),
            "{text}"
        );
        for lines in text.split("\n\n").take(2) {
            let head = lines.lines().next().unwrap();
            let place = head.find("PLAYERS").unwrap() + "PLAYERS".len();
            for line in lines.lines().skip(1) {
                let players = line[..place].split(' ').next_back().unwrap();
                assert!(["12", "4"].contains(&players), "{line}");
            }
        }
    }

    #[test]
    fn a_node_without_rooms_says_so() {
        let node = Node { worlds: Vec::new() };
        assert!(
            text(&node).ends_with("RESTARTS\n\nNo rooms.\n"),
            "{}",
            text(&node)
        );
    }
}
