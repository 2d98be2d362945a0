//! Servers with keys, clients with tokens, and a server that the auth thread can ask.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::SystemTime,
};

use parlour::{
    ServerOptions,
    auth::{DevelopmentKey, NewToken},
};
use parlour_shared::{
    limits::PROTOCOL,
    message::{ClientMessage, Hello, ServerMessage, Welcome},
};

use crate::support::{
    http,
    raw_client::RawClient,
    test_server::{TestServer, start_with},
};

/// Returns an empty directory for one test.
pub(crate) fn directory(test: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("auth").join(test);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

/// A server with a key, and the key.
pub(crate) struct Guarded {
    pub(crate) server: TestServer,
    pub(crate) key: DevelopmentKey,
}

/// Starts a server that verifies the tokens of a new key.
pub(crate) fn guarded(test: &str, change: impl FnOnce(&mut ServerOptions)) -> Guarded {
    let key = DevelopmentKey::generate().unwrap();
    let path = directory(test).join("dev.jwk");
    std::fs::write(&path, key.to_jwk()).unwrap();
    let server = start_with(|options| {
        options.auth.token_keys = Some(path);
        change(options);
    });
    Guarded { server, key }
}

impl Guarded {
    /// Returns a token for this user.
    pub(crate) fn token(&self, user: &str) -> String {
        self.sign(&NewToken::of_user(user))
    }

    pub(crate) fn sign(&self, token: &NewToken) -> String {
        self.key.sign(token, SystemTime::now()).unwrap()
    }

    /// Opens a WebSocket and sends a hello with this token.
    pub(crate) fn hello(&self, token: Option<&str>) -> RawClient {
        let mut client = self.server.websocket("parlour.v1");
        send_hello(&mut client, token);
        client
    }

    /// Opens a session with this token.
    pub(crate) fn player(&self, token: &str) -> RawClient {
        let mut client = self.hello(Some(token));
        welcome(&mut client);
        client
    }

    /// Returns how often clients were not authenticated for this reason.
    pub(crate) fn failures(&self, reason: &str) -> f64 {
        self.server
            .metric(&format!("parlour_auth_failures_total{{reason=\"{reason}\"}}"))
    }

    /// Asks for a ticket. Returns the answer.
    pub(crate) fn ask_for_ticket(&self, headers: &str) -> String {
        self.server.request(&format!(
            "POST /api/tickets HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: 0\r\n\r\n"
        ))
    }

    /// Returns a ticket for this token.
    pub(crate) fn ticket(&self, token: &str) -> String {
        let answer = self.ask_for_ticket(&format!("authorization: Bearer {token}\r\n"));
        assert_eq!(http::status_of(&answer), 200, "{answer}");
        let body: serde_json::Value = serde_json::from_str(http::head_and_body(&answer).1).unwrap();
        assert_eq!(body["expires_in"], 10);
        body["ticket"].as_str().unwrap().to_owned()
    }
}

/// Sends a hello with this token.
pub(crate) fn send_hello(client: &mut RawClient, token: Option<&str>) {
    client.send(&ClientMessage::Hello(Hello {
        protocol: PROTOCOL,
        name: "Guest".into(),
        token: token.map(str::to_owned),
        ..Hello::default()
    }));
}

/// Waits for the welcome.
#[track_caller]
pub(crate) fn welcome(client: &mut RawClient) -> Welcome {
    client.wait_for(|message| match message {
        ServerMessage::Welcome(welcome) => Some(welcome),
        _ => None,
    })
}

/// An HTTP server that answers each request with a status and a body, or not at all.
pub(crate) struct Oracle {
    pub(crate) address: SocketAddr,
    state: Arc<OracleState>,
}

struct OracleState {
    answer: Mutex<Option<(u16, String)>>,
    requests: AtomicUsize,
    last: Mutex<String>,
}

impl Oracle {
    /// Starts a server with this answer. `None`: it accepts connections and answers nothing.
    pub(crate) fn start(answer: Option<(u16, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(OracleState {
            answer: Mutex::new(answer),
            requests: AtomicUsize::new(0),
            last: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = read_request(&mut stream);
                *shared.last.lock().unwrap() = request;
                shared.requests.fetch_add(1, Ordering::SeqCst);
                let answer = shared.answer.lock().unwrap().clone();
                match answer {
                    Some((status, body)) => {
                        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
                        let _ = stream.write_all(format!("{head}{body}").as_bytes());
                    }
                    None => silent.push(stream),
                }
            }
        });
        Self { address, state }
    }

    pub(crate) fn url(&self, path: &str) -> parlour::auth::HttpUrl {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    pub(crate) fn answer_with(&self, answer: Option<(u16, String)>) {
        *self.state.answer.lock().unwrap() = answer;
    }

    /// Returns the number of requests so far.
    pub(crate) fn requests(&self) -> usize {
        self.state.requests.load(Ordering::SeqCst)
    }

    /// Returns the last request.
    pub(crate) fn last(&self) -> String {
        self.state.last.lock().unwrap().clone()
    }
}

/// Reads the head, and as much of the body as the head says.
fn read_request(stream: &mut TcpStream) -> String {
    let mut text = http::read_head(stream);
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.trim().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    text.push_str(&String::from_utf8(body).unwrap());
    text
}
