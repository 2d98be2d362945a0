//! `/worlds`: the worlds and rooms of the node, and restarting a world.

use std::{sync::Arc, time::Duration};

use hyper::Uri;
use tokio::{sync::oneshot, time::timeout};

use super::Sources;
use crate::{
    http::{Answer, HttpProblem, ProblemKind, json, segment},
    node_status::{NodeStatus, RestartError},
    suggest::closest,
};

/// The time after which a request for a restart is given up. The desk answers within a few ms.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// `GET /worlds`.
pub(super) fn list(sources: &Sources) -> Result<Answer, HttpProblem> {
    let report = serde_json::to_vec_pretty(&sources.node.report());
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
    request_restart(&sources.node, segment(uri, 1), ANSWER_TIMEOUT).await
}

async fn request_restart(node: &Arc<NodeStatus>, world: &str, wait: Duration) -> Result<Answer, HttpProblem> {
    let (sender, receiver) = oneshot::channel();
    // Sending fails if the caller no longer waits. Nobody needs the answer then.
    let requested = node.request_restart(world, Box::new(|result| drop(sender.send(result))));
    requested.map_err(|error| problem(node, world, &error))?;
    match timeout(wait, receiver).await {
        Ok(Ok(Ok(()))) => {
            tracing::info!(world, "restart of a world requested on the admin port");
            let answer = serde_json::json!({ "world": world, "state": "rebuilding" });
            Ok(json(answer.to_string().into_bytes()))
        }
        Ok(Ok(Err(error))) => Err(problem(node, world, &error)),
        Ok(Err(_)) | Err(_) => Err(HttpProblem::new(
            ProblemKind::DeskBusy,
            "the desk does not answer: the log says why",
        )),
    }
}

fn problem(node: &NodeStatus, world: &str, error: &RestartError) -> HttpProblem {
    match error {
        RestartError::NoSuchWorld => no_such_world(node, world),
        RestartError::NotNow(_) => HttpProblem::new(ProblemKind::WrongState, error.to_string()),
        RestartError::TooMany => HttpProblem::new(ProblemKind::DeskBusy, error.to_string()),
    }
}

/// Returns the error for the name of a world that does not exist.
pub(super) fn no_such_world(node: &NodeStatus, world: &str) -> HttpProblem {
    let report = node.report();
    let names = report.worlds.iter().map(|world| world.name.as_str());
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
    use crate::node_status::{DeskReport, DeskWorld, WorldState};

    fn node() -> Arc<NodeStatus> {
        let node = NodeStatus::new(1);
        node.publish_desk(DeskReport {
            worlds: vec![DeskWorld {
                world: WorldId(0),
                name: "main".to_owned(),
                kind: WorldKind::Main,
                thread: 0,
                state: WorldState::Running,
                panics: 0,
                restarts: 0,
                rooms: Vec::new(),
            }],
            in_lobby: 0,
        });
        Arc::new(node)
    }

    fn answered(name: &'static str, answer: Option<Result<(), RestartError>>) -> Result<Answer, String> {
        let node = node();
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
            tokio::join!(request_restart(&node, name, Duration::from_secs(1)), desk).0
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
