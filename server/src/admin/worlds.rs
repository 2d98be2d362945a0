//! `/worlds`: the worlds and rooms of the node, and restarting and moving a world.

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
    http::{Answer, HttpProblem, ProblemKind, json, parameter, segment},
    node_status::{NodeStatus, WorldOrder, WorldRequestError},
    suggest::closest,
};
use report::NodeReport;

/// The time after which a request is given up. The desk answers within a few ms.
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
    let (node, view, world) = (&sources.node, &sources.view, segment(uri, 1));
    request(node, view, world, WorldOrder::Restart, ANSWER_TIMEOUT).await
}

/// `POST /worlds/NAME/move?thread=N`.
pub(super) async fn change_thread(sources: &Sources, uri: &Uri) -> Result<Answer, HttpProblem> {
    if sources.playback.is_some() {
        return Err(HttpProblem::new(
            ProblemKind::WrongState,
            "a recording is served here: its world stays on its tick thread",
        ));
    }
    let thread = parameter(uri, "thread")?.parse().map_err(|_| {
        HttpProblem::new(
            ProblemKind::BadParameter,
            "thread is the number of a tick thread, as in GET /worlds",
        )
    })?;
    let (node, view, world) = (&sources.node, &sources.view, segment(uri, 1));
    request(node, view, world, WorldOrder::Move { thread }, ANSWER_TIMEOUT).await
}

async fn request(
    node: &NodeStatus,
    view: &Mutex<DeskView>,
    world: &str,
    order: WorldOrder,
    wait: Duration,
) -> Result<Answer, HttpProblem> {
    let (sender, receiver) = oneshot::channel();
    // Sending fails if the caller no longer waits. Nobody needs the answer then.
    let requested = node.request(world, order, Box::new(|result| drop(sender.send(result))));
    requested.map_err(|error| problem(view, world, &error))?;
    match timeout(wait, receiver).await {
        Ok(Ok(Ok(()))) => {
            let answer = match order {
                WorldOrder::Restart => {
                    tracing::info!(world, "restart of a world requested on the admin port");
                    serde_json::json!({ "world": world, "state": "rebuilding" })
                }
                WorldOrder::Move { thread } => {
                    tracing::info!(world, thread, "move of a world requested on the admin port");
                    serde_json::json!({ "world": world, "state": "moving", "thread": thread })
                }
            };
            Ok(json(answer.to_string().into_bytes()))
        }
        Ok(Ok(Err(error))) => Err(problem(view, world, &error)),
        Ok(Err(_)) | Err(_) => Err(HttpProblem::new(
            ProblemKind::DeskBusy,
            "the desk does not answer: the log says why",
        )),
    }
}

fn problem(view: &Mutex<DeskView>, world: &str, error: &WorldRequestError) -> HttpProblem {
    let kind = match error {
        WorldRequestError::NoSuchWorld => return no_such_world(view, world),
        WorldRequestError::NoSuchThread { .. } => ProblemKind::BadParameter,
        WorldRequestError::Shared | WorldRequestError::NotNow(_) | WorldRequestError::Stopping => {
            ProblemKind::WrongState
        }
        WorldRequestError::TooMany => ProblemKind::DeskBusy,
    };
    HttpProblem::new(kind, error.to_string())
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
            last_panic: None,
        };
        Mutex::new(DeskView {
            worlds: vec![main],
            rooms: Vec::new(),
        })
    }

    fn answered(
        name: &'static str,
        order: WorldOrder,
        answer: Option<Result<(), WorldRequestError>>,
    ) -> Result<Answer, String> {
        let (node, view) = (NodeStatus::new(1), view());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let result = runtime.block_on(async {
            let desk = async {
                tokio::task::yield_now().await;
                for request in node.take_requests() {
                    assert_eq!((&*request.world, request.order), (name, order));
                    if let Some(answer) = answer.clone() {
                        request.answer(answer);
                    }
                }
            };
            let wait = Duration::from_secs(1);
            tokio::join!(request(&node, &view, name, order, wait), desk).0
        });
        result.map_err(|problem| String::from_utf8(problem.into_bytes()).unwrap())
    }

    #[test]
    fn a_request_is_answered_by_the_desk() {
        for order in [WorldOrder::Restart, WorldOrder::Move { thread: 1 }] {
            assert_eq!(answered("main", order, Some(Ok(()))).unwrap().status(), 200);
            for (answer, status, text) in [
                (
                    Some(Err(WorldRequestError::NotNow("being rebuilt"))),
                    "409",
                    "the world is being rebuilt",
                ),
                (Some(Err(WorldRequestError::Shared)), "409", "only own worlds"),
                (
                    Some(Err(WorldRequestError::NoSuchThread { threads: 4 })),
                    "400",
                    "they are 0 to 3",
                ),
                // The desk drops the request.
                (None, "503", "does not answer"),
            ] {
                let problem = answered("main", order, answer).unwrap_err();
                assert!(problem.contains(status) && problem.contains(text), "{problem}");
            }
        }
    }

    #[test]
    fn an_unknown_world_is_answered_with_a_suggestion() {
        let problem = answered(
            "mian",
            WorldOrder::Restart,
            Some(Err(WorldRequestError::NoSuchWorld)),
        )
        .unwrap_err();
        assert!(
            problem.contains("404") && problem.contains("did you mean `main`?"),
            "{problem}"
        );
        let problem = answered(
            "office",
            WorldOrder::Restart,
            Some(Err(WorldRequestError::NoSuchWorld)),
        )
        .unwrap_err();
        assert!(problem.contains("GET /worlds lists the worlds"), "{problem}");
    }
}
