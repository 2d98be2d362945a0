//! The client's side of the handshake.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    HandshakeError, MAX_RESPONSE, accept_key,
    response::{Response, is_token},
};

/// The request of a client.
#[derive(Clone, Copy, Debug)]
pub struct ClientRequest<'a> {
    /// Host, with the port if it is not the default one.
    pub host: &'a str,
    /// Path and query, beginning with a slash.
    pub path: &'a str,
    /// Fresh random bytes.
    pub nonce: [u8; 16],
    /// The subprotocols that the client supports, preferred ones first. If the list is not empty,
    /// the server must choose one.
    pub subprotocols: &'a [&'a str],
    /// Further headers, as name and value.
    pub headers: &'a [(&'a str, &'a str)],
}

/// A handshake whose response is not complete yet.
#[derive(Clone, Debug)]
pub struct ClientHandshake {
    accept: String,
    subprotocols: Vec<String>,
    /// The part of the response that has arrived.
    head: Vec<u8>,
}

/// A handshake that the server accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedHandshake {
    /// The number of bytes of the last input that belong to the response. Pass the bytes after them
    /// to the decoder.
    pub consumed: usize,
    /// The subprotocol that the server chose. `None` only if the client offered none.
    pub subprotocol: Option<String>,
}

impl ClientHandshake {
    /// Begins a handshake. Returns it and the bytes of the request to send.
    ///
    /// # Errors
    /// [`HandshakeError::InvalidRequest`] if a part of the request is invalid, for example because
    /// it would end its line.
    pub fn start(request: &ClientRequest<'_>) -> Result<(Self, Vec<u8>), HandshakeError> {
        let key = STANDARD.encode(request.nonce);
        let bytes = to_bytes(request, &key)?;
        let handshake = Self {
            accept: accept_key(&key),
            subprotocols: request.subprotocols.iter().map(ToString::to_string).collect(),
            head: Vec::new(),
        };
        Ok((handshake, bytes))
    }

    /// Reads a part of the response. Returns `None` if the response is not complete yet.
    ///
    /// # Errors
    /// [`HandshakeError`] if the response does not accept the request. The handshake is then over.
    pub fn read(&mut self, input: &[u8]) -> Result<Option<AcceptedHandshake>, HandshakeError> {
        const END: &[u8] = b"\r\n\r\n";
        let known = self.head.len();
        let room = MAX_RESPONSE - known;
        self.head.extend_from_slice(&input[..input.len().min(room)]);
        // The end may have begun in the previous part.
        let search_from = known.saturating_sub(END.len() - 1);
        let Some(found) = self.head[search_from..]
            .windows(END.len())
            .position(|bytes| bytes == END)
        else {
            return if self.head.len() == MAX_RESPONSE {
                Err(HandshakeError::TooLong)
            } else {
                Ok(None)
            };
        };
        let end = search_from + found;
        let subprotocol = self.check(&Response::parse(&self.head[..end])?)?;
        Ok(Some(AcceptedHandshake {
            consumed: end + END.len() - known,
            subprotocol,
        }))
    }

    fn check(&self, response: &Response<'_>) -> Result<Option<String>, HandshakeError> {
        if response.status != 101 {
            return Err(HandshakeError::Status(response.status));
        }
        if !response.has_token("Upgrade", "websocket") {
            return Err(HandshakeError::Header("Upgrade"));
        }
        if !response.has_token("Connection", "upgrade") {
            return Err(HandshakeError::Header("Connection"));
        }
        if response.only("Sec-WebSocket-Accept")? != Some(&*self.accept) {
            return Err(HandshakeError::Header("Sec-WebSocket-Accept"));
        }
        if response.only("Sec-WebSocket-Extensions")?.is_some() {
            return Err(HandshakeError::Header("Sec-WebSocket-Extensions"));
        }
        match response.only("Sec-WebSocket-Protocol")? {
            None if self.subprotocols.is_empty() => Ok(None),
            Some(chosen) if self.subprotocols.iter().any(|offered| offered == chosen) => {
                Ok(Some(chosen.to_owned()))
            }
            _ => Err(HandshakeError::Header("Sec-WebSocket-Protocol")),
        }
    }
}

fn to_bytes(request: &ClientRequest<'_>, key: &str) -> Result<Vec<u8>, HandshakeError> {
    let invalid = HandshakeError::InvalidRequest;
    let is_visible = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_visible(request.path) || !request.path.starts_with('/') {
        return Err(invalid("path"));
    }
    if !is_visible(request.host) {
        return Err(invalid("host"));
    }
    if !request.subprotocols.iter().all(|name| is_token(name)) {
        return Err(invalid("subprotocol"));
    }
    let mut text = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n",
        request.path, request.host
    );
    if !request.subprotocols.is_empty() {
        let names = request.subprotocols.join(", ");
        text.push_str(&format!("Sec-WebSocket-Protocol: {names}\r\n"));
    }
    for (name, value) in request.headers {
        if !is_token(name) || value.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(invalid("header"));
        }
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    Ok(text.into_bytes())
}
