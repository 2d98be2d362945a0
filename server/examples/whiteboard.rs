//! A whiteboard on which one player at a time writes: an object with an owner as a lock.
//!
//! Each room has a whiteboard at its first spawn point. A player in front of it takes the pen,
//! writes, and hangs the pen back. Others see the text and who has the pen. The server checks that
//! a player reaches the whiteboard, and a pen whose holder leaves is free again.
//!
//! Run it with `cargo run -p parlour --example whiteboard`. Connect a client as the banner shows,
//! and type:
//!
//! ```text
//! {"join":{"request":1,"room":"plaza"}}
//! {"act":{"request":2,"target":{"object":1},"name":"take_pen"}}
//! {"act":{"request":3,"target":{"object":1},"name":"write","body":"Hello"}}
//! {"act":{"request":4,"target":{"object":1},"name":"hang_pen"}}
//! ```

use std::process::ExitCode;

use parlour::prelude::*;

/// The bytes of the longest text. A component has at most 64 bytes; one of them is the length.
pub(crate) const LONGEST: usize = 63;
/// The code of a refusal: the target is no whiteboard.
pub(crate) const NO_WHITEBOARD: u16 = 1;

/// The text on a whiteboard. Part of the state, and sent to all who see the whiteboard.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Text(pub(crate) String);

// The actions of players.
/// Takes the pen.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct TakePen;

/// Replaces the text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Write(pub(crate) String);

/// Hangs the pen back.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct HangPen;

pub(crate) struct Whiteboard;

impl Plugin for Whiteboard {
    fn build(&self, app: &mut App) {
        app.object_kind(ObjectKind::new("whiteboard").size_px(64, 8).with::<Text>("text"));
        // A player reaches 40 px, and not through walls. Before game logic receives an action, the
        // server has checked this, and that the player sees the whiteboard at all.
        let reach = Reach::px(40);
        app.player_action::<TakePen>("take_pen", reach)
            .player_action::<Write>("write", reach)
            .player_action::<HangPen>("hang_pen", reach);
        // A player may take the pen and write in the same tick, so the order matters.
        app.add_systems(
            TickSchedule,
            (hang_up, take_pen, write, hang_pen)
                .chain()
                .in_set(StepSet::Simulate)
                .in_set(MaySleep),
        );
    }
}

/// Each new room has a whiteboard.
fn hang_up(mut events: MessageReader<RoomEvent>, rooms: Query<&Room>, mut objects: Objects) {
    for event in events.read() {
        if let RoomEvent::Created { room } = *event
            && let Ok(details) = rooms.get(room)
            && let Ok(mut board) = objects.spawn(room, "whiteboard", details.map.spawns[0].position)
        {
            board.insert(Text("Welcome".into()));
        }
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
        answers.write(match boards.get_mut(action.target) {
            Err(_) => action.refuse(Refusal::Declined { code: NO_WHITEBOARD }),
            Ok(_) if !owners.is_owner(action.player, action.target) => action.refuse(Refusal::NotYours),
            Ok(_) if text.len() > LONGEST => action.refuse(Refusal::BadText),
            Ok(mut board) => {
                board.set_if_neq(Text(text.clone()));
                action.accept()
            }
        });
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

fn main() -> ExitCode {
    parlour::cli("whiteboard").plugins(Whiteboard).run()
}
