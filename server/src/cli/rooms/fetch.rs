//! A request to the admin port of a server on this machine or network.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

use crate::{cli::exit::Exit, secret::Secret};

/// The time limit to connect, and for each part of the answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The maximum size of an answer. A room takes about 200 bytes, and a node has at most 100,000.
const MAX_ANSWER: u64 = 64 << 20;

/// What the port for clients answers to a path that it does not have.
const CLIENT_PORT: &str = "connect at /ws";

/// Returns the body of the answer to a `GET`. An error names this program.
pub(super) fn get(
    program: &str,
    admin: SocketAddr,
    path: &str,
    token: Option<&Secret>,
) -> Result<String, Exit> {
    let answer = exchange(admin, path, token).map_err(|error| {
        Exit::unavailable(format!(
            "no server answers at {admin}: {error}; start one with `{program}`, or name the admin address of a \
             running one with --admin"
        ))
    })?;
    body(&answer).map_err(|why| {
        Exit::unavailable(match why.contains(CLIENT_PORT) {
            true => format!(
                "{admin} is the port for clients (the setting listen); --admin takes the address of the admin port, \
                 which the server prints when it starts"
            ),
            false => format!("{admin} answers, but not like Parlour: {why}"),
        })
    })
}

fn exchange(admin: SocketAddr, path: &str, token: Option<&Secret>) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&admin, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let token = token.map_or_else(String::new, |token| {
        format!("authorization: Bearer {}\r\n", token.expose())
    });
    let request = format!("GET {path} HTTP/1.1\r\nhost: {admin}\r\n{token}connection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut answer)?;
    Ok(answer)
}

/// Returns the body of a successful answer, or why there is none.
fn body(answer: &[u8]) -> Result<String, String> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").ok_or("it is not HTTP")?;
    let status = head
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.split(' ').next())
        .ok_or("it is not HTTP")?;
    if status == "200" {
        return Ok(body.to_owned());
    }
    // Errors of Parlour are problem details.
    let detail = serde_json::from_str(body)
        .ok()
        .and_then(|problem: Value| Some(problem.get("detail")?.as_str()?.to_owned()));
    Err(format!(
        "status {status}{}",
        detail.map_or_else(String::new, |detail| format!(", {detail}"))
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_successful_answer_has_a_body() {
        assert_eq!(
            body(b"HTTP/1.1 200 OK\r\na: b\r\n\r\n{}\n").as_deref(),
            Ok("{}\n")
        );
        for (answer, why) in [
            (&b"SSH-2.0\r\n"[..], "it is not HTTP"),
            (b"SSH\r\n\r\n", "it is not HTTP"),
            (b"", "it is not HTTP"),
            (b"HTTP/1.1 502 Bad gateway\r\n\r\n<html>", "status 502"),
            (
                b"HTTP/1.1 403 Forbidden\r\n\r\n{\"detail\":\"the host is not allowed\"}",
                "status 403, the host is not allowed",
            ),
        ] {
            assert_eq!(body(answer).unwrap_err(), why);
        }
    }
}
