//! Two friends play together: one reserves two seats in a new private room, and both take a seat.
//!
//! ```text
//! cargo run -p parlour-client --example together [TYPE] [ws://127.0.0.1:7373/ws]
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use parlour_client::{Connection, Event, JoinRequest, Options};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let room_type = arguments.next().unwrap_or("plaza".into());
    let address = arguments.next().unwrap_or("ws://127.0.0.1:7373/ws".into());
    let mut ada = Connection::open(&address, Options::named("ada")).await?;
    let mut bo = Connection::open(&address, Options::named("bo")).await?;

    // The seats stay free for 15 s.
    let reserved = ada.reserve(2, JoinRequest::private(room_type)).await?;
    println!("two seats are reserved in {}", reserved.room);
    // Ada tells Bo the room and the ticket.
    let invitation = JoinRequest::with_ticket(&reserved.room, &reserved.ticket);
    ada.join(&reserved).await?;
    bo.join(invitation).await?;

    // Bo sees Ada in the first snapshot, unless players see only those near them.
    loop {
        if let Event::Snapshot { .. } = bo.next_event().await? {
            let tick = bo.tick().unwrap_or_default();
            let names: Vec<&str> = bo
                .client()
                .neighbours()
                .map(|(_, player, _)| &*player.name)
                .collect();
            println!("at tick {} of the room, bo sees {names:?}", tick.0);
            break;
        }
    }
    ada.close().await?;
    bo.close().await?;
    Ok(())
}
