//! Configuration files: every mistake reported, or settings that are the same when printed and read
//! again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parlour_server::config::{ConfigFile, Layers, resolve, to_toml};

#[path = "../bend.rs"]
mod bend;

fn read(text: String) -> Layers {
    Layers {
        file: Some(ConfigFile::of("fuzz.toml", text)),
        ..Layers::default()
    }
}

fuzz_target!(|input: &[u8]| {
    let text = bend::bend(include_bytes!("../seeds/small.toml"), input);
    let Ok(text) = String::from_utf8(text) else { return };
    match resolve(&read(text)) {
        Ok(config) => {
            let again = resolve(&read(to_toml(&config))).expect("what was printed can be read");
            assert_eq!(format!("{:?}", again.settings), format!("{:?}", config.settings));
        }
        Err(problems) => assert!(!problems.errors.is_empty() && !problems.to_string().is_empty()),
    }
});
