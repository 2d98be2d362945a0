//! Joins the plaza, walks east for two seconds, says hello, and tells what it sees.
//!
//! ```text
//! cargo run --release &                                     # a server
//! cargo run -p parlour-client-sim --example walk [ws://127.0.0.1:7373/ws]
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use parlour_client_sim::{Command, Connection, Event, Settings};
use parlour_shared::{
    limits::TICK_RATE,
    motion::{Direction, UNITS_PER_PX},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("ws://127.0.0.1:7373/ws");
    let settings = Settings {
        name: "ada".into(),
        token: None,
    };
    let mut connection = Connection::open(address, &settings).await?;
    connection.send(Command::Join { room: "plaza".into() }).await?;

    let mut stop_at = None;
    loop {
        // `sound` turns a broken promise of the server into an error; a game would rather go on.
        match connection.next().await?.sound()? {
            Event::Entered => {
                connection.send(Command::walk(Direction::East)).await?;
                connection.send(Command::say("hello")).await?;
            }
            Event::Snapshot { .. } => {
                let client = connection.client();
                let (Some(tick), Some(segment)) = (client.view().tick(), client.segment()) else {
                    continue;
                };
                let here = segment.at(tick);
                println!(
                    "tick {}: at {}, {} px, heading {:?}, {} players in sight",
                    tick.0,
                    here.x / UNITS_PER_PX,
                    here.y / UNITS_PER_PX,
                    segment.gait.heading.direction,
                    client.view().iter().count(),
                );
                // Nothing is sent while we walk on a straight line: the place at any tick follows from the
                // segment.
                let walking = segment.gait.heading.direction != Direction::Still;
                match stop_at {
                    None if walking => stop_at = Some(segment.since.after(2 * TICK_RATE)),
                    Some(at) if walking && tick >= at => {
                        connection.send(Command::walk(Direction::Still)).await?;
                    }
                    Some(_) if !walking => break,
                    _ => {}
                }
            }
            Event::Chat(said) => println!("{}: {}", said.name, said.text),
            Event::Refused(refused) => println!("refused: {:?}", refused.refusal),
            _ => {}
        }
    }
    connection.close().await?;
    Ok(())
}
