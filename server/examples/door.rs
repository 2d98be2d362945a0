//! A door that opens only to the player with the key.
//!
//! Each room has a key and a door next to its first spawn point. A player takes the key with an
//! action, and carries it. The player with the key opens and closes the door. A closed door is
//! solid. If the player with the key leaves, the key stays where it is.
//!
//! Run it with `cargo run -p parlour --example door`. Connect a client as the banner shows, and
//! type:
//!
//! ```text
//! {"join":{"request":1,"room":"cellar"}}
//! {"act":{"request":2,"target":{"object":2},"name":"use"}}
//! {"act":{"request":3,"target":{"object":1},"name":"take"}}
//! {"act":{"request":4,"target":{"object":2},"name":"use"}}
//! {"move":{"direction":"east"}}
//! ```
//!
//! The first `use` is refused with the code 1: the player does not have the key.

use parlour::prelude::*;

/// The codes of refusals.
pub(crate) const LOCKED: u16 = 1;
pub(crate) const NO_DOOR: u16 = 2;
pub(crate) const NO_KEY: u16 = 3;

/// The layer of solid bodies.
const SOLID: u8 = 1;

/// A key. All who see it are sent its owner.
#[derive(Component, Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Key;

/// Whether a door is open.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Open(pub(crate) bool);

/// The action of a player that takes a key.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Take;

/// The action of a player that opens or closes a door.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Use;

pub(crate) struct Doors;

impl Plugin for Doors {
    fn build(&self, app: &mut App) {
        app.object_kind(ObjectKind::new("key").size_px(8, 8).with::<Key>("key"));
        app.object_kind(
            ObjectKind::new("door")
                .size_px(8, 64)
                .layer(SOLID)
                .with::<Open>("open"),
        );
        app.players_stopped_by(&[SOLID]).control_motion();
        app.player_action::<Take>("take", Reach::px(48))
            .player_action::<Use>("use", Reach::px(48));
        // Before `Walk`, because it changes the motion of keys.
        let systems = (furnish, take, use_door).chain().before(Walk);
        app.add_systems(TickSchedule, systems.in_set(StepSet::Simulate));
    }
}

fn furnish(mut events: MessageReader<RoomEvent>, rooms: Query<&Room>, mut objects: Objects) {
    for room in events.read().filter_map(RoomEvent::created) {
        let Ok(Position { x, y }) = rooms.get(room).map(|room| room.map.spawns[0].position) else {
            continue;
        };
        if let Ok(mut key) = objects.spawn(
            room,
            "key",
            Position {
                x: x - 32 * UNITS_PER_PX,
                y,
            },
        ) {
            key.insert((Key, Control::default()));
        }
        if let Ok(mut door) = objects.spawn(
            room,
            "door",
            Position {
                x: x + 40 * UNITS_PER_PX,
                y,
            },
        ) {
            door.insert(Open(false));
        }
    }
}

/// The player owns the key, until it leaves. The key follows it.
fn take(
    mut actions: MessageReader<ActionOn<Take>>,
    mut answers: MessageWriter<Answer<Take>>,
    mut keys: Query<&mut Control, With<Key>>,
    players: Query<&StableId, With<Player>>,
    mut owners: Owners,
) {
    for action in actions.read() {
        let (Ok(mut key), Ok(&player)) = (keys.get_mut(action.target), players.get(action.player)) else {
            answers.write(action.refuse(Refusal::Declined { code: NO_KEY }));
            continue;
        };
        answers.write(
            match owners.take(action.target, action.player, OwnerLeaves::Release) {
                Ok(()) => {
                    key.carry(
                        player,
                        Position {
                            x: 0,
                            y: -16 * UNITS_PER_PX,
                        },
                    );
                    action.accept()
                }
                // A different player has it.
                Err(error) => action.refuse(error.into()),
            },
        );
    }
}

/// Opens a closed door, and closes an open one.
fn use_door(
    mut actions: MessageReader<ActionOn<Use>>,
    mut answers: MessageWriter<Answer<Use>>,
    mut doors: Query<&mut Open>,
    keys: Query<&Owner, With<Key>>,
    players: Query<&Player>,
    mut commands: Commands,
) {
    for action in actions.read() {
        let Ok(mut open) = doors.get_mut(action.target) else {
            answers.write(action.refuse(Refusal::Declined { code: NO_DOOR }));
            continue;
        };
        let player = players.get(action.player).map(|player| player.id);
        if player.is_err() || !keys.iter().any(|key| key.player() == player.ok()) {
            answers.write(action.refuse(Refusal::Declined { code: LOCKED }));
            continue;
        }
        open.0 = !open.0;
        // What is passable stops nobody.
        match open.0 {
            true => commands.entity(action.target).insert(Passable),
            false => commands.entity(action.target).remove::<Passable>(),
        };
        answers.write(action.accept());
    }
}

fn main() -> std::process::ExitCode {
    parlour::cli("door")
        .room_type(RoomType::new("cellar").map("lobby").plugins(Doors))
        .run()
}
