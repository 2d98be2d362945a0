//! A guard that chases the players it sees: an object with a path and with sight.
//!
//! The map has a wall with a gap, and places a guard behind it. The guard sees players up to 200 px
//! away, but not through the wall. It runs after the nearest one that it sees. If it reaches the
//! player, the player is sent back to the spawn point. If it loses sight, it runs to where it saw
//! the player last, and returns to its post.
//!
//! Run it with `cargo run -p parlour --example guard`. Connect a client as the banner shows, and
//! type:
//!
//! ```text
//! {"join":{"request":1,"room":"vault"}}
//! {"move":{"direction":"east"}}
//! ```
//!
//! The snapshots show the guard, and what it does, when the player comes around the wall.

use std::process::ExitCode;

use parlour::prelude::*;

/// How far a guard sees, in units (1/256 px).
const SIGHT: i32 = 200 * UNITS_PER_PX;
/// How near a guard must come to catch a player.
const CATCH: i32 = 20 * UNITS_PER_PX;
/// The speed of a guard in units per tick. Players walk with 640, and sprint with 1,024.
const SPEED: u16 = 800;

/// What a guard does. Sent to all who see it.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Alert {
    Watching,
    Chasing(PlayerId),
    Returning,
}

/// Where a guard returns to.
#[derive(Component, Clone, Copy, Debug, Serialize, Deserialize)]
struct Post(Position);

/// A guard has caught the player: a message to that player.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Caught;

pub(crate) struct Guards;

impl Plugin for Guards {
    fn build(&self, app: &mut App) {
        // Players see it from farther away than it sees them.
        let guard = ObjectKind::new("guard").near_px(400).with::<Alert>("alert");
        app.object_kind(guard.placed(|place, guard| {
            guard.insert((Route::new(SPEED), Post(place.position), Alert::Watching));
        }));
        app.state_component::<Post>("post")
            .client_message::<Caught>("caught");
        // All searches for paths together look at up to 2,000 tiles in a tick.
        app.follow_paths(2_000);
        let watch = watch.before(FollowPaths).in_set(StepSet::Simulate);
        app.add_systems(TickSchedule, watch.in_set(MaySleep));
    }
}

fn watch(
    mut guards: Query<(&Object, &CurrentPosition, &Post, &mut Alert, &mut Route)>,
    players: Query<&Player>,
    rooms: Query<&Room>,
    space: Space,
    mut steer: Steer,
    mut messages: MessageWriter<ToPlayers<Caught>>,
) {
    // It allocates memory only while players are near a guard.
    let mut near = Vec::new();
    for (guard, position, post, mut alert, mut route) in &mut guards {
        let here = position.0;
        let (Some(room), Ok(details)) = (space.room(guard.room()), rooms.get(guard.room())) else {
            continue;
        };
        room.in_circle(here, SIGHT, KindSet::PLAYERS, &mut near);
        let seen = near.iter().find(|player| room.can_see(here, player.position));
        if let Some(seen) = seen
            && let Ok(player) = players.get(seen.entity)
        {
            alert.set_if_neq(Alert::Chasing(player.id));
            if route.target() != Some(seen.position) {
                route.go_to(seen.position);
            }
            if here.distance_squared(seen.position) <= i64::from(CATCH) * i64::from(CATCH) {
                steer.teleport(seen.entity, details.map.spawns[0].position);
                messages.write(ToPlayers::one(seen.entity, Caught));
            }
            continue;
        }
        // It sees nobody.
        let is_on_its_way = matches!(route.status(), RouteStatus::Searching | RouteStatus::Walking);
        match *alert {
            Alert::Chasing(_) if !is_on_its_way => {
                *alert = Alert::Returning;
                route.go_to(post.0);
            }
            Alert::Returning if route.status() == RouteStatus::Arrived => *alert = Alert::Watching,
            _ => {}
        }
    }
}

fn main() -> ExitCode {
    parlour::cli("guard")
        .map("vault", include_bytes!("maps/vault.tmx"))
        .room_type(RoomType::new("vault").plugins(Guards))
        .run()
}
