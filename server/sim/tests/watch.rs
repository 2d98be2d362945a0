//! Watchers: they see what they should at every tick, hear what they should, and are nothing to the world.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod support;

use parlour_shared::{
    codec,
    ids::{PlayerId, SessionId, Slot, Tick},
    message::{ChatSaid, ClientMessage, Refusal, Scope, ServerMessage, SetState, StateWrite},
    motion::{Direction, Gait, Position},
    rng::{Purpose, Stream},
    snapshot::Snapshot,
};
use parlour_sim::{Eyes, FromPlayer, Interest, SimulationApp, Step, StepSet, ToPlayer};
use parlour_tick::{Lane, TickOutput};
use support::{Client, Stage, plaza};

/// The same number as a player's session: they are not mixed up.
const WATCHER: SessionId = SessionId(1);

/// A world, and one that watches it as an ordinary client would.
struct Show {
    stage: Stage,
    watcher: Client,
    view: u8,
}

impl Show {
    fn new(stage: Stage) -> Self {
        Self {
            stage,
            watcher: Client::default(),
            view: 0,
        }
    }

    fn watch(&mut self, room: &str, eyes: Eyes) -> Result<(), Refusal> {
        let entered = self.stage.sim.watch(WATCHER, room, eyes, self.view + 1)?;
        self.view += 1;
        assert_eq!(entered.view, self.view);
        self.watcher.take(ServerMessage::RoomEntered(entered));
        Ok(())
    }

    /// Watches through a player's eyes, wherever it is; not if it is nowhere.
    fn follow(&mut self, session: u64) {
        let client = self.stage.clients.get(&SessionId(session));
        let Some(welcome) = client.and_then(|client| client.welcome.as_ref()) else {
            return;
        };
        let player = welcome.player;
        if let Some(room) = self.stage.sim.followed_room(player) {
            self.watch(&room, Eyes::Of(player)).unwrap();
            let slot = self.stage.client(session).slot();
            assert_eq!(self.watcher.slot(), slot);
        }
    }

    fn eyes_of(&self, session: u64) -> Eyes {
        Eyes::Of(self.stage.client(session).id())
    }

    fn hold(&mut self, held: bool) {
        self.stage.sim.set_watcher_held(WATCHER, held);
        self.watcher.held = held;
    }

    fn tick(&mut self) {
        self.stage.tick();
        let output = self.stage.output.clone();
        self.deliver(&output);
    }

    fn ticks(&mut self, count: u32) {
        (0..count).for_each(|_| self.tick());
    }

    fn deliver(&mut self, output: &TickOutput) {
        self.watcher.snapshots.clear();
        let mut sent_up_to = None;
        for frame in &output.watched {
            assert_eq!(frame.session, WATCHER);
            assert!(sent_up_to < Some(frame.start), "in the order of the bytes");
            sent_up_to = Some(frame.start);
            let payload = output.payload(frame);
            match frame.lane {
                Lane::Reliable => self.watcher.take(codec::decode_server(payload).unwrap()),
                Lane::Snapshot => {
                    assert!(!self.watcher.held, "a held watcher was sent a snapshot");
                    let mut snapshot = Snapshot::default();
                    snapshot.read(payload).unwrap();
                    self.watcher.view.apply(&snapshot).unwrap();
                    self.watcher.snapshots.push((snapshot, payload.len()));
                    assert_eq!(self.watcher.snapshots.len(), 1, "at most one snapshot a tick");
                }
            }
        }
    }

    fn sees(&self) -> Vec<Sight> {
        sight(&self.watcher, self.stage.now())
    }

    fn heard(&mut self) -> Vec<ServerMessage> {
        let mut messages = std::mem::take(&mut self.watcher.messages);
        messages.retain(|message| !matches!(message, ServerMessage::RoomEntered(_)));
        messages
    }

    fn chats(&mut self) -> Vec<ChatSaid> {
        let said = |message| match message {
            ServerMessage::Chat(said) => Some(said),
            _ => None,
        };
        self.heard().into_iter().filter_map(said).collect()
    }
}

/// All that a client sees of one player at a tick.
type Sight = (Slot, PlayerId, String, Position, Gait, u16, Vec<(u8, Vec<u8>)>);

fn sight(client: &Client, now: Tick) -> Vec<Sight> {
    let seen = client.view.iter();
    seen.map(|(slot, seen)| {
        (
            slot,
            seen.player,
            seen.name.to_owned(),
            seen.segment.at(now),
            seen.segment.gait,
            seen.skin,
            seen.extras.to_vec(),
        )
    })
    .collect()
}

/// Some thirty players who walk, jump, change skins, leave, come and are gone for good.
fn stir(stage: &mut Stage, chance: &mut Stream) {
    let rooms = ["plaza/a", "plaza/b"];
    for _ in 0..chance.below(4) {
        let session = 1 + u64::from(chance.below(30));
        if !stage.clients.contains_key(&SessionId(session)) {
            stage.open_and_join(session, rooms[chance.below(2) as usize]);
            continue;
        }
        match chance.below(24) {
            0..=11 => stage.walk(session, Direction::ALL[chance.below(9) as usize]),
            12..=16 => {
                let place = Position::from_px(50 + chance.below(900) as i32, 50 + chance.below(900) as i32);
                stage.teleport(session, place.x, place.y);
            }
            17..=19 => stage.skin(session, chance.below(3) as u16),
            20 => stage.leave(session),
            21 => stage.event(session, parlour_tick::EventKind::Close),
            _ => stage.join(session, rooms[chance.below(2) as usize]),
        }
    }
}

#[test]
fn with_everyones_eyes_all_in_the_room_are_seen_at_every_tick() {
    let mut show = Show::new(Stage::teleporting(plaza()));
    let mut chance = Stream::new(1, 0, Purpose::Game);
    for session in 1..=30 {
        show.stage.open_and_join(session, "plaza/a");
    }
    show.tick();
    show.watch("plaza/a", Eyes::Everyone).unwrap();
    let entered = show.watcher.room.clone().unwrap();
    assert_eq!((entered.slot, entered.interest_px), (Slot::NOBODY, None));
    let mut most = 0;
    for tick in 0..1500 {
        stir(&mut show.stage, &mut chance);
        show.tick();
        let room = show.stage.room("plaza/a").unwrap();
        let world = show.stage.sim.world();
        let seats = world.get::<parlour_sim::Seats>(room).unwrap();
        let expected: Vec<_> = seats
            .iter()
            .map(|(slot, player)| {
                let who = world.get::<parlour_sim::Player>(player).unwrap();
                let segment = world.get::<parlour_sim::Motion>(player).unwrap().segment();
                let skin = world.get::<parlour_sim::Skin>(player).unwrap().0;
                let place = segment.at(show.stage.now());
                (
                    slot,
                    who.id,
                    who.name.clone(),
                    place,
                    segment.gait,
                    skin,
                    Vec::new(),
                )
            })
            .collect();
        assert_eq!(show.sees(), expected, "at tick {tick}");
        most = most.max(expected.len());
    }
    assert!(most > 10, "there was something to see");
}

#[test]
fn with_a_players_eyes_the_same_is_seen_as_by_the_player_at_every_tick() {
    for interest in [Interest::Near, Interest::All] {
        let mut config = plaza();
        config.rules.interest = interest;
        let mut show = Show::new(Stage::teleporting(config));
        let mut chance = Stream::new(2, 0, Purpose::Game);
        for session in 1..=30 {
            show.stage.open_and_join(session, "plaza/a");
        }
        show.tick();
        let mut followed = 1;
        let (mut sizes, mut ends) = (std::collections::BTreeSet::new(), 0);
        for tick in 0..3000 {
            if !show.stage.sim.is_watching(WATCHER) {
                // It left, or is gone: on to the next, wherever that one is.
                ends += 1;
                followed = 1 + followed % 30;
                show.follow(followed);
            }
            stir(&mut show.stage, &mut chance);
            show.tick();
            if show.stage.sim.is_watching(WATCHER) {
                let client = show.stage.client(followed);
                assert_eq!(
                    show.sees(),
                    sight(client, show.stage.now()),
                    "{interest:?}, at tick {tick}"
                );
                assert!(show.sees().iter().any(|(slot, ..)| *slot == client.slot()));
                sizes.insert(show.sees().len());
            }
        }
        assert!(sizes.len() > 3 && ends > 3, "{sizes:?} seen, {ends} ends");
    }
}

#[test]
fn a_watcher_gets_nothing_when_nothing_is_new_and_a_sign_of_life_each_second() {
    let mut show = Show::new(Stage::new(plaza()));
    show.stage.open_and_join(5, "plaza");
    show.tick();
    show.watch("plaza", Eyes::Everyone).unwrap();
    let mut sent = Vec::new();
    for tick in 0..=120 {
        show.tick();
        sent.extend(show.watcher.snapshots.iter().map(|_| tick));
    }
    assert_eq!(sent, [0, 60, 120]);
}

#[test]
fn all_that_is_said_to_the_room_is_heard_and_through_a_players_eyes_also_what_it_hears() {
    for by_eyes in [false, true] {
        let mut show = Show::new(Stage::with_plugins(plaza(), (support::teleporting, whispering)));
        for session in [5, 6, 7] {
            show.stage.open_and_join(session, "plaza");
        }
        show.stage.open_and_join(8, "plaza/other");
        show.tick();
        // The near-me stream of the player has begun already.
        show.stage.chat(6, Scope::Near, "before");
        show.stage.teleport(7, 1500 * 256, 1500 * 256);
        show.ticks(10);
        let eyes = if by_eyes { show.eyes_of(5) } else { Eyes::Everyone };
        show.watch("plaza", eyes).unwrap();
        show.tick();
        let seq = show.watcher.room.as_ref().unwrap().seq;

        show.stage.chat(6, Scope::Room, "to all");
        show.stage.chat(8, Scope::Room, "elsewhere");
        show.stage.chat(6, Scope::Near, "to some");
        show.stage.chat(7, Scope::Near, "to nobody");
        show.stage.chat(5, Scope::Near, "to some, too");
        show.stage.skin(5, 77);
        let write = StateWrite {
            key: "door".into(),
            version: 0,
            value: Some("open".into()),
        };
        let writes = vec![write];
        show.stage
            .say(7, ClientMessage::SetState(SetState { request: 3, writes }));
        for session in [5, 7] {
            show.stage.custom(session, "whisper", &session);
        }
        show.tick();

        let heard: Vec<String> = show.heard().iter().map(brief).collect();
        let mut expected = vec![
            "near 1 to some, too".to_owned(),
            format!("room {} to all", seq + 1),
            "near 2 to some".to_owned(),
            format!("state {} door", seq + 2),
            "custom [5]".to_owned(),
        ];
        if !by_eyes {
            expected.retain(|message| message.starts_with("room") || message.starts_with("state"));
        }
        assert_eq!(heard, expected);
    }
}

fn brief(message: &ServerMessage) -> String {
    match message {
        ServerMessage::Chat(said) if said.scope == Scope::Near => {
            format!("near {} {}", said.stamp.seq, said.text)
        }
        ServerMessage::Chat(said) => format!("room {} {}", said.stamp.seq, said.text),
        ServerMessage::StateChanged(changed) => {
            format!("state {} {}", changed.stamp.seq, changed.entries[0].key)
        }
        ServerMessage::Custom(said) => format!("custom {:?}", said.body.0),
        other => format!("{other:?}"),
    }
}

/// Sends a player's number back to it.
fn whispering(app: &mut bevy_app::App) {
    use bevy_ecs::prelude::*;
    fn whisper(mut from: MessageReader<FromPlayer<u64>>, mut to: MessageWriter<ToPlayer<u64>>) {
        for whisper in from.read() {
            to.write(ToPlayer {
                player: whisper.player,
                from: None,
                message: whisper.message,
            });
        }
    }
    app.player_message::<u64>("whisper")
        .client_message::<u64>("whisper");
    app.add_systems(Step, whisper.in_set(StepSet::Simulate));
}

#[test]
fn one_moves_from_room_to_room_and_stops() {
    let mut show = Show::new(Stage::new(plaza()));
    show.stage.open_and_join(5, "plaza/a");
    show.stage.open_and_join(6, "plaza/b");
    show.tick();
    for (room, name) in [
        ("plaza/a", "player 5"),
        ("plaza/b", "player 6"),
        ("plaza/a", "player 5"),
    ] {
        show.watch(room, Eyes::Everyone).unwrap();
        show.ticks(3);
        let names: Vec<String> = show.sees().into_iter().map(|sight| sight.2).collect();
        assert_eq!(names, [name]);
        show.stage.chat(5, Scope::Room, "a");
        show.stage.chat(6, Scope::Room, "b");
        show.tick();
        let texts: Vec<String> = show.chats().into_iter().map(|said| said.text).collect();
        assert_eq!(texts, [room.trim_start_matches("plaza/")]);
    }
    show.stage.sim.unwatch(WATCHER);
    assert!(!show.stage.sim.is_watching(WATCHER));
    show.stage.chat(5, Scope::Room, "unheard");
    show.ticks(70);
    assert!(show.heard().is_empty() && show.watcher.snapshots.is_empty());
}

#[test]
fn a_held_watcher_is_sent_one_delta_when_it_is_released() {
    let mut show = Show::new(Stage::new(plaza()));
    for session in [5, 6] {
        show.stage.open_and_join(session, "plaza");
    }
    show.tick();
    show.watch("plaza", Eyes::Everyone).unwrap();
    show.tick();
    let base = show.stage.now();
    show.hold(true);
    show.stage.walk(5, Direction::East);
    show.ticks(20);
    show.stage.walk(5, Direction::South);
    show.stage.leave(6);
    show.stage.open_and_join(7, "plaza");
    show.stage.chat(5, Scope::Room, "heard all the same");
    show.ticks(20);
    assert_eq!(show.chats().len(), 1);
    show.hold(false);
    show.tick();
    assert_eq!(show.watcher.snapshots.len(), 1);
    assert_eq!(show.watcher.snapshots[0].0.base, Some(base));
    assert_eq!(show.sees(), sight(show.stage.client(5), show.stage.now()));
}

#[test]
fn several_ticks_can_be_sent_as_one() {
    let mut show = Show::new(Stage::new(plaza()));
    show.stage.open_and_join(5, "plaza");
    show.tick();
    show.watch("plaza", Eyes::Everyone).unwrap();
    show.tick();
    show.stage.walk(5, Direction::East);
    let mut sum = TickOutput::default();
    for tick in 0..8 {
        show.hold(tick < 7);
        show.stage.chat(5, Scope::Room, &tick.to_string());
        show.stage.tick();
        sum.append_watched(&show.stage.output);
    }
    show.deliver(&sum);
    let texts: Vec<String> = show.chats().into_iter().map(|said| said.text).collect();
    assert_eq!(texts, ["0", "1", "2", "3", "4", "5", "6", "7"]);
    assert_eq!(show.sees(), sight(show.stage.client(5), show.stage.now()));
}

#[test]
fn who_begins_to_watch_can_be_shown_the_last_tick_without_another_one() {
    let mut show = Show::new(Stage::new(plaza()));
    show.stage.open_and_join(5, "plaza");
    show.stage.walk(5, Direction::East);
    show.ticks(7);
    let hash = show.stage.sim.hash();
    show.watch("plaza", Eyes::Everyone).unwrap();
    let mut output = TickOutput::default();
    assert!(show.stage.sim.show_watcher(WATCHER, &mut output));
    show.deliver(&output);
    assert_eq!(show.watcher.view.tick(), Some(show.stage.now()));
    assert_eq!(show.sees(), sight(show.stage.client(5), show.stage.now()));
    assert!(!show.stage.sim.show_watcher(WATCHER, &mut output), "once");
    assert!(!show.stage.sim.show_watcher(SessionId(99), &mut output));
    assert_eq!((show.stage.sim.hash(), output.watched.len()), (hash, 1));
    show.stage.walk(5, Direction::South);
    show.tick();
    assert!(show.watcher.snapshots[0].0.base.is_some(), "a delta follows");
    assert_eq!(show.sees(), sight(show.stage.client(5), show.stage.now()));
}

#[test]
fn an_empty_room_of_a_loaded_world_can_be_watched() {
    let mut stage = Stage::new(plaza());
    stage.open_and_join(5, "plaza");
    stage.tick();
    stage.leave(5);
    stage.tick();
    let mut saved = Vec::new();
    stage.sim.save(&mut saved);
    for shown in [true, false] {
        let mut loaded = parlour_sim::Simulation::load(plaza(), (), &saved).unwrap();
        let (mut input, mut output) = (parlour_tick::TickInput::default(), TickOutput::default());
        loaded.step(&mut input, &mut output);
        loaded.watch(WATCHER, "plaza", Eyes::Everyone, 1).unwrap();
        output.clear();
        if shown {
            assert!(loaded.show_watcher(WATCHER, &mut output));
        } else {
            loaded.step(&mut input, &mut output);
        }
        assert_eq!(output.watched.len(), 1);
        (0..60).for_each(|_| loaded.step(&mut input, &mut output));
        assert_eq!(output.watched.len(), 1, "a sign of life");
    }
}

#[test]
fn a_message_to_several_watchers_stays_one_range_of_bytes() {
    let mut stage = Stage::new(plaza());
    stage.open_and_join(5, "plaza");
    stage.tick();
    for session in [1, 2, 3] {
        stage
            .sim
            .watch(SessionId(session), "plaza", Eyes::Everyone, 1)
            .unwrap();
    }
    stage.tick();
    stage.chat(5, Scope::Room, "to all");
    stage.tick();
    let mut sum = TickOutput::default();
    sum.append_watched(&stage.output);
    assert_eq!(sum.watched.len(), 3);
    assert!(
        sum.watched
            .iter()
            .all(|frame| (frame.start, frame.end) == (0, sum.bytes.len() as u32))
    );
    let chat = stage.output.payload(&stage.output.watched[0]);
    assert_eq!(sum.bytes, chat);
}

#[test]
fn an_empty_room_can_be_watched_until_it_is_cleaned_up() {
    let mut config = plaza();
    config.rules.empty_ticks = 200;
    let mut show = Show::new(Stage::new(config));
    show.stage.open_and_join(5, "plaza");
    show.tick();
    show.stage.leave(5);
    show.ticks(10);
    show.watch("plaza", Eyes::Everyone).unwrap();
    show.tick();
    assert_eq!(show.watcher.view.tick(), Some(show.stage.now()));
    assert_eq!(show.sees(), []);
    show.ticks(60);
    assert_eq!(show.watcher.view.tick(), Some(show.stage.now()), "a sign of life");
    show.stage.join(5, "plaza");
    show.tick();
    assert_eq!(show.sees().len(), 1);
    show.stage.leave(5);
    show.tick();
    assert_eq!(show.sees(), []);
    assert!(show.stage.sim.is_watching(WATCHER));
    show.ticks(201);
    assert!(
        !show.stage.sim.is_watching(WATCHER),
        "nobody watches a room that is gone"
    );
    assert_eq!(show.watch("plaza", Eyes::Everyone), Err(Refusal::NoSuchRoom));
}

#[test]
fn an_unknown_room_and_a_player_elsewhere_are_refused_and_create_nothing() {
    let mut show = Show::new(Stage::new(plaza()));
    show.stage.open_and_join(5, "plaza/a");
    show.stage.open_and_join(6, "plaza/b");
    show.tick();
    assert_eq!(show.watch("plaza", Eyes::Everyone), Err(Refusal::NoSuchRoom));
    assert_eq!(
        show.watch("no such map", Eyes::Everyone),
        Err(Refusal::NoSuchRoom)
    );
    let elsewhere = show.eyes_of(6);
    assert_eq!(show.watch("plaza/a", elsewhere), Err(Refusal::NotInRoom));
    assert!(!show.stage.sim.is_watching(WATCHER));
    show.tick();
    assert_eq!(show.stage.output.counts.rooms, 2);

    show.watch("plaza/a", Eyes::Everyone).unwrap();
    assert_eq!(show.watch("plaza/a", elsewhere), Err(Refusal::NotInRoom));
    show.tick();
    assert_eq!(show.sees().len(), 1, "what was watched before goes on");
}

#[test]
fn who_is_followed_is_found_again_and_not_mistaken_for_who_has_its_slot() {
    let mut show = Show::new(Stage::new(plaza()));
    for session in [5, 6] {
        show.stage.open_and_join(session, "plaza/a");
    }
    show.tick();
    let player = show.stage.client(5).id();
    show.watch("plaza/a", Eyes::Of(player)).unwrap();
    show.tick();
    show.heard();
    show.stage.join(5, "plaza/b");
    show.stage.chat(5, Scope::Room, "in another room");
    show.tick();
    assert!(!show.stage.sim.is_watching(WATCHER));
    assert_eq!(show.heard(), []);
    assert_eq!(show.stage.sim.followed_room(player).as_deref(), Some("plaza/b"));
    show.watch("plaza/b", Eyes::Of(player)).unwrap();
    show.tick();
    assert_eq!(show.sees(), sight(show.stage.client(5), show.stage.now()));
    // Out and in again within one tick: another seat, another view.
    show.stage.leave(5);
    show.stage.join(5, "plaza/b");
    show.tick();
    assert!(!show.stage.sim.is_watching(WATCHER));
    show.stage.event(5, parlour_tick::EventKind::Close);
    show.tick();
    assert_eq!(show.stage.sim.followed_room(player), None);
}
