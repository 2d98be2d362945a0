//! What fake players were sent, and checks of it.

use parlour_shared::{
    close::CloseCode,
    ids::SessionId,
    message::{ChatSaid, CustomSaid, Refusal, Request},
};
use parlour_sim::RoomState;
use parlour_testing::SessionActions as _;
use serde::de::DeserializeOwned;

use super::{inbox::Inbox, target::TestPlayer, test_room::TestRoom};

impl TestRoom {
    /// Returns the answer to a request: accepted or refused. `None`: it was not answered. A request
    /// is answered in the step after it, if the game logic writes an
    /// [`Answer`](parlour_sim::Answer).
    #[must_use]
    pub fn answer(&self, player: TestPlayer, request: Request) -> Option<Result<(), Refusal>> {
        self.inbox(player).answers.get(&request).cloned()
    }

    /// Takes the refusals since the last call, in the order in which they arrived.
    pub fn refusals(&mut self, player: TestPlayer) -> Vec<Refusal> {
        std::mem::take(&mut self.inbox_mut(player).refusals)
    }

    /// Takes the messages of this type that the game logic sent to a player since the last call, in
    /// the order in which they arrived.
    ///
    /// # Panics
    /// If the type is not declared with
    /// [`client_message`](parlour_sim::SimulationApp::client_message), or does not decode.
    #[track_caller]
    pub fn received<M: DeserializeOwned + Send + Sync + 'static>(&mut self, player: TestPlayer) -> Vec<M> {
        let of = std::any::type_name::<M>();
        let Some(name) = self.world.sim.client_message_name::<M>() else {
            panic!("game logic sends no {of}: call app.client_message::<{of}>(\"name\") in the plugin");
        };
        let inbox = self.inbox_mut(player);
        let decode = |said: CustomSaid| said.decode().unwrap_or_else(|error| panic!("{of}: {error}"));
        let messages = inbox.custom.extract_if(.., |said| said.name == name);
        messages.map(decode).collect()
    }

    /// Takes the chats that a player heard since the last call, its own among them.
    pub fn chats(&mut self, player: TestPlayer) -> Vec<ChatSaid> {
        std::mem::take(&mut self.inbox_mut(player).chats)
    }

    /// Returns the code with which the world closed the session of a player. `None`: it did not.
    #[must_use]
    pub fn close_code(&self, player: TestPlayer) -> Option<CloseCode> {
        self.inbox(player).close_code
    }

    #[track_caller]
    pub(super) fn inbox(&self, player: TestPlayer) -> &Inbox {
        let inbox = self.inboxes.get(player.index());
        inbox.expect("the player belongs to a different test room")
    }

    #[track_caller]
    pub(super) fn inbox_mut(&mut self, player: TestPlayer) -> &mut Inbox {
        let inbox = self.inboxes.get_mut(player.index());
        inbox.expect("the player belongs to a different test room")
    }

    pub(super) fn name(&self, player: TestPlayer) -> &str {
        &self.inbox(player).name
    }

    pub(super) fn next_request(&mut self, player: TestPlayer) -> Request {
        let inbox = self.inbox_mut(player);
        inbox.request += 1;
        inbox.request
    }

    /// Hands the messages of the last tick to their players, and closes sessions as the edge does.
    pub(super) fn sort_messages(&mut self) {
        for (session, inbox) in (1..).zip(&mut self.inboxes) {
            let Some(client) = self.world.clients.get_mut(&SessionId(session)) else {
                continue;
            };
            if inbox.is_dropped {
                continue;
            }
            let messages = client.take_messages(Some);
            messages.into_iter().for_each(|message| inbox.receive(message));
        }
        for (session, code) in std::mem::take(&mut self.world.closed) {
            let inbox = &mut self.inboxes[session.0 as usize - 1];
            inbox.close_code = Some(code);
            if !std::mem::replace(&mut inbox.is_closed, true) {
                self.world.close(session.0);
            }
        }
    }

    /// Checks that the world knew all messages. All of them took effect in this tick, so what may
    /// be unknown is forgotten.
    #[track_caller]
    pub(super) fn check_unknown(&mut self) {
        for unknown in &self.world.output.unknown {
            let inbox = &mut self.inboxes[unknown.session.0 as usize - 1];
            let expected = inbox.may_be_unknown.iter().position(|name| *name == unknown.name);
            if let Some(at) = expected {
                inbox.may_be_unknown.remove(at);
                continue;
            }
            let detail = match inbox.refusals.last() {
                Some(Refusal::BadBody { reason }) => Some(format!(" ({reason})")),
                _ => None,
            };
            panic!(
                "the message `{}` of {} was refused: {}{}. Check its name and its type in the test, and its declaration in \
                 the plugin. To test a message that must be refused, use `send_bytes`",
                unknown.name,
                inbox.name,
                unknown.reason,
                detail.unwrap_or_default()
            );
        }
        self.inboxes
            .iter_mut()
            .for_each(|inbox| inbox.may_be_unknown.clear());
    }

    /// Checks that every player sees what the world shows it.
    #[track_caller]
    pub(super) fn check_screens(&self) {
        self.world.check_views_by_rules();
        for (session, client) in &self.world.clients {
            let inbox = &self.inboxes[session.0 as usize - 1];
            let Some(entered) = client.room.as_ref().filter(|_| !inbox.is_dropped) else {
                continue;
            };
            let room = self.world.room(&entered.room);
            let state = room.and_then(|room| self.world.sim.world().get::<RoomState>(room));
            let state = state.map(RoomState::entries).unwrap_or_default();
            let state = state.iter().map(|entry| (&entry.key, entry.value.as_ref()));
            let known = inbox.state.iter().map(|(key, value)| (key, Some(value)));
            assert!(
                known.eq(state),
                "{} has a different state of the room than the world: this is a mistake of Parlour",
                inbox.name
            );
        }
    }
}
