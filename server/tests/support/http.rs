//! HTTP requests over a plain TCP stream.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use super::raw_client::TIMEOUT;

/// A `GET` of the index page.
pub(crate) const GET_INDEX: &str = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// The header lines of a valid upgrade, except `host`.
pub(crate) const UPGRADE_HEADERS: &str = "connection: Upgrade\r\nupgrade: websocket\r\n\
                                          sec-websocket-version: 13\r\n\
                                          sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                                          sec-websocket-protocol: parlour.v1\r\n";

/// Opens a connection and sends nothing.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream
}

/// Sends a request and reads until the server closes the connection. Returns the answer.
pub(crate) fn exchange(mut stream: TcpStream, request: &str) -> String {
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// Splits an answer into its head and its body. The head keeps the end of its last line.
pub(crate) fn head_and_body(answer: &str) -> (&str, &str) {
    let end = answer.find("\r\n\r\n").expect("an answer has a head") + 2;
    (&answer[..end], &answer[end + 2..])
}

/// Returns the status of an answer.
pub(crate) fn status_of(answer: &str) -> u16 {
    answer[9..12].parse().unwrap()
}

/// Sends a request and reads the first line of the answer only. Returns the status.
pub(crate) fn status(mut stream: TcpStream, request: &str) -> u16 {
    let _ = stream.write_all(request.as_bytes());
    let mut line = [0; 12];
    stream.read_exact(&mut line).unwrap();
    status_of(std::str::from_utf8(&line).unwrap())
}

/// Reads the head of an answer with its empty line, and no byte after it.
pub(crate) fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a whole head");
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}
