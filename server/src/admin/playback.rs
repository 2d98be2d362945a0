//! Watching a recording: `GET /playback` reads its state, and `POST`s below it change the state.

use hyper::Uri;

use super::Sources;
use crate::{
    http::{Answer, HttpProblem, ProblemKind, json, parameter},
    playback::{ControlError, PlaybackControl, PlaybackStatus},
};

/// The routes of a playback, for the first page of the admin port.
pub(super) const INDEX: &str = "
/playback                        the playback: tick, time, speed, rooms
POST /playback/pause             pause at the current tick
POST /playback/play              continue
POST /playback/seek?to=MOMENT    a tick (1200), an offset (+10s, -10s) or a time (2026-01-31T12:00:00Z)
POST /playback/speed?x=NUMBER    0.1 to 16
POST /playback/follow?player=P   see what a player sees, by name or id; empty: follow nobody
";

pub(super) async fn status(sources: &Sources) -> Result<Answer, HttpProblem> {
    status_or_problem(control(sources)?.status().await)
}

pub(super) async fn pause(sources: &Sources) -> Result<Answer, HttpProblem> {
    status_or_problem(control(sources)?.pause().await)
}

pub(super) async fn play(sources: &Sources) -> Result<Answer, HttpProblem> {
    status_or_problem(control(sources)?.play().await)
}

pub(super) async fn seek(sources: &Sources, uri: &Uri) -> Result<Answer, HttpProblem> {
    let control = control(sources)?;
    status_or_problem(control.seek(&moment(uri)?).await)
}

pub(super) async fn speed(sources: &Sources, uri: &Uri) -> Result<Answer, HttpProblem> {
    let control = control(sources)?;
    status_or_problem(control.speed(&parameter(uri, "x")?).await)
}

pub(super) async fn follow(sources: &Sources, uri: &Uri) -> Result<Answer, HttpProblem> {
    let control = control(sources)?;
    status_or_problem(control.follow(&parameter(uri, "player")?).await)
}

fn control(sources: &Sources) -> Result<&PlaybackControl, HttpProblem> {
    sources.playback.as_ref().ok_or_else(|| {
        HttpProblem::new(
            ProblemKind::NotFound,
            "no recording is served here; the command `replay FILE --serve` serves one",
        )
    })
}

fn status_or_problem(answer: Result<PlaybackStatus, ControlError>) -> Result<Answer, HttpProblem> {
    let status = answer.map_err(|error| match error {
        ControlError::BadParameter(why) => HttpProblem::new(ProblemKind::BadParameter, why),
        ControlError::NoSuchPlayer(why) => HttpProblem::new(ProblemKind::NoSuchPlayer, why),
        ControlError::WrongState(why) => HttpProblem::new(ProblemKind::WrongState, why),
    })?;
    let status = serde_json::to_vec_pretty(&status);
    Ok(json(
        status.expect("strings and numbers always serialize to JSON"),
    ))
}

/// Returns the moment in the query. No moment starts with a space, so a leading space was the plus
/// of an offset, as in `to=+10s`.
fn moment(uri: &Uri) -> Result<String, HttpProblem> {
    let to = parameter(uri, "to")?;
    Ok(match to.strip_prefix(' ') {
        Some(offset) => format!("+{offset}"),
        None => to,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plus_of_an_offset_may_be_escaped_or_not() {
        let moment = |query: &str| moment(&format!("/playback/seek?{query}").parse().unwrap()).ok();
        for query in ["to=+10s", "to=%2B10s", "to=%2b10s", "to=%2010s"] {
            assert_eq!(moment(query).as_deref(), Some("+10s"), "{query}");
        }
        assert_eq!(moment("to=-10s").as_deref(), Some("-10s"));
        assert_eq!(moment("to=1+2").as_deref(), Some("1 2"));
    }
}
