use my_game::Game;
use parlour::prelude::*;

fn main() -> std::process::ExitCode {
    let name = "my-game";
    let game = RoomType::new(name).map("plaza").plugins(Game);
    parlour::cli(name).room_type(game).run()
}
