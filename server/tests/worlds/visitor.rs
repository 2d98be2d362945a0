//! A client of the library `parlour-client`. Any violation of the protocol fails the test.

use parlour_client::{
    Command, Connection, Disconnected, Event, JoinRequest, Options, PlayerId, Refusal,
    shared::{
        codec::decode,
        message::{ChatSaid, LeaveReason, Request},
        view::Seen,
    },
};
use serde::Serialize;
use tokio::time::timeout;

use crate::support::{raw_client::TIMEOUT, test_server::TestServer};

/// A client that checks everything that it receives.
pub(crate) struct Visitor {
    pub(crate) connection: Connection,
}

/// What a visitor sees of a player.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenVisitor {
    pub(crate) name: String,
    pub(crate) skin: u16,
    /// The number in the player's only component.
    pub(crate) component: u32,
}

impl Visitor {
    pub(crate) async fn open(server: &TestServer, name: &str) -> Self {
        let options = Options {
            strict: true,
            timeout: TIMEOUT,
            ..Options::named(name)
        };
        let address = format!("ws://{}/ws", server.address());
        let connection = Connection::open(&address, options);
        Self {
            connection: connection.await.unwrap(),
        }
    }

    /// Opens a session and enters a room.
    pub(crate) async fn open_in(server: &TestServer, name: &str, room: impl Into<JoinRequest>) -> Self {
        let mut visitor = Self::open(server, name).await;
        visitor.enter(room).await;
        visitor
    }

    /// Enters a room. Returns its name. Forgets what was received before.
    pub(crate) async fn enter(&mut self, room: impl Into<JoinRequest>) -> String {
        let request = self.send(Command::join(room)).await;
        self.wait_for(|visitor, event| match event {
            Event::Refused(refused) if refused.request == request => panic!("{refused:?}"),
            Event::Entered => {
                let entered = &visitor.client().room().unwrap().entered;
                (entered.request == request).then(|| entered.room.clone())
            }
            _ => None,
        })
        .await
    }

    pub(crate) async fn send(&mut self, command: Command) -> Request {
        self.connection.send(command).await.unwrap()
    }

    /// Sends a message to game logic.
    pub(crate) async fn custom(&mut self, name: &str, body: &impl Serialize) -> Request {
        self.send(Command::custom(name, body).unwrap()).await
    }

    /// Sends a request, and waits until it was accepted or refused.
    pub(crate) async fn ask(&mut self, command: Command) -> Option<Refusal> {
        let request = self.send(command).await;
        self.answer(request).await
    }

    /// Waits for the answer to a request. Returns the refusal, or `None` if it was accepted.
    pub(crate) async fn answer(&mut self, request: Request) -> Option<Refusal> {
        self.wait_for(|_, event| match event {
            Event::Accepted(accepted) if accepted.request == request => Some(None),
            Event::Entered => Some(None),
            Event::Refused(refused) if refused.request == request => Some(Some(refused.refusal.clone())),
            _ => None,
        })
        .await
    }

    /// Waits until `find` returns a value for an event.
    pub(crate) async fn wait_for<T>(&mut self, mut find: impl FnMut(&Connection, &Event) -> Option<T>) -> T {
        let connection = &mut self.connection;
        let find = async {
            loop {
                let event = connection.next_event().await.unwrap();
                if let Some(found) = find(connection, &event) {
                    return found;
                }
            }
        };
        timeout(TIMEOUT, find).await.expect("no event in time")
    }

    /// Waits until the player has left its room without asking for it.
    pub(crate) async fn wait_to_leave(&mut self) -> LeaveReason {
        self.wait_for(|_, event| match event {
            Event::Left(left) => {
                assert_eq!(left.request, 0);
                Some(left.reason)
            }
            _ => None,
        })
        .await
    }

    /// Waits until the player has entered a room without asking for it. Returns its name.
    pub(crate) async fn wait_to_enter(&mut self) -> String {
        self.wait_for(|visitor, event| match event {
            Event::Entered => {
                let entered = &visitor.client().room().unwrap().entered;
                assert_eq!(entered.request, 0);
                Some(entered.room.clone())
            }
            _ => None,
        })
        .await
    }

    /// Waits for the next chat message.
    pub(crate) async fn hear(&mut self) -> ChatSaid {
        self.wait_for(|_, event| match event {
            Event::Chat(said) => Some(said.clone()),
            _ => None,
        })
        .await
    }

    /// Waits for the end of the connection.
    pub(crate) async fn end(&mut self) -> Disconnected {
        let connection = &mut self.connection;
        let end = async {
            loop {
                if let Err(end) = connection.next_event().await {
                    return end;
                }
            }
        };
        timeout(TIMEOUT, end).await.expect("no end in time")
    }

    pub(crate) fn player(&self) -> PlayerId {
        self.connection.client().player().unwrap()
    }

    /// Waits until a player, possibly this one, is seen in a way that `accept` accepts.
    pub(crate) async fn wait_to_see(
        &mut self,
        player: PlayerId,
        accept: impl Fn(&SeenVisitor) -> bool,
    ) -> SeenVisitor {
        let found = seen(&self.connection, player).filter(&accept);
        if let Some(found) = found {
            return found;
        }
        self.wait_for(|connection, _| seen(connection, player).filter(&accept))
            .await
    }

    /// Waits until a player is no longer seen.
    pub(crate) async fn wait_to_miss(&mut self, player: PlayerId) {
        if seen(&self.connection, player).is_some() {
            self.wait_for(|connection, _| seen(connection, player).is_none().then_some(()))
                .await;
        }
    }
}

/// Returns what a client sees of a player.
fn seen(connection: &Connection, player: PlayerId) -> Option<SeenVisitor> {
    let (_, player, seen) = connection.client().view().find_player(player)?;
    Some(SeenVisitor {
        name: player.name.clone(),
        skin: player.skin,
        component: component(&seen),
    })
}

/// Returns the number in the only component of a player, or 0 if it has none.
pub(crate) fn component(seen: &Seen<'_>) -> u32 {
    let bytes = seen.components.first().map(|(_, bytes)| bytes);
    bytes.map_or(0, |bytes| decode(bytes).unwrap())
}
