//! Tests of the reports of a node.

use std::sync::mpsc;

use super::*;

#[test]
fn the_figures_of_all_threads_are_sorted_by_world() {
    let status = NodeStatus::new(2);
    let figures = |world, tick| WorldFigures {
        world: WorldId(world),
        tick,
        ..WorldFigures::default()
    };
    assert!(status.publish_thread(0, 0.5, &mut vec![figures(4, 40), figures(9, 90)]));
    assert!(status.publish_thread(1, 0.25, &mut vec![figures(7, 70)]));
    // A thread that does not exist changes nothing.
    assert!(status.publish_thread(2, 1.0, &mut vec![figures(5, 50)]));
    assert_eq!(status.figures(), [figures(4, 40), figures(7, 70), figures(9, 90)]);
    assert_eq!(status.loads(), [0.5, 0.25]);
    assert!(status.publish_thread(0, 0.0, &mut vec![figures(4, 100)]));
    assert_eq!(status.figures(), [figures(4, 100), figures(7, 70)]);
    // A world has just moved: its figures on the old thread are too old.
    assert!(status.publish_thread(0, 0.0, &mut vec![figures(4, 160), figures(7, 130)]));
    assert_eq!(status.figures(), [figures(4, 160), figures(7, 130)]);
}

#[test]
fn a_tick_thread_gets_its_memory_back_and_never_waits() {
    let status = NodeStatus::new(1);
    let mut worlds = Vec::with_capacity(100);
    worlds.push(WorldFigures::default());
    assert!(status.publish_thread(0, 0.0, &mut worlds));
    worlds.push(WorldFigures::default());
    assert!(status.publish_thread(0, 0.0, &mut worlds));
    assert!(
        worlds.is_empty() && worlds.capacity() >= 100,
        "the first list is back"
    );
    worlds.push(WorldFigures::default());
    let reading = locked(&status.threads[0].worlds);
    assert!(!status.publish_thread(0, 0.0, &mut worlds));
    assert_eq!(worlds.len(), 1, "the figures are kept for the next try");
    drop(reading);
    assert!(status.publish_thread(0, 0.0, &mut worlds));
}

#[test]
fn the_desk_takes_and_answers_requests_which_are_bounded() {
    let status = NodeStatus::new(1);
    let (sender, answers) = mpsc::sync_channel(100);
    let request = |name: &str| {
        let sender = sender.clone();
        let answer = Box::new(move |result| drop(sender.try_send(result)));
        status.request(name, WorldOrder::Restart, answer)
    };
    request("main").unwrap();
    request("nothing").unwrap();
    let taken = status.take_requests();
    assert_eq!(
        taken.iter().map(|request| &*request.world).collect::<Vec<_>>(),
        ["main", "nothing"]
    );
    for (request, result) in taken
        .into_iter()
        .zip([Ok(()), Err(WorldRequestError::NoSuchWorld)])
    {
        request.answer(result);
    }
    assert_eq!(
        answers.try_iter().collect::<Vec<_>>(),
        [Ok(()), Err(WorldRequestError::NoSuchWorld)]
    );
    assert!(status.take_requests().is_empty());
    let refused = (0..20).filter(|_| request("main").is_err()).count();
    assert_eq!(refused, 4);
}
