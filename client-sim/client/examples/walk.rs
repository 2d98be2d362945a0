//! Joins the plaza, walks east, and prints its neighbours.
//!
//! ```text
//! cargo run --release -- demo &                             # a server with company
//! cargo run -p parlour-client --example walk [ws://127.0.0.1:7373/ws]
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use parlour_client::{Connection, Direction, Event, Options};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("ws://127.0.0.1:7373/ws".into());
    let mut connection = Connection::open(&address, Options::named("ada")).await?;
    connection.join("plaza").await?;
    connection.steer(Direction::East);
    loop {
        if let Event::Snapshot { .. } = connection.next_event().await? {
            let tick = connection.tick().unwrap_or_default();
            println!("tick {}: we are at {:?}", tick.0, connection.position());
            for (_, neighbour, seen) in connection.client().neighbours() {
                println!("  {} is at {:?}", neighbour.name, seen.segment.at(tick));
            }
        }
    }
}
