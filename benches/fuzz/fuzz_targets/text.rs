//! Names and chat: each is refused, or cleaned within its limits. Cleaning twice changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parlour_shared::{
    limits::{MAX_CHAT_BYTES, MAX_NAME_CHARS},
    text::{CodePoint, clean_chat, clean_name, code_points},
};

fuzz_target!(|text: &str| {
    if let Ok(clean) = clean_chat(text.to_owned()) {
        assert!(clean.len() <= MAX_CHAT_BYTES);
        assert!(code_points(&clean).all(|code_point| !matches!(code_point, CodePoint::Hidden(_) | CodePoint::Forbidden(_))));
        assert_eq!(clean_chat(clean.clone()), Ok(clean));
    }
    if let Ok(clean) = clean_name(text.to_owned()) {
        assert!((1..=MAX_NAME_CHARS).contains(&clean.chars().count()));
        assert_eq!(clean_chat(clean.clone()), Ok(clean.clone()));
        assert_eq!(clean_name(clean.clone()), Ok(clean));
    }
});
