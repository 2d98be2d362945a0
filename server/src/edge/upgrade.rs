//! Decides whether a request for `/ws` becomes a WebSocket.

use hyper::{
    HeaderMap, Request, Version,
    body::Body,
    header::{
        CONNECTION, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
        SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use parlour_shared::{
    limits::{SUBPROTOCOL_BINARY, SUBPROTOCOL_JSON},
    websocket::handshake::{accept_key, is_valid_key},
};

use super::Wire;
use crate::http::{Answer, Destination, HttpProblem, ProblemKind, is_forwarded, switch};

/// The result of a valid upgrade request.
#[derive(Debug)]
pub(super) struct Upgrade {
    pub(super) wire: Wire,
    /// Whether a person at this machine may type the hello, according to the request.
    pub(super) may_be_typed: bool,
    accept: String,
}

/// Checks a `GET` for `/ws`. The error names the first fault.
pub(super) fn judge<B: Body>(request: &Request<B>, to: &Destination) -> Result<Upgrade, HttpProblem> {
    let headers = request.headers();
    if request.version() != Version::HTTP_11 {
        return Err(bad_request("WebSocket needs HTTP/1.1"));
    }
    if !lists(headers, &CONNECTION, "upgrade") || !lists(headers, &UPGRADE, "websocket") {
        return Err(upgrade_required("connect here with WebSocket"));
    }
    if only(headers, &SEC_WEBSOCKET_VERSION) != Some("13") {
        return Err(upgrade_required("the server speaks only version 13 of WebSocket"));
    }
    let key = only(headers, &SEC_WEBSOCKET_KEY).filter(|key| is_valid_key(key));
    let Some(key) = key else {
        return Err(bad_request("Sec-WebSocket-Key must be 16 bytes in base64"));
    };
    if !request.body().is_end_stream() {
        return Err(bad_request("a WebSocket request has no body"));
    }
    let Some(wire) = tokens(headers, &SEC_WEBSOCKET_PROTOCOL).find_map(Wire::from_subprotocol) else {
        let text =
            format!("offer one of the WebSocket subprotocols {SUBPROTOCOL_BINARY} and {SUBPROTOCOL_JSON}");
        return Err(HttpProblem::new(ProblemKind::Subprotocol, text));
    };
    Ok(Upgrade {
        wire,
        may_be_typed: wire == Wire::Json && to.is_loopback() && !is_forwarded(headers),
        accept: accept_key(key),
    })
}

impl Upgrade {
    /// Returns the response with status 101.
    pub(super) fn answer(&self) -> Answer {
        let mut answer = switch();
        let headers = answer.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        // Base64 is a valid header value.
        if let Ok(accept) = HeaderValue::from_str(&self.accept) {
            headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
        }
        headers.insert(
            SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static(self.wire.subprotocol()),
        );
        answer
    }
}

fn bad_request(text: &'static str) -> HttpProblem {
    HttpProblem::new(ProblemKind::BadRequest, text)
}

fn upgrade_required(text: &'static str) -> HttpProblem {
    HttpProblem::new(ProblemKind::UpgradeRequired, text)
        .with(UPGRADE, HeaderValue::from_static("websocket"))
        .with(CONNECTION, HeaderValue::from_static("Upgrade, close"))
        .with(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"))
}

/// Returns the value of a header that occurs once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().map(str::trim),
        _ => None,
    }
}

fn tokens<'a>(headers: &'a HeaderMap, name: &'a HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter();
    let texts = values.filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).map(str::trim)
}

fn lists(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    tokens(headers, name).any(|item| item.eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use http_body_util::Empty;
    use hyper::body::Bytes;

    use super::*;
    use crate::http::Policy;

    const GOOD: [(&str, &str); 6] = [
        ("host", "localhost"),
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-protocol", "chat, parlour.v1.json, parlour.v1"),
    ];

    /// Returns the valid request with one header changed, or omitted.
    fn with(name: &str, value: Option<&str>) -> Result<Upgrade, HttpProblem> {
        let mut request = Request::get("/ws");
        for (header, good) in GOOD {
            let value = if header == name { value } else { Some(good) };
            if let Some(value) = value {
                request = request.header(header, value);
            }
        }
        if let Some(value) = value.filter(|_| GOOD.iter().all(|(header, _)| *header != name)) {
            request = request.header(name, value);
        }
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        let to = Policy::default().host(&request, Ipv4Addr::LOCALHOST.into());
        judge(&request, &to.unwrap())
    }

    fn status(name: &str, value: Option<&str>) -> u16 {
        with(name, value).unwrap_err().into_answer().status().as_u16()
    }

    #[test]
    fn the_first_known_subprotocol_is_chosen() {
        let upgrade = with("x", None).unwrap();
        assert_eq!(upgrade.wire, Wire::Json);
        let response = upgrade.answer();
        assert_eq!(response.status(), 101);
        // The example of RFC 6455, section 1.3.
        let accept = &response.headers()["sec-websocket-accept"];
        assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(response.headers()["sec-websocket-protocol"], "parlour.v1.json");
    }

    #[test]
    fn json_over_loopback_may_be_typed() {
        let may_be_typed = |name, value| with(name, Some(value)).unwrap().may_be_typed;
        assert!(may_be_typed("x", "y"));
        assert!(may_be_typed("host", "127.0.0.1:7373"));
        assert!(!may_be_typed("sec-websocket-protocol", "parlour.v1"));
        // A proxy on this machine has clients elsewhere.
        for (name, value) in [
            ("x-forwarded-for", "192.0.2.1"),
            ("forwarded", "for=192.0.2.1"),
            ("via", "1.1 proxy"),
            ("x-real-ip", "192.0.2.1"),
        ] {
            assert!(!may_be_typed(name, value), "{name}");
        }
        let request = Request::get("/ws").header("host", "play.example.org");
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        let to = Policy::default().host(&request, Ipv4Addr::new(192, 0, 2, 1).into());
        assert!(!to.unwrap().is_loopback());
    }

    #[test]
    fn each_fault_has_its_status() {
        assert_eq!(status("connection", Some("close")), 426);
        assert_eq!(status("upgrade", None), 426);
        assert_eq!(status("sec-websocket-version", Some("8")), 426);
        assert_eq!(status("sec-websocket-key", Some("short")), 400);
        assert_eq!(status("sec-websocket-key", None), 400);
        assert_eq!(status("sec-websocket-protocol", None), 400);
        assert_eq!(status("sec-websocket-protocol", Some("PARLOUR.V1")), 400);
        let answer = with("sec-websocket-version", None).unwrap_err().into_answer();
        assert_eq!(answer.headers()["sec-websocket-version"], "13");
    }
}
