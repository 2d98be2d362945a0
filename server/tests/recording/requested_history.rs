//! The history, written or downloaded on request.

use std::thread;

use parlour_recording::format::{EndReason, Ending};
use parlour_sim::Logic;

use crate::{
    replay::{replay, replay_file},
    support::{Bots, Directory, admin, admin_at, await_metric, bundled, metric, start},
};

#[test]
fn a_post_writes_the_history_and_says_where() {
    let directory = Directory::new();
    let server = start(&directory, |options| {
        options.recording.history = std::time::Duration::from_secs(2);
    });
    let address = server.admin_addr();
    let bots = Bots::start(server.listen_addr(), 10);
    await_metric(address, "parlour_tick", 300.0);
    let before = metric(address, "parlour_tick") as u32;
    let (head, body) = admin(address, "POST /history", "");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let files = directory.files_ending("-asked.plr");
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(answer["path"], files[0].to_str().unwrap());
    let size = std::fs::metadata(&files[0]).unwrap().len();
    assert_eq!(answer["bytes"], size);

    let replayed = replay_file(&files[0], &bundled(), &Logic::default());
    assert!(replayed.begins_saved && replayed.events > 0);
    assert_eq!(replayed.header.history.as_deref(), Some("asked"));
    assert_eq!(answer["first_tick"], replayed.first);
    assert_eq!(answer["last_tick"], replayed.last);
    assert_eq!(answer["ticks"], replayed.ticks);
    assert!((120..=240).contains(&replayed.ticks), "{}", replayed.ticks);
    assert!(replayed.last >= before, "up to the moment of the request");
    let Ending::Ended { reason, .. } = replayed.ending else {
        panic!("{:?}", replayed.ending)
    };
    assert_eq!(reason, EndReason::Stopped);
    assert_eq!(
        metric(address, "parlour_history_written_total{reason=\"asked\"}"),
        1.0
    );

    let (head, body) = admin(address, "POST /history/download", "");
    assert!(
        head.starts_with("HTTP/1.1 200 ") && head.contains(".plr\""),
        "{head}"
    );
    let downloaded = replay(body, &bundled(), &Logic::default());
    assert!(downloaded.begins_saved && downloaded.last >= replayed.last);
    assert_eq!(downloaded.header.history.as_deref(), Some("asked"));
    assert_eq!(
        directory.files_ending("-asked.plr").len(),
        1,
        "a download leaves no file"
    );
    assert!(bots.stop().is_clean());
}

#[test]
fn without_a_history_the_answer_says_how_to_enable_it() {
    let directory = Directory::new();
    let server = start(&directory, |options| {
        options.recording.history = std::time::Duration::ZERO;
    });
    for path in ["/history", "/history/download"] {
        let (head, body) = admin(server.admin_addr(), &format!("POST {path}"), "");
        assert!(head.starts_with("HTTP/1.1 409 "), "{head}");
        assert!(String::from_utf8(body).unwrap().contains("--history 60s"));
    }
    assert_eq!(directory.files_ending("-asked.plr").len(), 0);
}

#[test]
fn foreign_web_pages_can_neither_read_the_history_nor_fill_the_disk() {
    let directory = Directory::new();
    let server = start(&directory, |_| {});
    await_metric(server.admin_addr(), "parlour_history_bytes", 1.0);
    let status = |request: &str, headers: &str| {
        let (head, body) = admin(server.admin_addr(), request, headers);
        let status: u16 = head[9..12].parse().unwrap();
        assert!(
            status == 200 || !body.starts_with(b"\x89PLR"),
            "{request} {headers}"
        );
        status
    };
    for request in ["GET /history", "POST /history", "POST /history/download"] {
        for headers in [
            // An <img> or a script, two kinds of form, and a page without an origin.
            "sec-fetch-site: cross-site\r\nsec-fetch-mode: no-cors\r\nsec-fetch-dest: image\r\n",
            "origin: https://example.org\r\nsec-fetch-site: cross-site\r\n",
            "origin: https://example.org\r\ncontent-type: text/plain\r\ncontent-length: 0\r\n",
            "origin: null\r\n",
        ] {
            assert_eq!(status(request, headers), 403, "{request} {headers}");
        }
        // DNS rebinding: the name of the page resolves to this machine.
        let rebound = "sec-fetch-site: same-origin\r\norigin: http://evil.example:7374\r\n";
        let (head, _) = admin_at(server.admin_addr(), "evil.example:7374", request, rebound);
        assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
        let (head, _) = admin_at(server.admin_addr(), "evil.example:7374", request, "");
        assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
    }
    for request in ["GET /history", "GET /history/download", "DELETE /history"] {
        assert_eq!(status(request, ""), 405, "{request}");
    }
    assert_eq!(status("POST /history/other", ""), 404);
    assert_eq!(status("POST /livez", ""), 405);
    assert_eq!(directory.files_ending("-asked.plr").len(), 0);
    // A page of this machine is allowed.
    let own = "origin: http://localhost:3000\r\nsec-fetch-site: same-site\r\n";
    assert_eq!(status("POST /history/download", own), 200);
}

#[test]
fn concurrent_requests_write_one_file() {
    let directory = Directory::new();
    let server = start(&directory, |_| {});
    let address = server.admin_addr();
    await_metric(address, "parlour_history_bytes", 1.0);
    let requests: Vec<_> = (0..8)
        .map(|_| thread::spawn(move || admin(address, "POST /history", "")))
        .collect();
    let heads: Vec<String> = requests
        .into_iter()
        .map(|request| request.join().unwrap().0)
        .collect();
    let (written, refused): (Vec<&String>, Vec<&String>) =
        heads.iter().partition(|head| head.starts_with("HTTP/1.1 200 "));
    assert_eq!(written.len(), directory.files_ending("-asked.plr").len());
    // All requests fall within a second, or on a very slow machine within a few.
    assert!(!written.is_empty() && written.len() < 8, "{heads:?}");
    for head in refused {
        assert!(
            head.starts_with("HTTP/1.1 503 ") && head.contains("retry-after: 1"),
            "{head}"
        );
    }
}
