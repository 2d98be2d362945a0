//! What clients say.

use parlour_shared::{
    ids::SessionId,
    message::{Chat, ClientMessage, Join, JoinMode, Move, Property, Reserve, SetSkin},
};

use super::Node;

impl Node {
    /// Returns the next message of a session; the number says which.
    pub(super) fn message(&mut self, session: SessionId, what: usize) -> ClientMessage {
        let all_tickets: Vec<String> = self
            .clients
            .values()
            .flat_map(|client| client.tickets.iter().cloned())
            .collect();
        let client = self.clients.get_mut(&session).expect("it is open");
        client.request += 1;
        let request = client.request;
        let pick = what / 16;
        let types = ["plaza", "cafe", "office", "tag", "duel"];
        let name = types[pick % 5];
        let options = match pick / 5 % 8 {
            0 => property("bad", "x"),
            1 | 2 => property("mode", "fast"),
            _ => Vec::new(),
        };
        let join = Join {
            request,
            room: format!("{name}/{}", ["a", "b"][pick / 5 % 2]),
            ..Join::default()
        };
        match what % 16 {
            2 => ClientMessage::Leave { request },
            3 => ClientMessage::Chat(Chat {
                request,
                text: "hello".to_owned(),
                ..Chat::default()
            }),
            4 => ClientMessage::SetSkin(SetSkin {
                request,
                skin: (pick % 6) as u16,
            }),
            5 | 6 => ClientMessage::Move(Move {
                seq: request,
                ..Move::default()
            }),
            7 | 8 => ClientMessage::Chat(Chat {
                request,
                text: "hello".to_owned(),
                ..Chat::default()
            }),
            9 | 10 => ClientMessage::Join(Join { options, ..join }),
            11 => {
                let mode = [JoinMode::New, JoinMode::Private, JoinMode::Any, JoinMode::Any][pick / 40 % 4];
                let room = name.to_owned();
                ClientMessage::Join(Join {
                    mode,
                    room,
                    options,
                    ..join
                })
            }
            12 => ClientMessage::Join(Join {
                mode: JoinMode::Existing,
                ..join
            }),
            13 if !all_tickets.is_empty() => ClientMessage::Join(Join {
                ticket: Some(all_tickets[pick % all_tickets.len()].clone()),
                ..join
            }),
            13 => ClientMessage::Join(Join {
                room: "nowhere".to_owned(),
                ..join
            }),
            _ => ClientMessage::Reserve(Reserve {
                request,
                seats: (1 + pick % 3) as u8,
                room: join.room,
                mode: JoinMode::Enter,
                options,
            }),
        }
    }
}

fn property(key: &str, value: &str) -> Vec<Property> {
    vec![Property {
        key: key.to_owned(),
        value: value.to_owned(),
    }]
}
