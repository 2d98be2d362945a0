//! A whiteboard that one player at a time holds. Run it with `cargo run -p parlour-sim --example
//! whiteboard`.
//!
//! The map places the whiteboard. A player in front of it takes the pen, writes, and hangs the pen
//! back. Others see the text and who has the pen. The server checks that a player reaches the
//! whiteboard, and a pen whose holder leaves is free again. This takes one kind of objects, three
//! actions and one system.
#![allow(clippy::print_stdout, reason = "an example prints what it does")]

use std::sync::Arc;

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use parlour_shared::{
    codec,
    ids::SessionId,
    map::{Map, MapObject},
    message::{ActTarget, Refusal, ServerMessage},
    motion::{Position, WallGrid},
};
use parlour_sim::{
    ActionOn, Answer, ObjectKind, OwnerLeaves, Owners, Reach, SimConfig, SimulationApp, StepSet, TickSchedule,
};
use parlour_testing::{SessionActions as _, TestWorld, maps::map, teleport_plugin};
use serde::{Deserialize, Serialize};

/// The bytes of the longest text. A component has at most 64 bytes; one of them is the length.
const LONGEST: usize = 63;
/// The code of a refusal: the target is no whiteboard.
const NO_WHITEBOARD: u16 = 1;

/// The text on a whiteboard. Part of the state, and sent to all who see the whiteboard.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Text(pub(crate) String);

// The actions of players. A client sends each as an `act` with a target and the name from the
// plugin below. An action without fields has an empty body.
/// Takes the pen.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct TakePen;

/// Replaces the text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Write(pub(crate) String);

/// Hangs the pen back.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct HangPen;

/// The plugin. Add it to a world with [`parlour_sim::Simulation::with_plugins`].
pub(crate) struct WhiteboardPlugin;

impl Plugin for WhiteboardPlugin {
    fn build(&self, app: &mut App) {
        // `placed` adds components to the whiteboards that a map places.
        app.object_kind(
            ObjectKind::new("whiteboard")
                .size_px(64, 8)
                .with::<Text>("text")
                .placed(|place, board| {
                    let text = place.property("text").unwrap_or_default();
                    board.insert(Text(text.to_owned()));
                }),
        );
        // A player reaches 40 px, and not through walls. Before game logic receives an action, the
        // server has checked this, and that the player sees the whiteboard at all.
        let reach = Reach::px(40);
        app.player_action::<TakePen>("take_pen", reach)
            .player_action::<Write>("write", reach)
            .player_action::<HangPen>("hang_pen", reach);
        // A player may take the pen and write in the same tick, so the order matters.
        app.add_systems(
            TickSchedule,
            (take_pen, write, hang_pen).chain().in_set(StepSet::Simulate),
        );
    }
}

/// Makes a player the owner of the whiteboard. An object has one owner at a time, so this is the
/// lock: of two players that take the pen in the same tick, the first one has it.
fn take_pen(
    mut actions: MessageReader<ActionOn<TakePen>>,
    mut answers: MessageWriter<Answer<TakePen>>,
    boards: Query<(), With<Text>>,
    mut owners: Owners,
) {
    for action in actions.read() {
        // The server does not know which kind an action is for.
        if !boards.contains(action.target) {
            answers.write(action.refuse(Refusal::Declined { code: NO_WHITEBOARD }));
            continue;
        }
        // The pen is free again when its holder leaves the room, or its session closes.
        let taken = owners.take(action.target, action.player, OwnerLeaves::Release);
        answers.write(match taken {
            Ok(()) => action.accept(),
            // `taken`, if another player has the pen.
            Err(error) => action.refuse(error.into()),
        });
    }
}

fn write(
    mut actions: MessageReader<ActionOn<Write>>,
    mut answers: MessageWriter<Answer<Write>>,
    mut boards: Query<&mut Text>,
    owners: Owners,
) {
    for action in actions.read() {
        let Write(text) = &action.message;
        let answer = match boards.get_mut(action.target) {
            Err(_) => action.refuse(Refusal::Declined { code: NO_WHITEBOARD }),
            Ok(_) if !owners.is_owner(action.player, action.target) => action.refuse(Refusal::NotYours),
            Ok(_) if text.len() > LONGEST => action.refuse(Refusal::BadText),
            Ok(mut board) => {
                board.set_if_neq(Text(text.clone()));
                action.accept()
            }
        };
        answers.write(answer);
    }
}

fn hang_pen(
    mut actions: MessageReader<ActionOn<HangPen>>,
    mut answers: MessageWriter<Answer<HangPen>>,
    mut owners: Owners,
) {
    for action in actions.read() {
        answers.write(match owners.release(action.target, action.player) {
            Ok(()) => action.accept(),
            // `not_yours`, if the player does not have the pen.
            Err(error) => action.refuse(error.into()),
        });
    }
}

/// A room of 320 x 320 px with a whiteboard on its wall, and a second room below the wall.
pub(crate) fn office() -> Map {
    let mut walls = WallGrid::new(20, 20, 16);
    (0..20).for_each(|column| walls.block(column, 10));
    let mut map = map("office", walls, Position::from_px(160, 120), Vec::new());
    map.objects.push(MapObject {
        name: "board".into(),
        class: "whiteboard".into(),
        position: Position::from_px(160, 156),
        size_px: (64, 8),
        properties: vec![("text".into(), "Welcome".into())],
    });
    map
}

// The rest is a small world that shows the plugin at work: three players in an office.

const ADA: u64 = 1;
const BOB: u64 = 2;
const CID: u64 = 3;
const NAMES: [(u64, &str); 3] = [(ADA, "Ada"), (BOB, "Bob"), (CID, "Cid")];

fn main() {
    let config = SimConfig::new(vec![Arc::new(office())]);
    let mut world = TestWorld::with_plugins(config, (WhiteboardPlugin, teleport_plugin));
    for (session, name) in NAMES {
        world.open_as_and_join(session, name, "office");
    }
    let mut shown = String::new();
    run(&mut world, 10, &mut shown);
    let (_, board, _) = world.client(BOB).view.objects().next().expect("the whiteboard");
    let board = ActTarget::Object(board.object);

    println!("- Ada and Bob take the pen at the same time.");
    world.act(ADA, board, "take_pen", &TakePen);
    world.act(BOB, board, "take_pen", &TakePen);
    run(&mut world, 1, &mut shown);
    println!("- Both write.");
    world.act(ADA, board, "write", &Write("Lunch at noon?".into()));
    world.act(BOB, board, "write", &Write("No".into()));
    run(&mut world, 1, &mut shown);
    println!("- Ada's connection breaks.");
    world.close(ADA);
    run(&mut world, 1, &mut shown);
    println!("- Bob takes the pen, writes, and hangs it back.");
    world.act(BOB, board, "take_pen", &TakePen);
    world.act(BOB, board, "write", &Write("At one!".into()));
    world.act(BOB, board, "hang_pen", &HangPen);
    run(&mut world, 1, &mut shown);
    println!("- Cid is on the other side of the wall, as near as Bob.");
    let Position { x, y } = Position::from_px(160, 192);
    world.teleport(CID, x, y);
    run(&mut world, 1, &mut shown);
    world.act(CID, board, "take_pen", &TakePen);
    run(&mut world, 1, &mut shown);
}

/// Runs several ticks, and prints the answers to all players and the changes in Bob's view.
fn run(world: &mut TestWorld, ticks: u32, shown: &mut String) {
    for _ in 0..ticks {
        world.tick();
        let tick = world.now().0;
        for (session, name) in NAMES {
            if world.clients.contains_key(&SessionId(session)) {
                for message in world.messages(session) {
                    report(tick, name, &message);
                }
            }
        }
        if let Some(now) = describe(world).filter(|now| now != shown) {
            println!("tick {tick:3}: Bob sees {now}");
            *shown = now;
        }
    }
}

/// Describes the whiteboard as Bob sees it.
fn describe(world: &TestWorld) -> Option<String> {
    let view = &world.client(BOB).view;
    let (_, board, seen) = view.objects().next()?;
    let (_, bytes) = seen.components.first()?;
    let Text(text) = codec::decode(bytes).ok()?;
    let holder = match board.owner {
        None => "nobody has the pen".to_owned(),
        Some(owner) => match view.find_player(owner) {
            Some((_, player, _)) => format!("{} has the pen", player.name),
            None => "somebody has the pen".to_owned(),
        },
    };
    Some(format!("the text {text:?}, and {holder}"))
}

fn report(tick: u32, name: &str, message: &ServerMessage) {
    match message {
        ServerMessage::Accepted(accepted) if accepted.request == 10 => {
            println!("tick {tick:3}: {name} receives: accepted");
        }
        ServerMessage::Refused(refused) => {
            println!("tick {tick:3}: {name} receives: refused, {:?}", refused.refusal);
        }
        _ => {}
    }
}
