//! A room with fake players: what they do.

use bevy_ecs::prelude::*;
use parlour_shared::{
    limits::TICK_RATE,
    message::{
        Act, Body, Chat, ClientMessage, Custom, Join, Move, MoveHeading, Property, Refusal, Request, Scope,
    },
    motion::{Direction, Position, UNITS_PER_PX},
};
use parlour_sim::{InRoom, Room, Rooms};
use parlour_testing::{Placements, SessionActions as _, TestWorld, encoded};
use parlour_tick::{TickOutput, player_id};
use serde::Serialize;

use super::{
    inbox::Inbox,
    inputs::{PACE, PlayedTick, WorldPlan},
    target::{TestPlayer, TestTarget},
};

/// A room with fake players, for tests of game logic. The [module](crate::testing) has an example.
///
/// Use a [`TestPlayer`] only with the room that returned it.
#[derive(Debug)]
pub struct TestRoom {
    pub(super) world: TestWorld,
    pub(super) plan: WorldPlan,
    placements: Placements,
    /// The name of the room.
    pub(super) room: String,
    options: Vec<Property>,
    /// By the number of their session.
    pub(super) inboxes: Vec<Inbox>,
    /// The positions for the next tick.
    placed: Vec<(TestTarget, Position)>,
    /// All ticks so far.
    pub(super) played: Vec<PlayedTick>,
    checks_determinism: bool,
    /// The number of ticks that were checked.
    pub(super) checked: usize,
}

impl TestRoom {
    pub(super) fn start(
        plan: WorldPlan,
        room: String,
        options: Vec<Property>,
        checks_determinism: bool,
    ) -> Self {
        let placements = Placements::default();
        let plugins = (placements.clone(), plan.logic.clone());
        let mut world = TestWorld::with_plugins(plan.config.clone(), plugins);
        world.input.pace = PACE;
        Self {
            world,
            plan,
            placements,
            room,
            options,
            inboxes: Vec::new(),
            placed: Vec::new(),
            played: Vec::new(),
            checks_determinism,
            checked: 0,
        }
    }

    /// Opens a session with this name, joins the room, and runs one tick. The first join creates
    /// the room.
    ///
    /// # Panics
    /// If the join is refused.
    #[track_caller]
    pub fn join(&mut self, name: &str) -> TestPlayer {
        let room = self.room.clone();
        match self.try_join(name) {
            Ok(player) => player,
            Err(refusal) => panic!(
                "{name} cannot join the room {room}: refused with {refusal:?}. Use `try_join` if the test expects that"
            ),
        }
    }

    /// Like [`Self::join`], for joins that may be refused.
    ///
    /// # Errors
    /// The refusal. The session is closed then.
    pub fn try_join(&mut self, name: &str) -> Result<TestPlayer, Refusal> {
        let session = self.inboxes.len() as u64 + 1;
        let player = TestPlayer::new(session, player_id(0, session as u32));
        self.inboxes.push(Inbox::new(name));
        self.world.open_as(session, name);
        let room = self.room.clone();
        let joined = self.try_join_room(player, &room);
        if joined.is_err() {
            self.close(player);
        }
        joined.map(|()| player)
    }

    /// Lets a player join a different room of the same world, such as `tag/2`, or the room that it
    /// left. Runs one tick.
    ///
    /// # Panics
    /// If the join is refused.
    #[track_caller]
    pub fn join_room(&mut self, player: TestPlayer, room: &str) {
        if let Err(refusal) = self.try_join_room(player, room) {
            let name = self.name(player);
            panic!(
                "{name} cannot join the room {room}: refused with {refusal:?}. Use `try_join_room` if the test expects that"
            );
        }
    }

    /// Like [`Self::join_room`], for joins that may be refused.
    ///
    /// # Errors
    /// The refusal.
    pub fn try_join_room(&mut self, player: TestPlayer, room: &str) -> Result<(), Refusal> {
        let join = Join {
            options: self.options.clone(),
            ..Join::room(self.next_request(player), room)
        };
        let request = join.request;
        self.client_message(player, ClientMessage::Join(join));
        self.step();
        let answer = self.inbox_mut(player).answers.remove(&request);
        answer.expect("a join is answered in its tick")
    }

    /// Lets a player leave the room. Its session stays open, and it can join again.
    pub fn leave(&mut self, player: TestPlayer) -> Request {
        let request = self.next_request(player);
        self.client_message(player, ClientMessage::Leave { request });
        request
    }

    /// Closes the session of a player, as if it closed the window.
    pub fn close(&mut self, player: TestPlayer) {
        self.inbox_mut(player).is_closed = true;
        self.world.close(player.session.0);
    }

    /// Drops a player, as if its connection broke: it stays in the room
    /// ([`Dropped`](parlour_sim::Dropped)) and sees nothing.
    ///
    /// # Panics
    /// If the session of the player is closed.
    #[track_caller]
    pub fn drop_link(&mut self, player: TestPlayer) {
        let inbox = self.inbox_mut(player);
        assert!(
            !inbox.is_closed,
            "the session of {} is closed, and has no link to lose",
            inbox.name
        );
        inbox.is_dropped = true;
        self.world.drop_link(player.session.0);
    }

    /// Lets a dropped player come back. In the next step it sees everything again, and receives the
    /// messages that it missed.
    ///
    /// # Panics
    /// If the session of the player is closed.
    #[track_caller]
    pub fn resume(&mut self, player: TestPlayer) {
        let inbox = self.inbox_mut(player);
        assert!(
            !inbox.is_closed,
            "the session of {} is closed: let a new player `join`",
            inbox.name
        );
        inbox.is_dropped = false;
        self.world.resume(player.session.0);
    }

    /// Sends a message to the game logic, which receives it as
    /// [`FromPlayer`](parlour_sim::FromPlayer). `name` is that of
    /// [`player_message`](parlour_sim::SimulationApp::player_message). Returns the number for
    /// [`Self::answer`]. The next step panics if there is no such message, or it does not decode.
    pub fn send<M: Serialize>(&mut self, player: TestPlayer, name: &str, message: &M) -> Request {
        self.send_body(player, name, encoded(message))
    }

    /// Sends a message with any bytes. The test goes on if the world refuses it as unknown.
    pub fn send_bytes(&mut self, player: TestPlayer, name: &str, body: &[u8]) -> Request {
        self.inbox_mut(player).may_be_unknown.push(name.to_owned());
        self.send_body(player, name, body.to_vec())
    }

    fn send_body(&mut self, player: TestPlayer, name: &str, body: Vec<u8>) -> Request {
        let request = self.next_request(player);
        let custom = Custom {
            request,
            name: name.to_owned(),
            body: Body::Bytes(body),
        };
        self.client_message(player, ClientMessage::Custom(custom));
        request
    }

    /// Lets a player act on a player or an object, which the game logic receives as
    /// [`ActionOn`](parlour_sim::ActionOn). `name` is that of
    /// [`player_action`](parlour_sim::SimulationApp::player_action). Returns the number for
    /// [`Self::answer`]. The next step panics if there is no such action, or it does not decode.
    pub fn act<M: Serialize>(
        &mut self,
        player: TestPlayer,
        target: impl Into<TestTarget>,
        name: &str,
        details: &M,
    ) -> Request {
        let request = self.next_request(player);
        let act = Act {
            request,
            target: target.into().into(),
            name: name.to_owned(),
            body: Body::Bytes(encoded(details)),
        };
        self.client_message(player, ClientMessage::Act(act));
        request
    }

    /// Says something to all players of the room.
    pub fn say(&mut self, player: TestPlayer, text: &str) -> Request {
        self.chat(player, Scope::Room, text)
    }

    /// Says something to the players near.
    pub fn say_near(&mut self, player: TestPlayer, text: &str) -> Request {
        self.chat(player, Scope::Near, text)
    }

    fn chat(&mut self, player: TestPlayer, scope: Scope, text: &str) -> Request {
        let request = self.next_request(player);
        let text = text.to_owned();
        self.client_message(player, ClientMessage::Chat(Chat { request, scope, text }));
        request
    }

    /// Starts to walk, at 2.5 px per tick. It turns in the next tick, and is elsewhere in the one
    /// after it.
    pub fn walk(&mut self, player: TestPlayer, direction: Direction) {
        self.head(player, MoveHeading::walk(direction));
    }

    /// Starts to sprint.
    pub fn sprint(&mut self, player: TestPlayer, direction: Direction) {
        self.head(player, MoveHeading::sprint(direction));
    }

    /// Stops.
    pub fn stop(&mut self, player: TestPlayer) {
        self.walk(player, Direction::Still);
    }

    fn head(&mut self, player: TestPlayer, heading: MoveHeading) {
        let command = Move {
            heading,
            ..Move::default()
        };
        self.client_message(player, ClientMessage::Move(command));
    }

    /// Sends any message of a client, such as a write to the state of the room.
    ///
    /// # Panics
    /// If the session of the player is closed, or the player is dropped.
    #[track_caller]
    pub fn client_message(&mut self, player: TestPlayer, message: ClientMessage) {
        let inbox = self.inbox_mut(player);
        assert!(
            !inbox.is_closed,
            "the session of {} is closed: let a new player `join`",
            inbox.name
        );
        assert!(
            !inbox.is_dropped,
            "{} is dropped, and sends nothing: call `resume`",
            inbox.name
        );
        self.world.send(player.session.0, message);
    }

    /// Moves a player or an object to a position, where it stands still. It is there after the next
    /// step. This is not a part of the game: it costs nothing, and walls between do not matter.
    ///
    /// # Panics
    /// If it is in no room or does not exist, or a player would overlap a wall there.
    #[track_caller]
    pub fn place(&mut self, target: impl Into<TestTarget>, position: Position) {
        let target = target.into();
        if let TestTarget::Player(player) = target {
            let Some(room) = self.room_of(player) else {
                panic!("{} is in no room, and cannot be placed", self.name(player));
            };
            assert!(
                room.map.walls.is_free(position),
                "{} cannot stand at ({}, {}) px: there is a wall, or the map {} ends there",
                self.name(player),
                position.x / UNITS_PER_PX,
                position.y / UNITS_PER_PX,
                room.map.name
            );
        }
        if let TestTarget::Object(object) = target {
            assert!(
                target.entity(&self.world.sim).is_some(),
                "{object:?} does not exist, and cannot be placed"
            );
        }
        self.placed.push((target, position));
    }

    /// Runs one tick, which is 1/60 s.
    ///
    /// # Panics
    /// If the game logic panics, a message was unknown, or the view of a player is wrong.
    #[track_caller]
    pub fn step(&mut self) {
        self.world.input.sort();
        let mut played = PlayedTick {
            events: self.world.input.events.clone(),
            placed: std::mem::take(&mut self.placed),
            hash: 0,
        };
        played.place(&self.world.sim, &self.placements);
        self.world.tick();
        played.hash = self.world.sim.hash();
        self.played.push(played);
        self.sort_messages();
        self.check_unknown();
        self.check_screens();
    }

    /// Runs several ticks.
    #[track_caller]
    pub fn steps(&mut self, ticks: u32) {
        for _ in 0..ticks {
            self.step();
        }
    }

    /// Runs the ticks of this many seconds: 60 each.
    #[track_caller]
    pub fn seconds(&mut self, seconds: u32) {
        self.steps(seconds * TICK_RATE);
    }

    /// Runs ticks until the condition is true. Returns how many.
    ///
    /// # Panics
    /// If it is not true after this many seconds.
    #[track_caller]
    pub fn step_until(&mut self, seconds: u32, mut condition: impl FnMut(&mut Self) -> bool) -> u32 {
        for ticks in 0..=seconds * TICK_RATE {
            if condition(self) {
                return ticks;
            }
            self.step();
        }
        panic!("the condition is not true after {seconds} s");
    }

    /// Returns the output of the last step: frames, reports and counts.
    #[must_use]
    pub fn output(&self) -> &TickOutput {
        &self.world.output
    }

    /// Returns the room in which a player is.
    pub(super) fn room_of(&self, player: TestPlayer) -> Option<&Room> {
        let room = self.world.get::<InRoom>(player.session.0)?.0;
        self.world.sim.world().get(room)
    }

    /// Returns the entity of the room, for queries in [`Self::world`].
    ///
    /// # Panics
    /// If the room does not exist.
    #[must_use]
    #[track_caller]
    pub fn room(&self) -> Entity {
        let room = self.world.sim.world().resource::<Rooms>().get(&self.room);
        room.unwrap_or_else(|| {
            panic!(
                "the room {} does not exist: the first `join` creates it, and it ends after it was empty for 30 s",
                self.room
            )
        })
    }
}

impl Drop for TestRoom {
    /// Checks that the game logic is deterministic, unless the test failed or left out the check.
    fn drop(&mut self) {
        if self.checks_determinism && !std::thread::panicking() {
            self.check_determinism();
        }
    }
}
