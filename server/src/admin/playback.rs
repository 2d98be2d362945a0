//! Watching the past: `/playback` says how it stands, and `POST`s below it change that.

use http_body_util::Full;
use hyper::{
    Method, Response, StatusCode, Uri,
    body::Bytes,
    header::{ALLOW, CONTENT_TYPE, HeaderValue},
};

use super::text;
use crate::playback::{ControlError, PlaybackControl, PlaybackStatus};

/// For the list of what there is.
pub(super) const INDEX: &str = "
/playback                        the past that is served: tick, time, speed, rooms
POST /playback/pause             stop at the present tick
POST /playback/play              go on
POST /playback/seek?to=MOMENT    a tick (1200), a distance (+10s, -10s) or a time (2026-01-31T12:00:00Z)
POST /playback/speed?x=NUMBER    0.1 to 16
POST /playback/follow?player=P   see through the eyes of a player, by name or id; empty: see everyone
";

/// Answers, if the path is one of these.
pub(super) async fn answer(
    control: &PlaybackControl,
    method: &Method,
    uri: &Uri,
) -> Option<Response<Full<Bytes>>> {
    let word = uri.path().strip_prefix("/playback")?;
    if !["", "/pause", "/play", "/seek", "/speed", "/follow"].contains(&word) {
        return None;
    }
    if word.is_empty() {
        return Some(match *method {
            Method::GET | Method::HEAD => told(control.look().await),
            _ => not_allowed("GET, HEAD"),
        });
    }
    if method != Method::POST {
        return Some(not_allowed("POST"));
    }
    let query = uri.query().unwrap_or_default();
    let done = match (word, query) {
        ("/pause", _) => control.pause().await,
        ("/play", _) => control.play().await,
        ("/seek", query) => match moment(query) {
            Ok(to) => control.seek(&to).await,
            Err(problem) => Err(problem),
        },
        ("/speed", query) => match value(query, "x") {
            Ok(speed) => control.speed(&speed).await,
            Err(problem) => Err(problem),
        },
        (_, query) => match value(query, "player") {
            Ok(player) => control.follow(&player).await,
            Err(problem) => Err(problem),
        },
    };
    Some(told(done))
}

fn told(answer: Result<PlaybackStatus, ControlError>) -> Response<Full<Bytes>> {
    match answer {
        Ok(picture) => {
            let mut json = serde_json::to_vec_pretty(&picture).expect("numbers and texts are JSON");
            json.push(b'\n');
            let mut response = text(StatusCode::OK, json);
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(CONTENT_TYPE, json);
            response
        }
        Err(ControlError::Wrong(why)) => text(StatusCode::BAD_REQUEST, why + "\n"),
        Err(ControlError::NotThere(why)) => text(StatusCode::NOT_FOUND, why + "\n"),
        Err(ControlError::NotNow(why)) => text(StatusCode::CONFLICT, why + "\n"),
    }
}

fn not_allowed(allowed: &'static str) -> Response<Full<Bytes>> {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, format!("{allowed} only\n"));
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

/// A value of the query. As in forms, a plus in it stands for a blank.
fn value(query: &str, name: &str) -> Result<String, ControlError> {
    form_urlencoded::parse(query.as_bytes())
        .find_map(|(key, value)| (key == name).then(|| value.into_owned()))
        .ok_or_else(|| ControlError::Wrong(format!("say what, as in ?{name}=...")))
}

/// The moment in the query. No moment begins with a blank, so a blank there was the plus of a distance: `to=+10s`.
fn moment(query: &str) -> Result<String, ControlError> {
    let to = value(query, "to")?;
    Ok(match to.strip_prefix(' ') {
        Some(distance) => format!("+{distance}"),
        None => to,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_forms() {
        let value = |query| value(query, "player").ok();
        assert_eq!(value("player=Ada+L%2B1").as_deref(), Some("Ada L+1"));
        assert_eq!(value("x=1&player=a%20b%C3%A9").as_deref(), Some("a bé"));
        assert_eq!(value("player=").as_deref(), Some(""));
        assert_eq!(value("player").as_deref(), Some(""));
        assert_eq!(value("player=a&player=b").as_deref(), Some("a"));
        for wrong in ["", "players=1", "Player=1"] {
            assert_eq!(value(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_distance_may_begin_with_a_plus_as_it_is() {
        let moment = |query| moment(query).ok();
        for query in ["to=+10s", "to=%2B10s", "to=%2b10s", "to=%2010s"] {
            assert_eq!(moment(query).as_deref(), Some("+10s"), "{query}");
        }
        assert_eq!(moment("to=-10s").as_deref(), Some("-10s"));
        assert_eq!(moment("to=1+2").as_deref(), Some("1 2"));
    }
}
