//! Watchers: what they see in every tick, which messages they receive, and how watching starts and
//! ends.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use parlour_shared::{
    ids::{SessionId, Slot},
    message::{Refusal, Scope, ServerMessage},
    motion::{Direction, Position},
    rng::{Purpose, Stream},
};
use parlour_sim::{FromPlayer, Interest, Perspective, SimulationApp, StepSet, TickSchedule, ToPlayers};
use parlour_testing::{
    SeenPlayer, SessionActions as _, TestClient, TestWorld, players_in, plaza, teleport_plugin,
};
use parlour_tick::TickOutput;

/// It has the same number as a player's session. The world must not confuse the two.
const WATCHER: SessionId = SessionId(1);

/// A world, and a watcher that decodes its frames like an ordinary client.
struct WatchedWorld {
    world: TestWorld,
    watcher: TestClient,
    view: u8,
}

impl WatchedWorld {
    fn new(world: TestWorld) -> Self {
        Self {
            world,
            watcher: TestClient::default(),
            view: 0,
        }
    }

    fn watch(&mut self, room: &str, perspective: Perspective) -> Result<(), Refusal> {
        let entered = self.world.sim.watch(WATCHER, room, perspective, self.view + 1)?;
        self.view += 1;
        assert_eq!(entered.view, self.view);
        self.watcher.apply(ServerMessage::RoomEntered(entered));
        Ok(())
    }

    /// Watches with the view of a player, in the room that it is in. Does nothing if it is in no
    /// room.
    fn follow(&mut self, session: u64) {
        let client = self.world.clients.get(&SessionId(session));
        let Some(player) = client.map(|client| client.player) else {
            return;
        };
        if let Some(room) = self.world.sim.followed_room(player) {
            self.watch(&room, Perspective::Player(player)).unwrap();
            let slot = self.world.client(session).slot();
            assert_eq!(self.watcher.slot(), slot);
        }
    }

    fn perspective_of(&self, session: u64) -> Perspective {
        Perspective::Player(self.world.client(session).player)
    }

    fn hold(&mut self, held: bool) {
        self.world.sim.set_watcher_held(WATCHER, held);
        self.watcher.held = held;
    }

    fn tick(&mut self) {
        self.world.tick();
        let output = self.world.output.clone();
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
            self.watcher.receive(frame.lane, output.payload(frame));
        }
    }

    fn sees(&self) -> Vec<SeenPlayer> {
        self.watcher.seen_players(self.world.now())
    }

    fn received(&mut self) -> Vec<ServerMessage> {
        let news = |message| (!matches!(message, ServerMessage::RoomEntered(_))).then_some(message);
        self.watcher.take_messages(news)
    }
}

/// Adds events of about thirty players, which walk, teleport, change skins, join, leave and close.
fn stir(world: &mut TestWorld, random: &mut Stream) {
    let rooms = ["plaza/a", "plaza/b"];
    for _ in 0..random.below(4) {
        let session = 1 + u64::from(random.below(30));
        if !world.clients.contains_key(&SessionId(session)) {
            world.open_and_join(session, rooms[random.below(2) as usize]);
            continue;
        }
        match random.below(24) {
            0..=11 => world.walk(session, Direction::ALL[random.below(9) as usize]),
            12..=16 => {
                let place = Position::from_px(50 + random.below(900) as i32, 50 + random.below(900) as i32);
                world.teleport(session, place.x, place.y);
            }
            17..=19 => world.skin(session, random.below(3) as u16),
            20 => world.leave(session),
            21 => world.close(session),
            _ => world.join(session, rooms[random.below(2) as usize]),
        }
    }
}

#[test]
fn a_watcher_of_everyone_sees_all_players_in_every_tick() {
    let mut watched = WatchedWorld::new(TestWorld::teleporting(plaza()));
    let mut random = Stream::new(1, 0, Purpose::Game);
    for session in 1..=30 {
        watched.world.open_and_join(session, "plaza/a");
    }
    watched.tick();
    watched.watch("plaza/a", Perspective::Everyone).unwrap();
    let entered = watched.watcher.room.clone().unwrap();
    assert_eq!((entered.slot, entered.interest_px), (Slot::NOBODY, None));
    let mut most = 0;
    for tick in 0..1500 {
        stir(&mut watched.world, &mut random);
        watched.tick();
        let room = watched.world.room("plaza/a").unwrap();
        let expected = players_in(&watched.world.sim, room);
        assert_eq!(watched.sees(), expected, "at tick {tick}");
        most = most.max(expected.len());
    }
    assert!(most > 10, "there were players to see");
}

#[test]
fn a_watcher_of_a_player_sees_the_same_as_the_player_in_every_tick() {
    for interest in [Interest::Near, Interest::All] {
        let mut config = plaza();
        config.rules.interest = interest;
        let mut watched = WatchedWorld::new(TestWorld::teleporting(config));
        let mut random = Stream::new(2, 0, Purpose::Game);
        for session in 1..=30 {
            watched.world.open_and_join(session, "plaza/a");
        }
        watched.tick();
        let mut followed = 1;
        let (mut sizes, mut ends) = (std::collections::BTreeSet::new(), 0);
        for tick in 0..3000 {
            if !watched.world.sim.is_watching(WATCHER) {
                // The player left its room. Follow the next one, in whatever room it is.
                ends += 1;
                followed = 1 + followed % 30;
                watched.follow(followed);
            }
            stir(&mut watched.world, &mut random);
            watched.tick();
            if watched.world.sim.is_watching(WATCHER) {
                let client = watched.world.client(followed);
                assert_eq!(
                    watched.sees(),
                    client.seen_players(watched.world.now()),
                    "{interest:?}, at tick {tick}"
                );
                assert!(watched.sees().iter().any(|sight| sight.slot == client.slot()));
                sizes.insert(watched.sees().len());
            }
        }
        assert!(sizes.len() > 3 && ends > 3, "{sizes:?} seen, {ends} ends");
    }
}

#[test]
fn an_idle_watcher_is_sent_only_a_heartbeat_every_second() {
    let mut watched = WatchedWorld::new(TestWorld::new(plaza()));
    watched.world.open_and_join(5, "plaza");
    watched.tick();
    watched.watch("plaza", Perspective::Everyone).unwrap();
    let mut sent = Vec::new();
    for tick in 0..=120 {
        watched.tick();
        sent.extend(watched.watcher.snapshots.iter().map(|_| tick));
    }
    assert_eq!(sent, [0, 60, 120]);
}

#[test]
fn a_watcher_receives_the_messages_of_its_perspective() {
    for of_player in [false, true] {
        let mut watched = WatchedWorld::new(TestWorld::with_plugins(plaza(), (teleport_plugin, whispering)));
        for session in [5, 6, 7] {
            watched.world.open_and_join(session, "plaza");
        }
        watched.world.open_and_join(8, "plaza/other");
        watched.tick();
        // The near-me stream of the player has already started.
        watched.world.chat(6, Scope::Near, "before");
        watched.world.teleport(7, 1500 * 256, 1500 * 256);
        watched.ticks(10);
        let perspective = if of_player {
            watched.perspective_of(5)
        } else {
            Perspective::Everyone
        };
        watched.watch("plaza", perspective).unwrap();
        watched.tick();
        let seq = watched.watcher.room().seq;

        watched.world.chat(6, Scope::Room, "to all");
        watched.world.chat(8, Scope::Room, "elsewhere");
        watched.world.chat(6, Scope::Near, "to some");
        watched.world.chat(7, Scope::Near, "to nobody");
        watched.world.chat(5, Scope::Near, "to 6 nearby");
        watched.world.skin(5, 77);
        watched.world.write(7, "door", 0, Some("open"));
        for session in [5, 7] {
            watched.world.custom(session, "whisper", &session);
        }
        watched.tick();

        let received: Vec<String> = watched.received().iter().map(brief).collect();
        let mut expected = vec![
            "near 1 to 6 nearby".to_owned(),
            format!("room {} to all", seq + 1),
            "near 2 to some".to_owned(),
            format!("state {} door", seq + 2),
            "custom Ok(5)".to_owned(),
        ];
        if !of_player {
            expected.retain(|message| message.starts_with("room") || message.starts_with("state"));
        }
        assert_eq!(received, expected);
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
        ServerMessage::Custom(said) => format!("custom {:?}", said.decode::<u64>()),
        other => format!("{other:?}"),
    }
}

/// A plugin that sends a player's number back to it.
fn whispering(app: &mut bevy_app::App) {
    use bevy_ecs::prelude::*;
    fn whisper(mut from: MessageReader<FromPlayer<u64>>, mut to: MessageWriter<ToPlayers<u64>>) {
        for whisper in from.read() {
            to.write(ToPlayers::one(whisper.player, whisper.message));
        }
    }
    app.player_message::<u64>("whisper")
        .client_message::<u64>("whisper");
    app.add_systems(TickSchedule, whisper.in_set(StepSet::Simulate));
}

#[test]
fn a_watcher_can_change_rooms_and_stop() {
    let mut watched = WatchedWorld::new(TestWorld::new(plaza()));
    watched.world.open_and_join(5, "plaza/a");
    watched.world.open_and_join(6, "plaza/b");
    watched.tick();
    for (room, name) in [
        ("plaza/a", "player 5"),
        ("plaza/b", "player 6"),
        ("plaza/a", "player 5"),
    ] {
        watched.watch(room, Perspective::Everyone).unwrap();
        watched.ticks(3);
        let names: Vec<String> = watched.sees().into_iter().map(|sight| sight.name).collect();
        assert_eq!(names, [name]);
        watched.world.chat(5, Scope::Room, "a");
        watched.world.chat(6, Scope::Room, "b");
        watched.tick();
        let texts: Vec<String> = watched
            .watcher
            .chats()
            .into_iter()
            .map(|said| said.text)
            .collect();
        assert_eq!(texts, [room.trim_start_matches("plaza/")]);
    }
    watched.world.sim.unwatch(WATCHER);
    assert!(!watched.world.sim.is_watching(WATCHER));
    watched.world.chat(5, Scope::Room, "after the end");
    watched.ticks(70);
    assert!(watched.received().is_empty() && watched.watcher.snapshots.is_empty());
}

#[test]
fn a_held_watcher_is_sent_one_delta_when_it_is_released() {
    let mut watched = WatchedWorld::new(TestWorld::new(plaza()));
    for session in [5, 6] {
        watched.world.open_and_join(session, "plaza");
    }
    watched.tick();
    watched.watch("plaza", Perspective::Everyone).unwrap();
    watched.tick();
    let base = watched.world.now();
    watched.hold(true);
    watched.world.walk(5, Direction::East);
    watched.ticks(20);
    watched.world.walk(5, Direction::South);
    watched.world.leave(6);
    watched.world.open_and_join(7, "plaza");
    watched.world.chat(5, Scope::Room, "chats are not held");
    watched.ticks(20);
    assert_eq!(watched.watcher.chats().len(), 1);
    watched.hold(false);
    watched.tick();
    assert_eq!(watched.watcher.snapshots.len(), 1);
    assert_eq!(watched.watcher.snapshots[0].0.base, Some(base));
    assert_eq!(
        watched.sees(),
        watched.world.client(5).seen_players(watched.world.now())
    );
}

#[test]
fn several_ticks_can_be_sent_as_one() {
    let mut watched = WatchedWorld::new(TestWorld::new(plaza()));
    watched.world.open_and_join(5, "plaza");
    watched.tick();
    watched.watch("plaza", Perspective::Everyone).unwrap();
    watched.tick();
    watched.world.walk(5, Direction::East);
    let mut sum = TickOutput::default();
    for tick in 0..8 {
        watched.hold(tick < 7);
        watched.world.chat(5, Scope::Room, &tick.to_string());
        watched.world.tick();
        sum.append_watched(&watched.world.output);
    }
    watched.deliver(&sum);
    let texts: Vec<String> = watched
        .watcher
        .chats()
        .into_iter()
        .map(|said| said.text)
        .collect();
    assert_eq!(texts, ["0", "1", "2", "3", "4", "5", "6", "7"]);
    assert_eq!(
        watched.sees(),
        watched.world.client(5).seen_players(watched.world.now())
    );
}

#[test]
fn a_new_watcher_can_be_shown_the_last_tick_without_a_step() {
    let mut watched = WatchedWorld::new(TestWorld::new(plaza()));
    watched.world.open_and_join(5, "plaza");
    watched.world.walk(5, Direction::East);
    watched.ticks(7);
    let hash = watched.world.sim.hash();
    watched.watch("plaza", Perspective::Everyone).unwrap();
    let mut output = TickOutput::default();
    assert!(watched.world.sim.show_watcher(WATCHER, &mut output));
    watched.deliver(&output);
    assert_eq!(watched.watcher.view.tick(), Some(watched.world.now()));
    assert_eq!(
        watched.sees(),
        watched.world.client(5).seen_players(watched.world.now())
    );
    assert!(!watched.world.sim.show_watcher(WATCHER, &mut output), "only once");
    assert!(!watched.world.sim.show_watcher(SessionId(99), &mut output));
    assert_eq!((watched.world.sim.hash(), output.watched.len()), (hash, 1));
    watched.world.walk(5, Direction::South);
    watched.tick();
    assert!(watched.watcher.snapshots[0].0.base.is_some(), "a delta follows");
    assert_eq!(
        watched.sees(),
        watched.world.client(5).seen_players(watched.world.now())
    );
}

#[test]
fn an_empty_room_of_a_loaded_world_can_be_watched() {
    let mut world = TestWorld::new(plaza());
    world.open_and_join(5, "plaza");
    world.tick();
    world.leave(5);
    world.tick();
    let saved = world.saved();
    for shown in [true, false] {
        let mut loaded = parlour_sim::Simulation::load(plaza(), (), &saved).unwrap();
        let (mut input, mut output) = (parlour_tick::TickInput::default(), TickOutput::default());
        loaded.step(&mut input, &mut output);
        loaded.watch(WATCHER, "plaza", Perspective::Everyone, 1).unwrap();
        output.clear();
        if shown {
            assert!(loaded.show_watcher(WATCHER, &mut output));
        } else {
            loaded.step(&mut input, &mut output);
        }
        assert_eq!(output.watched.len(), 1);
        (0..60).for_each(|_| loaded.step(&mut input, &mut output));
        assert_eq!(output.watched.len(), 1, "a heartbeat");
    }
}

#[test]
fn a_message_to_several_watchers_stays_one_range_of_bytes() {
    let mut world = TestWorld::new(plaza());
    world.open_and_join(5, "plaza");
    world.tick();
    for session in [1, 2, 3] {
        world
            .sim
            .watch(SessionId(session), "plaza", Perspective::Everyone, 1)
            .unwrap();
    }
    world.tick();
    world.chat(5, Scope::Room, "to all");
    world.tick();
    let mut sum = TickOutput::default();
    sum.append_watched(&world.output);
    assert_eq!(sum.watched.len(), 3);
    assert!(
        sum.watched
            .iter()
            .all(|frame| (frame.start, frame.end) == (0, sum.bytes.len() as u32))
    );
    let chat = world.output.payload(&world.output.watched[0]);
    assert_eq!(sum.bytes, chat);
}

#[test]
fn an_empty_room_can_be_watched_until_it_is_removed() {
    let mut config = plaza();
    config.rules.empty_ticks = 200;
    let mut watched = WatchedWorld::new(TestWorld::new(config));
    watched.world.open_and_join(5, "plaza");
    watched.tick();
    watched.world.leave(5);
    watched.ticks(10);
    watched.watch("plaza", Perspective::Everyone).unwrap();
    watched.tick();
    assert_eq!(watched.watcher.view.tick(), Some(watched.world.now()));
    assert_eq!(watched.sees(), []);
    watched.ticks(60);
    assert_eq!(
        watched.watcher.view.tick(),
        Some(watched.world.now()),
        "a heartbeat"
    );
    watched.world.join(5, "plaza");
    watched.tick();
    assert_eq!(watched.sees().len(), 1);
    watched.world.leave(5);
    watched.tick();
    assert_eq!(watched.sees(), []);
    assert!(watched.world.sim.is_watching(WATCHER));
    watched.ticks(201);
    assert!(
        !watched.world.sim.is_watching(WATCHER),
        "the watching ends when the room is removed"
    );
    assert_eq!(
        watched.watch("plaza", Perspective::Everyone),
        Err(Refusal::NoSuchRoom)
    );
}

#[test]
fn watching_an_unknown_room_or_a_player_elsewhere_is_refused() {
    let mut watched = WatchedWorld::new(TestWorld::new(plaza()));
    watched.world.open_and_join(5, "plaza/a");
    watched.world.open_and_join(6, "plaza/b");
    watched.tick();
    assert_eq!(
        watched.watch("plaza", Perspective::Everyone),
        Err(Refusal::NoSuchRoom)
    );
    assert_eq!(
        watched.watch("no such map", Perspective::Everyone),
        Err(Refusal::NoSuchRoom)
    );
    let elsewhere = watched.perspective_of(6);
    assert_eq!(watched.watch("plaza/a", elsewhere), Err(Refusal::NotInRoom));
    assert!(!watched.world.sim.is_watching(WATCHER));
    watched.tick();
    assert_eq!(watched.world.output.counts.rooms, 2);

    watched.watch("plaza/a", Perspective::Everyone).unwrap();
    assert_eq!(watched.watch("plaza/a", elsewhere), Err(Refusal::NotInRoom));
    watched.tick();
    assert_eq!(watched.sees().len(), 1, "the previous watching continues");
}

#[test]
fn a_followed_player_is_found_again_in_a_different_room() {
    let mut watched = WatchedWorld::new(TestWorld::new(plaza()));
    for session in [5, 6] {
        watched.world.open_and_join(session, "plaza/a");
    }
    watched.tick();
    let player = watched.world.client(5).player;
    watched.watch("plaza/a", Perspective::Player(player)).unwrap();
    watched.tick();
    watched.received();
    watched.world.join(5, "plaza/b");
    watched.world.chat(5, Scope::Room, "in a different room");
    watched.tick();
    assert!(!watched.world.sim.is_watching(WATCHER));
    assert_eq!(watched.received(), []);
    assert_eq!(
        watched.world.sim.followed_room(player).as_deref(),
        Some("plaza/b")
    );
    watched.watch("plaza/b", Perspective::Player(player)).unwrap();
    watched.tick();
    assert_eq!(
        watched.sees(),
        watched.world.client(5).seen_players(watched.world.now())
    );
    // The player leaves and joins again in one tick: it has a new seat and view, so the watching
    // ends.
    watched.world.leave(5);
    watched.world.join(5, "plaza/b");
    watched.tick();
    assert!(!watched.world.sim.is_watching(WATCHER));
    watched.world.close(5);
    watched.tick();
    assert_eq!(watched.world.sim.followed_room(player), None);
}
