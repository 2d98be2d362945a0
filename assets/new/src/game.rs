//! The game: players wave. After each minute, the room is sent how often the winner has waved, and
//! all begin again.

use parlour::prelude::*;

/// How often a player has waved in this round. Everyone who sees the player also sees this.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waves(pub u32);

/// A player waves. Clients send it as the `custom` message `wave`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Wave;

/// A round is over. Everyone in the room receives it as the `custom` message `round_over`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundOver {
    /// How often the winner has waved.
    pub most: u32,
}

/// The message of the timer that ends a round.
#[derive(Clone, Serialize, Deserialize)]
struct TimeIsUp;

/// The length of a round.
pub const ROUND: Duration = Duration::from_secs(60);

/// Adds the game to a world: what it stores, what it receives and sends, and its systems.
pub struct Game;

impl Plugin for Game {
    fn build(&self, app: &mut App) {
        app.player_component::<Waves>("waves")
            .player_message::<Wave>("wave")
            .client_message::<RoundOver>("round_over")
            .room_timer("time_is_up", ROUND, TimeIsUp); // each room has one
        app.add_systems(
            TickSchedule,
            (wave, end_round).chain().in_set(StepSet::Simulate),
        );
    }
}

/// Counts the waves of each player. Every request is answered: accepted here, or refused with a
/// code of your own.
fn wave(
    mut requests: MessageReader<FromPlayer<Wave>>,
    mut answers: MessageWriter<Answer<Wave>>,
    mut players: Query<&mut Waves>,
) {
    for request in requests.read() {
        if let Ok(mut waves) = players.get_mut(request.player) {
            waves.0 = waves.0.saturating_add(1);
        }
        answers.write(request.accept());
    }
}

/// Tells the room how often the winner waved, and begins the next round.
fn end_round(
    mut rang: MessageReader<TimerRang<TimeIsUp>>,
    mut players: Query<(&InRoom, &mut Waves)>,
    mut messages: MessageWriter<ToPlayers<RoundOver>>,
) {
    for timer in rang.read() {
        let room = timer.of;
        let mut most = 0;
        for (in_room, mut waves) in &mut players {
            if in_room.0 == room {
                most = most.max(waves.0);
                waves.set_if_neq(Waves(0));
            }
        }
        messages.write(ToPlayers::room(room, RoundOver { most }));
    }
}
