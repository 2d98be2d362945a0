//! The client with its socket: a WebSocket over TCP, on whatever tokio runtime it is used in.

use std::{io, time::Instant};

use parlour_shared::{
    close::CloseCode,
    websocket::{WebSocketError, handshake::HandshakeError},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    address::{Address, AddressError},
    client::{Client, Settings},
    command::Command,
    event::{Event, Received},
    framing::{Framing, Incoming, handshake},
    violation::Violation,
};

/// Bytes read at once.
const READ_SIZE: usize = 16 * 1024;

/// Why there is no connection, or none any more.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// The address is none.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The network said no.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The server did not agree to speak with us.
    #[error("handshake: {0}")]
    Handshake(#[from] HandshakeError),
    /// The server's bytes are not WebSocket.
    #[error("websocket: {0}")]
    WebSocket(#[from] WebSocketError),
    /// The server broke its protocol in a way that one cannot go on after.
    #[error("protocol: {0}")]
    Violation(#[from] Violation),
    /// The connection is closed.
    #[error("closed by the server with {}", describe(*.code))]
    Closed {
        /// The code, if the server gave one.
        code: Option<u16>,
    },
}

fn describe(code: Option<u16>) -> String {
    match code {
        None => "no code".to_owned(),
        Some(code) => match CloseCode::from_code(code) {
            Some(known) => format!("code {code}, {}", known.reason()),
            None => format!("code {code}"),
        },
    }
}

/// A connection over which a session is open.
#[derive(Debug)]
pub struct Connection {
    client: Client,
    framing: Framing,
    stream: TcpStream,
    input: Vec<u8>,
    unread: usize,
    out: Vec<u8>,
    payload: Vec<u8>,
}

impl Connection {
    /// Connects to `ws://host:port/path`, says hello, and waits for the welcome.
    ///
    /// # Errors
    /// [`ConnectionError`], whatever it was that did not work.
    pub async fn open(address: &str, settings: &Settings) -> Result<Self, ConnectionError> {
        let (stream, rest) = upgrade(&address.parse()?).await?;
        let mut connection = Self {
            client: Client::new(),
            framing: Framing::new(),
            stream,
            input: rest,
            unread: 0,
            out: Vec::new(),
            payload: Vec::new(),
        };
        connection.client.hello(settings, &mut connection.payload);
        connection.frame();
        connection.flush().await?;
        while connection.client.welcome().is_none() {
            connection.next().await?;
        }
        Ok(connection)
    }

    /// What the client knows.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Sends a command. The number comes back in the answer ([`Client::command`]).
    ///
    /// # Errors
    /// [`ConnectionError::Io`].
    pub async fn send(&mut self, command: Command) -> Result<u32, ConnectionError> {
        let number = self.client.command(command, Instant::now(), &mut self.payload);
        self.frame();
        self.flush().await?;
        Ok(number)
    }

    /// Waits for the next thing that happens. May be dropped while it waits; nothing is lost then.
    ///
    /// # Errors
    /// [`ConnectionError`]; there is nothing more to come after it.
    pub async fn next(&mut self) -> Result<Received, ConnectionError> {
        loop {
            if let Some(received) = self.take_in()? {
                return Ok(received);
            }
            self.flush().await?;
            self.input.resize(READ_SIZE, 0);
            // What was read last is used up; until this is done there is nothing to be read from the buffer.
            self.unread = READ_SIZE;
            self.stream.readable().await?;
            match self.stream.try_read(&mut self.input) {
                Ok(0) => return Err(ConnectionError::Closed { code: None }),
                Ok(length) => {
                    self.input.truncate(length);
                    self.unread = 0;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Says goodbye and waits until the server has closed.
    ///
    /// # Errors
    /// [`ConnectionError`] if the connection broke before that.
    pub async fn close(mut self) -> Result<(), ConnectionError> {
        self.send(Command::Bye).await?;
        loop {
            match self.next().await {
                Ok(_) => {}
                Err(ConnectionError::Closed { .. }) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// The next event of what was read.
    fn take_in(&mut self) -> Result<Option<Received>, ConnectionError> {
        let mut rest = self.input.get_mut(self.unread..).unwrap_or_default();
        loop {
            let before = rest.len();
            let incoming = self.framing.next(&mut rest, &mut self.out)?;
            self.unread += before - rest.len();
            match incoming {
                None => return Ok(None),
                Some(Incoming::Message(message)) => {
                    return Ok(Some(self.client.receive(message, Instant::now())?));
                }
                Some(Incoming::Control) => {}
                Some(Incoming::Text) => return Err(Violation::Text.into()),
                Some(Incoming::Close { code }) => {
                    // The answer to the close goes out if it can; whether it arrives changes nothing.
                    let _ = self.stream.try_write(&self.out);
                    return Err(ConnectionError::Closed { code });
                }
            }
        }
    }

    fn frame(&mut self) {
        self.framing.message(&self.payload, &mut self.out);
        self.payload.clear();
    }

    async fn flush(&mut self) -> Result<(), ConnectionError> {
        while !self.out.is_empty() {
            self.stream.writable().await?;
            match self.stream.try_write(&self.out) {
                Ok(written) => drop(self.out.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Connects and does the HTTP part. Gives the connection, and what the server sent after its consent.
///
/// # Errors
/// [`ConnectionError::Io`] and [`ConnectionError::Handshake`].
pub async fn upgrade(address: &Address) -> Result<(TcpStream, Vec<u8>), ConnectionError> {
    let mut stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
    stream.set_nodelay(true)?;
    let (mut handshake, request) = handshake(address)?;
    stream.write_all(&request).await?;
    let mut input = [0; 1024];
    loop {
        let length = stream.read(&mut input).await?;
        if length == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        if let Some(accepted) = handshake.read(&input[..length])? {
            let rest = input.get(accepted.consumed..length).unwrap_or_default();
            return Ok((stream, rest.to_vec()));
        }
    }
}

impl Received {
    /// The event, if the message kept all promises.
    ///
    /// # Errors
    /// The [`Violation`] otherwise.
    pub fn sound(self) -> Result<Event, Violation> {
        match self.violation {
            None => Ok(self.event),
            Some(violation) => Err(violation),
        }
    }
}
