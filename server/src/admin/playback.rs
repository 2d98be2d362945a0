//! Watching the past: `/playback` says how it stands, and `POST`s below it change that.

use http_body_util::Full;
use hyper::{
    HeaderMap, Method, Response, StatusCode, Uri,
    body::Bytes,
    header::{ALLOW, CONTENT_TYPE, HeaderValue, ORIGIN},
};

use super::text;
use crate::{
    edge::is_loopback,
    replay::{Console, Picture, Problem},
};

/// For the list of what there is.
pub(super) const INDEX: &str = "
/playback                        the past that is served: tick, time, speed, rooms
POST /playback/pause             stop at the present tick
POST /playback/play              go on
POST /playback/seek?to=MOMENT    a tick (1200), a distance (+10s, -10s) or a time (2026-01-31T12:00:00Z)
POST /playback/speed?x=NUMBER    0.1 to 16
POST /playback/follow?player=P   see through the eyes of a player, by name or id; empty: see everyone
";

const FROM_A_PAGE: &str = "not from a web page: a page elsewhere could do this behind your back. Use curl, or a page \
                           that is served from localhost\n";

/// Answers, if the path is one of these.
pub(super) async fn answer(
    console: &Console,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Option<Response<Full<Bytes>>> {
    let word = uri.path().strip_prefix("/playback")?;
    if !["", "/pause", "/play", "/seek", "/speed", "/follow"].contains(&word) {
        return None;
    }
    if word.is_empty() {
        return Some(match *method {
            Method::GET | Method::HEAD => told(console.look().await),
            _ => not_allowed("GET, HEAD"),
        });
    }
    if method != Method::POST {
        return Some(not_allowed("POST"));
    }
    if !is_harmless(headers) {
        return Some(text(StatusCode::FORBIDDEN, FROM_A_PAGE));
    }
    let query = uri.query().unwrap_or_default();
    let done = match (word, query) {
        ("/pause", _) => console.pause().await,
        ("/play", _) => console.play().await,
        ("/seek", query) => match value(query, "to") {
            Ok(to) => console.seek(&to).await,
            Err(problem) => Err(problem),
        },
        ("/speed", query) => match value(query, "x") {
            Ok(speed) => console.speed(&speed).await,
            Err(problem) => Err(problem),
        },
        (_, query) => match value(query, "player") {
            Ok(player) => console.follow(&player).await,
            Err(problem) => Err(problem),
        },
    };
    Some(told(done))
}

fn told(answer: Result<Picture, Problem>) -> Response<Full<Bytes>> {
    match answer {
        Ok(picture) => {
            let mut json = serde_json::to_vec_pretty(&picture).expect("numbers and texts are JSON");
            json.push(b'\n');
            let mut response = text(StatusCode::OK, json);
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(CONTENT_TYPE, json);
            response
        }
        Err(Problem::Wrong(why)) => text(StatusCode::BAD_REQUEST, why + "\n"),
        Err(Problem::NotThere(why)) => text(StatusCode::NOT_FOUND, why + "\n"),
        Err(Problem::NotNow(why)) => text(StatusCode::CONFLICT, why + "\n"),
    }
}

fn not_allowed(allowed: &'static str) -> Response<Full<Bytes>> {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, format!("{allowed} only\n"));
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

/// Browsers name the origin of the page that posts; other tools send none.
fn is_harmless(headers: &HeaderMap) -> bool {
    headers.get_all(ORIGIN).iter().all(|origin| {
        let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        origin.is_some_and(|(_, authority)| is_loopback(authority))
    })
}

/// A value of the query, with its percent signs resolved. A plus is a plus: `to=+10s`.
fn value(query: &str, name: &str) -> Result<String, Problem> {
    let of_name = |pair: &str| {
        pair.split_once('=')
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    };
    let Some(raw) = query.split('&').find_map(of_name) else {
        return Err(Problem::Wrong(format!("say what, as in ?{name}=...")));
    };
    unescape(&raw).ok_or_else(|| Problem::Wrong(format!("?{name}= is not well-formed text")))
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let digit = |digit: u8| char::from(digit).to_digit(16);
        bytes.push((digit(digits[0])? * 16 + digit(digits[1])?) as u8);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_unescaped_and_a_plus_stays() {
        let value = |query| value(query, "to").ok();
        assert_eq!(value("to=+10s").as_deref(), Some("+10s"));
        assert_eq!(value("x=1&to=a%20b%C3%A9").as_deref(), Some("a bé"));
        assert_eq!(value("to=").as_deref(), Some(""));
        for wrong in ["", "to", "too=1", "to=%", "to=%4", "to=%zz", "to=%ff", "to=%+1"] {
            assert_eq!(value(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn pages_from_elsewhere_are_not_obeyed() {
        let harmless = |origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
            is_harmless(&headers)
        };
        assert!(is_harmless(&HeaderMap::new()));
        assert!(
            harmless("http://localhost:8080") && harmless("http://127.0.0.1") && harmless("http://[::1]:1")
        );
        for page in ["https://example.org", "null", "http://localhost.example.org", ""] {
            assert!(!harmless(page), "{page}");
        }
    }
}
