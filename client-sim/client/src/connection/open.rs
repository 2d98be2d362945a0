//! Opens a connection: TCP, TLS, the WebSocket handshake, hello and welcome.

use std::{collections::VecDeque, future::poll_fn, io};

use parlour_shared::{
    limits::{MAX_CLIENT_MESSAGE, MAX_SERVER_FRAME, SUBPROTOCOL_BINARY},
    problem::{MEDIA_TYPE, ProblemDetails},
};
use tokio::{net::TcpStream, time::sleep_until};
use tokio_tungstenite::{
    MaybeTlsStream, client_async_with_config,
    tungstenite::{
        Error as SocketError,
        client::IntoClientRequest as _,
        error::ProtocolError,
        handshake::client::{Request, Response},
        http::{
            HeaderValue,
            header::{CONTENT_TYPE, SEC_WEBSOCKET_PROTOCOL},
        },
        protocol::WebSocketConfig,
    },
};

use super::{
    Connection, Socket,
    error::{ConnectError, Disconnected},
    handle::channel,
    heartbeat::Heartbeat,
    input::InputClock,
    now,
    options::Options,
};
use crate::{
    address::{Address, AddressError},
    client::Client,
    event::Event,
};

/// The initial size of the read buffer in bytes. The buffer grows if a message is longer.
const READ_BUFFER: usize = 16 * 1024;
/// The hard limit of bytes that wait for the socket. It is never reached, because a command is
/// written only after the socket took the earlier ones.
const WRITE_BUFFER: usize = 4 * MAX_CLIENT_MESSAGE;
/// The maximum number of characters of a server's response in an error.
const MAX_ANSWER_CHARS: usize = 200;

pub(super) async fn open(address: &Address, options: Options) -> Result<Connection, ConnectError> {
    let socket = upgrade(address, &options).await?;
    let (handle, commands) = channel();
    let now = now();
    let mut connection = Connection {
        client: Client::new(),
        socket,
        handle,
        commands,
        unread: VecDeque::new(),
        input: InputClock::new(options.frames, options.lead),
        heartbeat: Heartbeat::new(now),
        timer: Box::pin(sleep_until(now.into())),
        timeout: options.timeout,
        strict: options.strict,
        violations: 0,
        last_violation: None,
        closing: None,
        is_leaving: false,
        write_error: None,
        end: None,
        is_end_given: false,
        address: address.clone(),
        options: options.clone(),
    };
    connection.write_hello(&options.settings);
    loop {
        if connection.next_event().await? == Event::Welcome {
            return Ok(connection);
        }
    }
}

/// Opens a new socket for the session of a connection.
pub(super) async fn resume(connection: &mut Connection) -> Result<(), ConnectError> {
    let options = connection.options.clone();
    let socket = upgrade(&connection.address, &options).await?;
    let (handle, commands) = channel();
    let now = now();
    connection.socket = socket;
    connection.handle = handle;
    connection.commands = commands;
    connection.input = InputClock::new(options.frames, options.lead);
    connection.heartbeat = Heartbeat::new(now);
    connection.closing = None;
    connection.write_error = None;
    connection.end = None;
    connection.is_end_given = false;
    connection.write_hello(&options.settings);
    loop {
        let event = poll_fn(|cx| connection.poll_socket(cx)).await?;
        let is_resumed = matches!(event, Event::Resumed { .. });
        connection.keep(event);
        if is_resumed {
            connection.write_unheard();
            return Ok(());
        }
    }
}

async fn upgrade(address: &Address, options: &Options) -> Result<Socket, ConnectError> {
    let request = request(address)?;
    if address.tls && cfg!(not(feature = "tls")) {
        return Err(ConnectError::TlsNotBuilt);
    }
    let stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
    stream.set_nodelay(true)?;
    let opened = if address.tls {
        tls_upgrade(request, stream, options).await?
    } else {
        client_async_with_config(request, MaybeTlsStream::Plain(stream), Some(limits())).await
    };
    opened.map(|(socket, _)| socket).map_err(refused)
}

type Opened = Result<(Socket, Response), SocketError>;

#[cfg(feature = "tls")]
async fn tls_upgrade(request: Request, stream: TcpStream, options: &Options) -> Result<Opened, ConnectError> {
    let connector = super::tls::connector(&options.trusted_certificates)?;
    let opened =
        tokio_tungstenite::client_async_tls_with_config(request, stream, Some(limits()), Some(connector));
    match opened.await {
        // tokio-rustls wraps the errors of rustls in this way.
        Err(SocketError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
            Err(ConnectError::Tls(error.to_string()))
        }
        opened => Ok(opened),
    }
}

#[cfg(not(feature = "tls"))]
async fn tls_upgrade(_: Request, _: TcpStream, _: &Options) -> Result<Opened, ConnectError> {
    Err(ConnectError::TlsNotBuilt)
}

/// Replaces the defaults of tungstenite: incoming messages of 64 MiB and an unlimited write buffer.
fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(MAX_CLIENT_MESSAGE)
        .max_write_buffer_size(WRITE_BUFFER)
        .max_message_size(Some(MAX_SERVER_FRAME))
        .max_frame_size(Some(MAX_SERVER_FRAME))
}

fn request(address: &Address) -> Result<Request, ConnectError> {
    let request = address.to_string().into_client_request();
    let mut request = request.map_err(|_| AddressError::Character)?;
    request.headers_mut().insert(
        SEC_WEBSOCKET_PROTOCOL,
        HeaderValue::from_static(SUBPROTOCOL_BINARY),
    );
    Ok(request)
}

fn refused(error: SocketError) -> ConnectError {
    match error {
        SocketError::Io(error) => ConnectError::Io(error),
        SocketError::Tls(error) => ConnectError::Tls(error.to_string()),
        SocketError::Http(response) => {
            let text = answer(&response);
            let text = text.trim().chars().filter(|letter| !letter.is_control());
            ConnectError::Refused {
                status: response.status().as_u16(),
                text: text.take(MAX_ANSWER_CHARS).collect(),
            }
        }
        // The server closed the socket, usually because it is stopping.
        SocketError::ConnectionClosed
        | SocketError::AlreadyClosed
        | SocketError::Protocol(ProtocolError::HandshakeIncomplete) => {
            ConnectError::Disconnected(Disconnected::lost(io::ErrorKind::UnexpectedEof.into()))
        }
        other => ConnectError::NotParlour(other.to_string()),
    }
}

/// Returns the text of an HTTP error: the detail of a problem (RFC 9457), or the whole body.
fn answer(response: &Response) -> String {
    let body = response.body().as_deref().unwrap_or_default();
    let content_type = response.headers().get(CONTENT_TYPE);
    let is_problem = content_type.is_some_and(|value| value.as_bytes().starts_with(MEDIA_TYPE.as_bytes()));
    let problem = is_problem.then(|| ProblemDetails::from_json(body)).flatten();
    problem.map_or_else(
        || String::from_utf8_lossy(body).into_owned(),
        |problem| problem.sentence().to_owned(),
    )
}
