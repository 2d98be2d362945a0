//! Configuration files: mistakes are reported, and valid settings are the same after they are
//! printed and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parlour::config::{ConfigFile, Layers, resolve, to_toml};

#[path = "../mutate.rs"]
mod mutate;

fn read(text: String) -> Layers {
    Layers {
        // Paths are relative to the folder of the file, and are printed as absolute paths. Only in
        // an absolute folder are both the same.
        file: Some(ConfigFile::of("/fuzz.toml", text)),
        ..Layers::default()
    }
}

fuzz_target!(|input: &[u8]| {
    let text = mutate::mutate(include_bytes!("../seeds/small.toml"), input);
    let Ok(text) = String::from_utf8(text) else { return };
    match resolve(&read(text)) {
        Ok(mut config) => {
            // A printed configuration does not contain the secret.
            config.settings.admin_token = None;
            let again = resolve(&read(to_toml(&config))).expect("printed settings are valid");
            assert_eq!(format!("{:?}", again.settings), format!("{:?}", config.settings));
        }
        Err(problems) => assert!(!problems.errors.is_empty() && !problems.to_string().is_empty()),
    }
});
