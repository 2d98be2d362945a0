//! Handles decoded messages: answers them here, or sends them to the world or the desk.

use std::{rc::Rc, time::Instant};

use parlour_shared::{
    close::CloseCode,
    codec::{self, CodecError},
    message::{ClientMessage, Pong, Refusal, Refused, ServerMessage},
    text::clean_chat,
};

use super::{Rejection, Wire, authenticating, connection::Connection, hello};

/// Handles a binary message.
pub(super) fn binary(connection: &Rc<Connection>, arrived: Instant, payload: &[u8]) {
    if connection.wire != Wire::Binary {
        let sentence = "the message is binary: parlour.v1.json takes text, parlour.v1 takes binary";
        connection.reject_with_reason(Rejection::WrongType, sentence);
        return;
    }
    match codec::decode_client(payload) {
        Ok(message) => handle_message(connection, arrived, message, payload.len()),
        Err(error) => connection.reject(Rejection::Malformed, &error.to_string()),
    }
}

/// Handles a text message.
pub(super) fn text(connection: &Rc<Connection>, arrived: Instant, text: &str) {
    if connection.wire != Wire::Json {
        connection.reject(Rejection::WrongType, "the message is text");
        return;
    }
    match codec::from_json(text) {
        Ok(message) => handle_message(connection, arrived, message, text.len()),
        Err(CodecError::Malformed(sentence)) => {
            connection.reject_with_reason(Rejection::Malformed, &sentence)
        }
        Err(error) => connection.reject_with_reason(Rejection::Malformed, &error.to_string()),
    }
}

fn handle_message(connection: &Rc<Connection>, arrived: Instant, message: ClientMessage, bytes: usize) {
    let io = &connection.io;
    let metrics = &io.shared.metrics.edge;
    metrics.messages_in.add(message.kind(), 1);
    metrics.bytes_in.add(message.kind(), bytes as u64);
    if !connection.flood.message(arrived, &io.gaps) {
        connection.reject_with_reason(
            Rejection::Flood,
            "more than 1000 messages and WebSocket pongs a second",
        );
        return;
    }
    let Some(session) = connection.session() else {
        hello::handle_hello(connection, message);
        return;
    };
    session.note_heard(message.kind());
    match message {
        ClientMessage::Ping { nonce } => connection.send_message(&ServerMessage::Pong(Pong { nonce })),
        ClientMessage::Bye => connection.close(CloseCode::Normal),
        ClientMessage::Hello(_) if !connection.flood.second_hello(arrived, &io.gaps) => {
            connection.reject_with_reason(
                Rejection::SecondHello,
                "a connection may send only one hello, and 20 more arrived",
            );
        }
        ClientMessage::Hello(_) => {
            io.shared.reject(Rejection::SecondHello, connection.peer, "");
            connection.send_message(&ServerMessage::Refused(Refused {
                request: 0,
                refusal: Refusal::OutOfOrder,
            }));
        }
        ClientMessage::Ack { received } => {
            if session.acknowledge(received).is_err() {
                let sentence = "`received` is more than the server has sent";
                connection.reject_with_reason(Rejection::NeverSent, sentence);
            }
        }
        ClientMessage::Authenticate(message) => authenticating::renew(connection, arrived, message),
        message
            if connection
                .flood
                .to_world(io.shared.status.thread(session.route.tick_thread()).steps()) =>
        {
            let message = with_clean_text(message);
            session.route.send(&io.rings, session.id, arrived, message);
        }
        _ => metrics.dropped_per_session.increment(1),
    }
}

/// Returns the message with its chat text cleaned. An invalid text becomes empty, and the world
/// refuses it. So the refusal is sent in order with the other answers, and the message counts
/// towards the rate limit of the speaker like a valid one.
fn with_clean_text(mut message: ClientMessage) -> ClientMessage {
    if let ClientMessage::Chat(chat) = &mut message {
        chat.text = clean_chat(std::mem::take(&mut chat.text)).unwrap_or_default();
    }
    message
}
