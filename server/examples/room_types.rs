//! A server with two room types: `cargo run -p parlour --example room_types`
//!
//! An office is a quiet room without code. Its rules differ from those of the other rooms, with
//! which it shares a world. A game of tag has plugins, and each round has its own world: if the
//! game fails, nobody else notices.
//!
//! To play from a terminal, connect as the banner of the server shows, and type one of these. `any`
//! enters the fullest game with a free seat, or a new one.
//!
//! ```text
//! {"join":{"request":1,"room":"office"}}
//! {"join":{"request":2,"room":"tag","mode":"any"}}
//! {"join":{"request":3,"room":"tag","mode":"new","options":[{"key":"mode","value":"infection"}]}}
//! ```
//!
//! `room_types demo` starts bots in both types, and `room_types rooms` lists the worlds and rooms
//! of the running server.

use std::process::ExitCode;

use parlour::prelude::*;

/// Whether a player is "it", who must come near another player. It is a part of the state, and
/// replicated to everyone who sees the player.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct It(bool);

/// Sent to both players as `custom` message `tagged`.
#[derive(Serialize, Deserialize)]
struct Tagged {
    /// Whether the player that receives the message is "it" now.
    is_it: bool,
}

struct Tag;

impl Plugin for Tag {
    fn build(&self, app: &mut App) {
        app.player_component::<It>("it").stays_in_room::<It>();
        app.client_message::<Tagged>("tagged");
        app.add_systems(
            TickSchedule,
            (choose_first, tag).chain().in_set(StepSet::Simulate),
        );
    }
}

/// If nobody in the room is "it", the player with the lowest slot is chosen.
fn choose_first(mut players: Query<(&Seat, &mut It), With<InRoom>>) {
    if players.iter().any(|(_, it)| it.0) {
        return;
    }
    if let Some((_, mut it)) = players.iter_mut().min_by_key(|(seat, _)| seat.slot) {
        it.0 = true;
    }
}

/// A player that comes near "it" is "it". Without the option `mode=infection`, the other player is
/// free again.
fn tag(
    mut meetings: MessageReader<CameNear>,
    mut players: Query<&mut It>,
    rooms: Query<&RoomOptions>,
    mut news: MessageWriter<ToPlayers<Tagged>>,
) {
    for meeting in meetings.read() {
        let Ok([mut one, mut other]) = players.get_many_mut([meeting.one, meeting.other]) else {
            continue;
        };
        if one.0 == other.0 {
            continue;
        }
        let options = rooms.get(meeting.room).ok();
        let is_infection = options.and_then(|options| options.get("mode")) == Some("infection");
        if is_infection {
            (one.0, other.0) = (true, true);
        } else {
            std::mem::swap(&mut one.0, &mut other.0);
        }
        for (player, from, it) in [
            (meeting.one, meeting.other, *one),
            (meeting.other, meeting.one, *other),
        ] {
            news.write(ToPlayers::one(player, Tagged { is_it: it.0 }).from(from));
        }
    }
}

fn main() -> ExitCode {
    let office = RoomType::new("office").map("lobby").rules(|rules| {
        rules.capacity = 20;
        rules.near_px = 80;
    });
    let tag = RoomType::new("tag")
        .map("plaza")
        .plugins(Tag)
        .rules(|rules| {
            rules.capacity = 8;
            rules.near_px = 32;
        })
        .option(OptionSpec::one_of("mode", ["classic", "infection"]))
        .own_world()
        .fallback("office");
    parlour::cli("room_types").room_type(office).room_type(tag).run()
}
