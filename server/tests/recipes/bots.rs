//! Bots that play a recipe over the wire, with the Rust client.

use std::sync::Arc;

use bevy_app::Plugin;
use parlour::{RoomType, maps};
use parlour_client::{Command, Connection, Event, Options, Refusal};
use parlour_shared::{
    ids::{ObjectId, PlayerId},
    message::ActTarget,
};
use parlour_sim::Logic;
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::timeout;

use crate::support::{
    raw_client::TIMEOUT,
    test_server::{TestServer, start_with},
};

/// Returns a server with the logic of a recipe in its open room `plaza`.
pub(crate) fn serve(plugin: impl Plugin) -> TestServer {
    start_with(|options| options.logic = Logic::default().with(plugin))
}

/// Returns a server with a room type of a recipe, which has the map of this name.
pub(crate) fn serve_map(name: &str, tmx: &[u8], plugin: impl Plugin) -> TestServer {
    start_with(|options| {
        options
            .sim
            .maps
            .push(Arc::new(maps::parse(name, name, tmx).unwrap()));
        options.room_types.push(RoomType::new(name).plugins(plugin));
    })
}

/// A client, whose waits end.
pub(crate) struct Bot(pub(crate) Connection);

impl Bot {
    /// Connects and joins a room.
    pub(crate) async fn join(server: &TestServer, name: &str, room: &str) -> Self {
        // Not strict: a client cannot predict that game logic moves its player.
        let options = Options {
            timeout: TIMEOUT,
            ..Options::named(name)
        };
        let address = format!("ws://{}/ws", server.address());
        let mut connection = Connection::open(&address, options).await.unwrap();
        connection.join(room).await.unwrap();
        Self(connection)
    }

    /// The id of its player.
    pub(crate) fn id(&self) -> PlayerId {
        self.0.client().player().unwrap()
    }

    /// Waits until `find` returns a value after an event.
    pub(crate) async fn wait_for<T>(&mut self, mut find: impl FnMut(&Connection, &Event) -> Option<T>) -> T {
        let find = async {
            loop {
                let event = self.0.next_event().await.unwrap();
                if let Some(found) = find(&self.0, &event) {
                    return found;
                }
            }
        };
        timeout(TIMEOUT, find).await.expect("no event in time")
    }

    /// Sends a command and waits for its answer.
    pub(crate) async fn ask(&mut self, command: Command) -> Result<(), Refusal> {
        let request = self.0.send(command).await.unwrap();
        self.wait_for(|_, event| match event {
            Event::Accepted(accepted) if accepted.request == request => Some(Ok(())),
            Event::Refused(refused) if refused.request == request => Some(Err(refused.refusal.clone())),
            _ => None,
        })
        .await
    }

    /// Acts on an object and waits for the answer.
    pub(crate) async fn act(
        &mut self,
        object: ObjectId,
        name: &str,
        details: &impl Serialize,
    ) -> Result<(), Refusal> {
        self.ask(Command::act(ActTarget::Object(object), name, details).unwrap())
            .await
    }

    /// Waits for a message of the game logic.
    pub(crate) async fn receive<M: DeserializeOwned>(&mut self, name: &str) -> M {
        self.wait_for(|_, event| match event {
            Event::Custom(said) if said.name == name => Some(said.decode().unwrap()),
            _ => None,
        })
        .await
    }

    /// Waits until it sees an object of this kind. Returns its id.
    pub(crate) async fn sees_object(&mut self, kind: &str) -> ObjectId {
        self.wait_for(|connection, _| {
            let client = connection.client();
            let kinds = &client.room()?.entered.kinds;
            let mut objects = client.view().objects();
            let found = objects.find(|(_, object, _)| kinds[usize::from(object.kind.0)].name == kind);
            found.map(|(_, object, _)| object.object)
        })
        .await
    }
}
