//! Coins that players collect by touching them, and that come back after ten seconds.
//!
//! Run it with `cargo run -p parlour --example pickups`. Connect a client as the banner shows, and
//! type:
//!
//! ```text
//! {"join":{"request":1,"room":"coins"}}
//! {"move":{"direction":"east"}}
//! ```
//!
//! The snapshots show the coins, and how many of them each player has.

use parlour::prelude::*;

/// Where the coins are, in pixels to the right of the first spawn point.
pub(crate) const PLACES_PX: [i32; 3] = [40, 80, 120];
const COMES_BACK: Duration = Duration::from_secs(10);

/// A coin, which has no fields: it is enough that the object has it.
#[derive(Component, Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Coin;

/// The coins of a player. It keeps them when it goes to a different room.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Coins(pub(crate) u32);

/// The timer of a room that brings a coin back.
#[derive(Clone, Serialize, Deserialize)]
struct ComeBack {
    at: Position,
}

pub(crate) struct Pickups;

impl Plugin for Pickups {
    fn build(&self, app: &mut App) {
        app.object_kind(ObjectKind::new("coin").size_px(8, 8).with::<Coin>("coin"));
        app.player_component::<Coins>("coins")
            .timer_message::<ComeBack>("coin_comes_back");
        // After `Walk`, so that the positions are those of this tick.
        let systems = (lay_out, come_back, collect).chain().after(Walk);
        app.add_systems(TickSchedule, systems.in_set(StepSet::Simulate));
    }
}

fn lay_out(mut events: MessageReader<RoomEvent>, rooms: Query<&Room>, mut objects: Objects) {
    for room in events.read().filter_map(RoomEvent::created) {
        if let Ok(details) = rooms.get(room) {
            let Position { x, y } = details.map.spawns[0].position;
            for px in PLACES_PX {
                spawn(
                    &mut objects,
                    room,
                    Position {
                        x: x + px * UNITS_PER_PX,
                        y,
                    },
                );
            }
        }
    }
}

fn come_back(mut rang: MessageReader<TimerRang<ComeBack>>, mut objects: Objects) {
    for timer in rang.read() {
        spawn(&mut objects, timer.of, timer.message.at);
    }
}

/// Spawns a coin, if the room is not full of objects.
fn spawn(objects: &mut Objects, room: Entity, at: Position) {
    if let Ok(mut coin) = objects.spawn(room, "coin", at) {
        coin.insert(Coin);
    }
}

/// The nearest player that touches a coin has it. The order of rooms and objects is the same in
/// every run, and so is the order of the timers. That of a query would not be.
fn collect(
    (directory, rooms): (Res<Rooms>, Query<&ObjectSlots>),
    coins: Query<&CurrentPosition, With<Coin>>,
    space: Space,
    mut players: Query<&mut Coins>,
    mut timers: Timers<ComeBack>,
    mut commands: Commands,
) {
    for room in directory.occupied() {
        let objects = rooms.get(room).into_iter().flat_map(ObjectSlots::iter);
        for (coin, position) in objects.filter_map(|(_, coin)| Some((coin, coins.get(coin).ok()?))) {
            let touching = space.touching(coin, KindSet::PLAYERS);
            let finder = touching.first().map(|player| players.get_mut(player.entity));
            if let Some(Ok(mut purse)) = finder {
                purse.0 += 1;
                let _ = timers.after(room, COMES_BACK, ComeBack { at: position.0 });
                commands.entity(coin).despawn();
            }
        }
    }
}

fn main() -> std::process::ExitCode {
    parlour::cli("pickups")
        .room_type(RoomType::new("coins").map("lobby").plugins(Pickups))
        .run()
}
