//! A ball that players push rolls, bounces and comes to rest.

#[path = "../../examples/ball.rs"]
#[allow(dead_code, reason = "its main function is not used here")]
mod example;

use parlour::{
    prelude::*,
    testing::{TestObject, TestPlayer, TestRoom},
};
use parlour_shared::{codec, motion::WallGrid};
use parlour_testing::maps::map;

use crate::bots::{Bot, serve};
use example::{Ball, FASTEST, NO_BALL, Push, PushedBy};

/// A room of 480 x 320 px, with the ball at this place. The players are elsewhere.
fn room((x, y): (i32, i32), (left, top): (i32, i32)) -> (TestRoom, TestPlayer, TestPlayer, TestObject) {
    let pitch = map(
        "pitch",
        WallGrid::new(30, 20, 16),
        Position::from_px(x, y),
        Vec::new(),
    );
    let mut room = TestRoom::builder().map(pitch).plugin(Ball).build();
    let (ada, bob) = (room.join("Ada"), room.join("Bob"));
    room.place(ada, Position::from_px(left, top));
    room.place(bob, Position::from_px(left, top));
    room.step();
    let ball = room.object("ball");
    (room, ada, bob, ball)
}

/// The players are to the west of the ball, in the middle of the room.
fn kick_off() -> (TestRoom, TestPlayer, TestPlayer, TestObject) {
    room((240, 160), (220, 160))
}

fn velocity(room: &TestRoom, ball: TestObject) -> Velocity {
    room.component::<Motion>(ball).unwrap().segment().gait.velocity()
}

#[test]
fn a_pushed_ball_rolls_away_and_everyone_near_sees_who_pushed_it() {
    let (mut room, ada, bob, ball) = kick_off();
    let before = room.position(ball);
    room.act(ada, ball, "push", &Push);
    room.step();
    let x = FASTEST as i16;
    assert_eq!(velocity(&room, ball), Velocity { x, y: 0 });
    assert_eq!(room.seen::<PushedBy>(bob, ball), Some(PushedBy(Some(ada.id()))));
    room.seconds(1);
    let after = room.position(ball);
    assert!(after.x > before.x + 100 * 256 && after.y == before.y, "{after:?}");
}

#[test]
fn a_ball_bounces_off_a_wall_and_comes_to_rest() {
    let (mut room, ada, bob, ball) = kick_off();
    room.act(ada, ball, "push", &Push);
    let mut farthest = 0;
    for _ in 0..240 {
        room.step();
        farthest = farthest.max(room.position(ball).x);
    }
    let rest = room.position(ball);
    // The room is 480 px wide, and the ball 12 px.
    assert_eq!(farthest, 474 * 256);
    assert!(rest.x < farthest, "{rest:?}");
    room.seconds(1);
    assert_eq!(
        (room.position(ball), velocity(&room, ball)),
        (rest, Velocity::default())
    );
    assert_eq!(room.seen_position(bob, ball), Some(rest));
}

#[test]
fn a_ball_in_a_corner_turns_round_on_both_axes() {
    let (mut room, ada, _, ball) = room((20, 20), (34, 34));
    room.act(ada, ball, "push", &Push);
    room.steps(4);
    assert_eq!(room.position(ball), Position::from_px(6, 6));
    room.steps(30);
    let place = room.position(ball);
    assert!(place.x > 50 * 256 && place.x == place.y, "{place:?}");
}

#[test]
fn a_push_from_afar_or_of_a_player_is_refused() {
    let (mut room, ada, bob, ball) = kick_off();
    room.act(bob, ada, "push", &Push);
    room.step();
    assert_eq!(room.refusals(bob), [Refusal::Declined { code: NO_BALL }]);
    room.act(ada, ball, "push", &Push);
    room.steps(30);
    room.act(ada, ball, "push", &Push);
    room.step();
    assert_eq!(room.refusals(ada), [Refusal::OutOfReach]);
}

#[tokio::test]
async fn bots_push_the_ball_and_see_it_roll() {
    let server = serve(Ball);
    let mut ann = Bot::join(&server, "ann", "plaza").await;
    let mut bob = Bot::join(&server, "bob", "plaza").await;
    // The ball is where players enter.
    let ball = ann.sees_object("ball").await;
    ann.act(ball, "push", &Push).await.unwrap();
    let pushed_by = bob
        .wait_for(|bob, _| {
            let (_, _, ball) = bob.client().view().objects().next()?;
            let (_, bytes) = ball.components.first()?;
            let PushedBy(player) = codec::decode(bytes).unwrap();
            player.filter(|_| ball.segment.gait.velocity() != Velocity::default())
        })
        .await;
    assert_eq!(pushed_by, ann.id());
}
