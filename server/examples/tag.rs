//! Tag: one player is "it", and touching another player passes that on.
//!
//! Each second as "it" costs a point. A round takes a minute. At its end, the room is sent who won:
//! the player with the fewest points. If the player that is "it" leaves, somebody else is.
//!
//! Run it with `cargo run -p parlour --example tag`. Connect two clients as the banner shows, and
//! type:
//!
//! ```text
//! {"join":{"request":1,"room":"tag"}}
//! {"move":{"direction":"east"}}
//! ```
//!
//! The snapshots show who is "it", and the points of each player.

use parlour::prelude::*;

/// The player that has this is "it", and can pass it on when the cool-down is over.
#[derive(Component, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct It(Cooldown);

/// The seconds for which a player was "it" in this round.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Points(pub(crate) u32);

/// The message to all players of a room at the end of a round.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RoundOver {
    pub(crate) winner: PlayerId,
    pub(crate) points: u32,
}

/// The message of the timer that ends the rounds of a room.
#[derive(Clone, Serialize, Deserialize)]
struct EndRound;

pub(crate) fn tag(app: &mut App) {
    // Both belong to the stay in a room: a player that leaves is not "it" in its next room.
    app.replicate::<It>("it").stays_in_room::<It>();
    app.player_component::<Points>("points").stays_in_room::<Points>();
    app.client_message::<RoundOver>("round_over");
    app.room_timer("end_round", Duration::from_secs(60), EndRound);
    // After `Walk`, so that the positions are those of this tick.
    let systems = (choose, touch, count.run_if(every(Duration::from_secs(1))), rounds).chain();
    app.add_systems(TickSchedule, systems.after(Walk).in_set(StepSet::Simulate));
}

/// In a room without "it", a player becomes it. Slots are random, so the first one is any player.
fn choose(rooms: Query<&Seats>, its: Query<&It>, mut commands: Commands) {
    for seats in &rooms {
        let has_it = seats.players().any(|player| its.contains(player));
        if let Some(player) = seats.players().next().filter(|_| !has_it) {
            commands.entity(player).insert(It::default());
        }
    }
}

/// "It" tags the nearest player that it touches. The new "it" waits for 2 s before
/// it can tag.
fn touch(its: Query<(Entity, &It)>, space: Space, clock: Res<Clock>, mut commands: Commands) {
    for (player, _) in its.iter().filter(|(_, it)| it.0.is_ready(&clock)) {
        if let Some(tagged) = space.touching(player, KindSet::PLAYERS).first() {
            commands.entity(player).remove::<It>();
            let it = It(Cooldown::used(&clock, Duration::from_secs(2)));
            commands.entity(tagged.entity).insert(it);
        }
    }
}

fn count(mut its: Query<&mut Points, With<It>>) {
    its.iter_mut().for_each(|mut points| points.0 += 1);
}

/// A round ends, and the player with the fewest points wins.
fn rounds(
    mut rang: MessageReader<TimerRang<EndRound>>,
    mut players: Query<(&InRoom, &Player, &mut Points)>,
    mut news: MessageWriter<ToPlayers<RoundOver>>,
) {
    for TimerRang { of: room, .. } in rang.read() {
        let here = players.iter_mut().filter(|(place, ..)| place.0 == *room);
        let mut here: Vec<_> = here.collect();
        if let Some((points, winner)) = here.iter().map(|(_, player, points)| (points.0, player.id)).min() {
            news.write(ToPlayers::room(*room, RoundOver { winner, points }));
        }
        here.iter_mut().for_each(|(.., points)| points.0 = 0);
    }
}

fn main() -> std::process::ExitCode {
    parlour::cli("tag")
        .room_type(RoomType::new("tag").map("plaza").plugins(tag))
        .run()
}
