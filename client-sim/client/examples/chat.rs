//! Joins a room and chats: says each line that you type, and prints what others say. Reconnects
//! when the connection is lost, if the server advises it. Ends with the input (Ctrl-D).
//!
//! ```text
//! cargo run -p parlour-client --example chat ada plaza [ws://127.0.0.1:7373/ws]
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use std::io::BufRead as _;

use parlour_client::{Command, Connection, Event, Options};
use tokio::sync::mpsc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or("ada".into());
    let room = arguments.next().unwrap_or("plaza".into());
    let address = arguments.next().unwrap_or("ws://127.0.0.1:7373/ws".into());
    let mut lines = lines();
    loop {
        let wait = match Connection::open(&address, Options::named(&name)).await {
            Ok(connection) => match talk(connection, &room, &mut lines).await? {
                Some(wait) => wait,
                None => return Ok(()),
            },
            Err(error) => {
                let Some(wait) = error.reconnect_after() else {
                    return Err(error.into());
                };
                println!("{error}");
                wait
            }
        };
        println!("trying again in {} ms", wait.as_millis());
        tokio::time::sleep(wait).await;
    }
}

/// Chats until the input ends (`None`) or the connection is over. Then returns how long to wait
/// before reconnecting.
async fn talk(
    mut connection: Connection,
    room: &str,
    lines: &mut mpsc::Receiver<String>,
) -> anyhow::Result<Option<std::time::Duration>> {
    connection.join(room).await?;
    println!("you are in {room}");
    loop {
        // Both futures may be dropped without losing anything, as `select!` requires.
        tokio::select! {
            event = connection.next_event() => match event {
                Ok(Event::Chat(said)) => println!("{}: {}", said.name, said.text),
                Ok(Event::Refused(refused)) => println!("refused: {:?}", refused.refusal),
                Ok(_) => {}
                Err(end) => {
                    println!("{end}");
                    return end.reconnect_after().map(Some).ok_or(end.into());
                }
            },
            line = lines.recv() => match line {
                Some(line) => drop(connection.send(Command::say(line)).await?),
                None => {
                    connection.close().await?;
                    return Ok(None);
                }
            },
        }
    }
}

/// Returns the lines of standard input. Only a thread can wait for them.
fn lines() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(16);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}
