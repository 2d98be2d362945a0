//! The name of the token has precedence over that of the hello.

use parlour::auth::NewToken;

use crate::tokens::{guarded, welcome};

#[test]
fn the_name_of_the_token_has_precedence_and_is_cleaned() {
    let guarded = guarded("names", |_| {});
    let name = |token: NewToken| welcome(&mut guarded.hello(Some(&guarded.sign(&token)))).name;
    assert_eq!(name(NewToken::of_user("ada")), "Guest");
    assert_eq!(name(NewToken::of_user("ada").named("  Ada   L. ")), "Ada L.");
    assert_eq!(
        name(NewToken::of_user("ada").named("x".repeat(100))),
        "x".repeat(24)
    );
    let picked = name(NewToken::of_user("ada").named("\u{7}"));
    assert!(picked.starts_with("guest-"), "{picked}");
}
