use parlour::RoomType;

fn main() -> std::process::ExitCode {
    let game = RoomType::new("my-game").map("plaza").plugins(my_game::Game);
    parlour::cli("my-game").room_type(game).run()
}
