//! When a server starts, its log names the systems whose parameters know something that is not part
//! of the state: once for each room type, not for each world.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    io::{self, Write},
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use parlour::prelude::*;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn count(mut count: Local<u32>) {
    *count += 1;
}

fn welcome(players: Query<(), Added<Player>>) {
    let _ = players.iter().count();
}

fn tag(app: &mut App) {
    app.add_systems(TickSchedule, (count, welcome).in_set(StepSet::Simulate));
    app.allow_hidden_state("welcome", "it only draws");
}

#[test]
fn a_start_logs_each_system_once_per_type() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::builder()
        .configure(|options| {
            (options.listen, options.admin) = (free, free);
            options.recording.history = Duration::ZERO;
        })
        .room_type(RoomType::new("tag").map("plaza").plugins(tag).own_world())
        .room_type(RoomType::new("quiet").map("plaza").own_world())
        .start()
        .unwrap();
    let _ = server.stop();
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("has the parameter"))
        .collect();
    let [line] = lines[..] else { panic!("{log}") };
    for words in [
        "WARN",
        "room_type=\"tag\"",
        "the system hidden_state::count has the parameter Local<u32>: its content is not saved",
        "app.allow_hidden_state(\"hidden_state::count\"",
    ] {
        assert!(line.contains(words), "{words}: {line}");
    }
}
