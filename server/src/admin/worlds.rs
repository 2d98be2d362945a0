//! `/worlds`: the worlds and rooms of the node, and restarting a world.

mod report;

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use hyper::Uri;
use tokio::{sync::oneshot, time::timeout};

use super::Sources;
use crate::{
    desk::DeskView,
    http::{Answer, HttpProblem, ProblemKind, json, segment},
    node_status::{NodeStatus, RestartError},
    suggest::closest,
};
use report::NodeReport;

/// The time after which a request for a restart is given up. The desk answers within a few ms.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// `GET /worlds`.
pub(super) fn list(sources: &Sources) -> Result<Answer, HttpProblem> {
    let desk = sources
        .view
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let report = NodeReport::joined(desk, &sources.node.figures(), sources.node.loads());
    let report = serde_json::to_vec_pretty(&report);
    Ok(json(
        report.expect("strings and numbers always serialize to JSON"),
    ))
}

/// `POST /worlds/NAME/restart`.
pub(super) async fn restart(sources: &Sources, uri: &Uri) -> Result<Answer, HttpProblem> {
    if sources.playback.is_some() {
        return Err(HttpProblem::new(
            ProblemKind::WrongState,
            "a recording is served here: it has no worlds to restart",
        ));
    }
    request_restart(&sources.node, &sources.view, segment(uri, 1), ANSWER_TIMEOUT).await
}

async fn request_restart(
    node: &NodeStatus,
    view: &Mutex<DeskView>,
    world: &str,
    wait: Duration,
) -> Result<Answer, HttpProblem> {
    let (sender, receiver) = oneshot::channel();
    // Sending fails if the caller no longer waits. Nobody needs the answer then.
    let requested = node.request_restart(world, Box::new(|result| drop(sender.send(result))));
    requested.map_err(|error| problem(view, world, &error))?;
    match timeout(wait, receiver).await {
        Ok(Ok(Ok(()))) => {
            tracing::info!(world, "restart of a world requested on the admin port");
            let answer = serde_json::json!({ "world": world, "state": "rebuilding" });
            Ok(json(answer.to_string().into_bytes()))
        }
        Ok(Ok(Err(error))) => Err(problem(view, world, &error)),
        Ok(Err(_)) | Err(_) => Err(HttpProblem::new(
            ProblemKind::DeskBusy,
            "the desk does not answer: the log says why",
        )),
    }
}

fn problem(view: &Mutex<DeskView>, world: &str, error: &RestartError) -> HttpProblem {
    match error {
        RestartError::NoSuchWorld => no_such_world(view, world),
        RestartError::NotNow(_) => HttpProblem::new(ProblemKind::WrongState, error.to_string()),
        RestartError::TooMany => HttpProblem::new(ProblemKind::DeskBusy, error.to_string()),
    }
}

/// Returns whether the desk has a world with this name.
pub(super) fn is_world(view: &Mutex<DeskView>, name: &str) -> bool {
    let view = view.lock().unwrap_or_else(PoisonError::into_inner);
    view.worlds.iter().any(|world| world.name == name)
}

/// Returns the error for the name of a world that does not exist.
pub(super) fn no_such_world(view: &Mutex<DeskView>, world: &str) -> HttpProblem {
    let view = view.lock().unwrap_or_else(PoisonError::into_inner);
    let names = view.worlds.iter().map(|world| world.name.as_str());
    let advice = closest(world, names).map_or_else(
        || "GET /worlds lists the worlds".to_owned(),
        |meant| format!("did you mean `{meant}`?"),
    );
    HttpProblem::new(
        ProblemKind::NoSuchWorld,
        format!("there is no world with this name; {advice}"),
    )
}

#[cfg(test)]
mod tests {
    use parlour_tick::{WorldId, WorldKind};

    use super::*;
    use crate::desk::{WorldState, WorldView};

    fn view() -> Mutex<DeskView> {
        let main = WorldView {
            world: WorldId(0),
            name: "main".to_owned(),
            thread: 0,
            kind: WorldKind::Main,
            state: WorldState::Running,
            rooms: 0,
            players: 0,
            sessions: 0,
            panics: 0,
            restarts: 0,
        };
        Mutex::new(DeskView {
            worlds: vec![main],
            rooms: Vec::new(),
        })
    }

    fn answered(name: &'static str, answer: Option<Result<(), RestartError>>) -> Result<Answer, String> {
        let (node, view) = (NodeStatus::new(1), view());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let result = runtime.block_on(async {
            let desk = async {
                tokio::task::yield_now().await;
                for request in node.take_restarts() {
                    assert_eq!(request.world, name);
                    if let Some(answer) = answer.clone() {
                        request.answer(answer);
                    }
                }
            };
            tokio::join!(request_restart(&node, &view, name, Duration::from_secs(1)), desk).0
        });
        result.map_err(|problem| String::from_utf8(problem.into_bytes()).unwrap())
    }

    #[test]
    fn a_restart_is_answered_by_the_desk() {
        assert_eq!(answered("main", Some(Ok(()))).unwrap().status(), 200);
        for (answer, status, text) in [
            (
                Some(Err(RestartError::NotNow("rebuilding"))),
                "409",
                "the world is rebuilding",
            ),
            // The desk drops the request.
            (None, "503", "does not answer"),
        ] {
            let problem = answered("main", answer).unwrap_err();
            assert!(problem.contains(status) && problem.contains(text), "{problem}");
        }
    }

    #[test]
    fn an_unknown_world_is_answered_with_a_suggestion() {
        let problem = answered("mian", Some(Err(RestartError::NoSuchWorld))).unwrap_err();
        assert!(
            problem.contains("404") && problem.contains("did you mean `main`?"),
            "{problem}"
        );
        let problem = answered("office", Some(Err(RestartError::NoSuchWorld))).unwrap_err();
        assert!(problem.contains("GET /worlds lists the worlds"), "{problem}");
    }
}
