//! Chat: to the room or to nearby players, in a stream without gaps for each listener.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use bevy_app::App;
use parlour_shared::{
    ids::Epoch,
    limits::MAX_CHAT_BYTES,
    message::{Durability, Refusal, Scope, ServerMessage, Stamp},
    rng::{Purpose, Stream},
};
use parlour_sim::{Hearing, Player, SimulationApp as _};
use parlour_testing::{SessionActions as _, TestWorld, plaza, teleport_plugin};
use std::collections::BTreeMap;

/// Three players in the plaza: 1 and 2 are next to each other, 3 is far away.
fn three() -> TestWorld {
    let mut world = TestWorld::teleporting(plaza());
    (1..=3).for_each(|session| world.open_and_join(session, "plaza"));
    world.tick();
    world.teleport(3, 1000 * 256, 1000 * 256);
    world.ticks(12);
    world.forget_messages();
    world
}

#[test]
fn a_room_chat_reaches_all_players_of_the_room() {
    let mut world = three();
    world.open_and_join(4, "plaza/2");
    world.tick();
    world.chat(1, Scope::Room, "hello,\nroom");
    world.tick();
    let (id, name) = (world.client(1).player, "player 1");
    let stamp = Stamp {
        epoch: Epoch(1),
        seq: 1,
    };
    for listener in [1, 2, 3] {
        let messages = world.messages(listener);
        let ServerMessage::Chat(said) = &messages[0] else {
            panic!("{messages:?}");
        };
        assert_eq!(
            (said.stamp, said.tick, said.scope),
            (stamp, world.now(), Scope::Room)
        );
        assert_eq!(
            (said.player, said.name.as_str(), said.text.as_str()),
            (id, name, "hello,\nroom")
        );
        match (&messages[1..], listener) {
            ([ServerMessage::Accepted(accepted)], 1) => {
                assert_eq!((accepted.request, accepted.stamp), (7, Some(stamp)));
                assert_eq!(
                    (accepted.tick, accepted.durability),
                    (world.now(), Durability::L0)
                );
            }
            ([], 2 | 3) => {}
            (rest, _) => panic!("{listener}: {rest:?}"),
        }
    }
    assert_eq!(world.chats(4), [], "in a different room");
}

/// docs/protocol.md, section 9: a near chat reaches a player that was near up to a sixth beyond
/// `near_px`.
#[test]
fn a_near_chat_reaches_a_sixth_farther_for_players_who_were_near() {
    let mut world = three();
    let x = world.position(1).x;
    let y = world.position(1).y;
    for (distance, two, three) in [(170, 1, 0), (175, 1, 0), (176, 0, 0), (170, 0, 0), (150, 1, 1)] {
        world.teleport(2, x + distance * 256, y);
        world.teleport(3, x, y + distance * 256);
        world.ticks(7);
        world.chat(1, Scope::Near, "psst");
        world.tick();
        let heard = [2, 3].map(|session| world.chats(session).len());
        assert_eq!(heard, [two, three], "{distance} px away");
    }
}

#[test]
fn a_near_chat_reaches_only_players_near_the_speaker() {
    let mut world = three();
    world.chat(1, Scope::Near, "psst");
    world.tick();
    assert_eq!(
        world.accepted(1)[0].stamp,
        Some(Stamp {
            epoch: Epoch(1),
            seq: 1
        })
    );
    assert_eq!(world.chats(2).len(), 1);
    assert_eq!(world.chats(3), []);
    world.chat(3, Scope::Near, "alone");
    world.tick();
    assert_eq!(world.chats(3).len(), 1, "the speaker hears itself");
    assert_eq!((world.chats(1), world.chats(2)), (vec![], vec![]));
}

#[test]
fn each_listener_has_a_separate_stream_without_gaps() {
    let mut world = three();
    for (speaker, near) in [(1, true), (3, true), (2, false), (2, true), (3, false), (1, true)] {
        world.chat(speaker, if near { Scope::Near } else { Scope::Room }, "x");
    }
    world.tick();
    let heard = |world: &mut TestWorld, listener| -> Vec<(Scope, u32)> {
        world
            .chats(listener)
            .iter()
            .map(|said| (said.scope, said.stamp.seq))
            .collect()
    };
    // 1 and 2 hear each other; 3 hears itself.
    for listener in [1, 2] {
        let expected = [
            (Scope::Near, 1),
            (Scope::Room, 1),
            (Scope::Near, 2),
            (Scope::Room, 2),
            (Scope::Near, 3),
        ];
        // Within a tick, chats are in the order of sessions, not in the order above.
        let mut heard = heard(&mut world, listener);
        heard.sort_by_key(|(_, seq)| *seq);
        let mut expected = expected.to_vec();
        expected.sort_by_key(|(_, seq)| *seq);
        heard.sort();
        expected.sort();
        assert_eq!(heard, expected);
    }
    assert_eq!(
        heard(&mut world, 3),
        [(Scope::Room, 1), (Scope::Near, 1), (Scope::Room, 2)]
    );
}

#[test]
fn streams_have_no_gaps_while_players_come_and_go() {
    let mut world = TestWorld::teleporting(plaza());
    let mut random = Stream::new(8, 0, Purpose::Game);
    (0..12).for_each(|session| world.open_and_join(session, "plaza"));
    // The next number that each listener expects in its present stay, per scope.
    let mut room_next: BTreeMap<u64, u32> = BTreeMap::new();
    let mut near_next: BTreeMap<u64, u32> = BTreeMap::new();
    let mut heard = 0;
    for _ in 0..600 {
        for session in 0..12 {
            match random.below(60) {
                0 => world.join(session, "plaza/2"),
                1 => world.join(session, "plaza"),
                2 => world.leave(session),
                3..6 => world.chat(session, Scope::Room, "room"),
                6..9 => world.chat(session, Scope::Near, "near"),
                9 => world.teleport(session, 256 * (100 + random.below(400) as i32), 256 * 100),
                _ => {}
            }
        }
        world.tick();
        for session in 0..12 {
            for message in world.messages(session) {
                match message {
                    ServerMessage::RoomEntered(entered) => {
                        room_next.insert(session, entered.seq + 1);
                        near_next.insert(session, 1);
                    }
                    ServerMessage::Chat(said) => {
                        let next = match said.scope {
                            Scope::Room => room_next.get_mut(&session).unwrap(),
                            Scope::Near => near_next.get_mut(&session).unwrap(),
                        };
                        assert_eq!(said.stamp.seq, *next);
                        *next += 1;
                        heard += 1;
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(heard > 1000, "{heard}");
}

#[test]
fn a_new_player_is_sent_the_position_of_the_stream() {
    let mut world = three();
    (0..5).for_each(|_| world.chat(1, Scope::Room, "x"));
    world.open_and_join(4, "plaza");
    world.tick();
    assert_eq!(world.client(4).room().seq, 5);
    assert_eq!(world.chats(4), [], "earlier chats are not repeated");
    world.chat(2, Scope::Room, "y");
    world.tick();
    assert_eq!(world.chats(4)[0].stamp.seq, 6);
}

#[test]
fn an_empty_or_too_long_text_is_refused() {
    let mut world = three();
    let too_long = "x".repeat(MAX_CHAT_BYTES + 1);
    let bad = ["", &too_long];
    for text in bad {
        world.chat(1, Scope::Room, text);
    }
    world.tick();
    assert_eq!(world.refusals(1), vec![Refusal::BadText; bad.len()]);
    assert_eq!(world.chats(2), []);
    world.chat(1, Scope::Room, &too_long[1..]);
    world.tick();
    assert_eq!(world.chats(2)[0].text.len(), MAX_CHAT_BYTES);
}

#[test]
fn a_chat_without_a_room_is_refused() {
    let mut world = three();
    world.open(4);
    world.chat(4, Scope::Room, "anyone?");
    world.chat(4, Scope::Near, "anyone?");
    world.tick();
    assert_eq!(world.refusals(4), [Refusal::NotInRoom, Refusal::NotInRoom]);
}

#[test]
fn a_chat_before_a_leave_in_the_same_tick_is_sent() {
    let mut world = three();
    world.chat(1, Scope::Near, "bye");
    world.leave(1);
    world.chat(1, Scope::Near, "too late");
    world.tick();
    assert_eq!(world.chats(2)[0].text, "bye");
    assert_eq!(world.refusals(1), [Refusal::NotInRoom]);
    world.chat(2, Scope::Room, "gone");
    world.tick();
    assert_eq!(world.chats(1), []);
}

#[test]
fn request_0_is_not_answered() {
    let mut world = three();
    let chat = parlour_shared::message::Chat {
        request: 0,
        scope: Scope::Room,
        text: "x".into(),
    };
    world.send(1, parlour_shared::message::ClientMessage::Chat(chat));
    world.tick();
    let messages = world.messages(1);
    assert!(matches!(&messages[..], [ServerMessage::Chat(_)]), "{messages:?}");
}

/// Listeners whose sessions have an odd number hear no near chat.
fn deaf(app: &mut App) {
    app.add_plugins(teleport_plugin).may_hear(|_, _| true);
    app.may_hear(|world, Hearing { speaker, listener }| {
        assert_ne!(speaker, listener, "a speaker always hears itself");
        let listener = world.get::<Player>(listener);
        listener.is_some_and(|listener| listener.session.0 % 2 == 0)
    });
}

#[test]
fn game_logic_keeps_near_chats_from_listeners_and_no_stream_has_a_gap() {
    let mut world = TestWorld::with_plugins(plaza(), deaf);
    (1..=4).for_each(|session| world.open_and_join(session, "plaza"));
    world.ticks(12);
    for (speaker, heard) in [(1, [1, 1, 0, 1]), (2, [0, 1, 0, 1]), (3, [0, 1, 1, 1])] {
        world.forget_messages();
        world.chat(speaker, Scope::Near, "psst");
        world.tick();
        assert_eq!(world.client(speaker).messages.len(), 2, "the chat and the answer");
        let counts = [1, 2, 3, 4].map(|session| world.chats(session).len());
        assert_eq!(counts, heard, "from {speaker}");
    }
    world.chat(1, Scope::Near, "again");
    world.tick();
    let seqs = [1, 2].map(|session| world.chats(session)[0].stamp.seq);
    assert_eq!(seqs, [2, 4], "each stream counts what was heard");
    world.forget_messages();
    world.chat(2, Scope::Room, "to all");
    world.tick();
    assert_eq!([1, 2, 3, 4].map(|session| world.chats(session).len()), [1; 4]);
}
