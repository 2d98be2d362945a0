//! A bot: joins the game over the network, walks, and waves ten times.
//!
//! Start the server first (`cargo run`), then `cargo run --example bot [NAME] [ADDRESS]`.

use std::{error::Error, time::Duration};

use parlour_client::{Command, Connection, Direction, Event, Options};

use my_game::{RoundOver, Wave};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or("Ada".into());
    let address = arguments.next().unwrap_or("ws://127.0.0.1:7373/ws".into());

    let mut bot = Connection::open(&address, Options::named(&name)).await?;
    bot.join("my-game").await?;
    println!("{name} is in the room");
    bot.steer(Direction::East);
    for number in 1..=10 {
        let request = bot.send(Command::custom("wave", &Wave)?).await?;
        loop {
            match bot.next_event().await? {
                Event::Accepted(answer) if answer.request == request => break,
                Event::Refused(answer) => {
                    return Err(format!("refused: {:?}", answer.refusal).into());
                }
                Event::Custom(said) if said.name == "round_over" => {
                    println!("the round is over: {:?}", said.decode::<RoundOver>()?);
                }
                _ => {}
            }
        }
        println!("{name} has waved {number} times");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    bot.close().await?;
    Ok(())
}
