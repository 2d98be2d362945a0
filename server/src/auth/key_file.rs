//! Keys from files: a JWK, a JWK set, a public key in PEM, or a secret.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jsonwebtoken::jwk::Jwk;
use serde_json::Value;

use super::{
    key::{Key, KeyFault, KeySet},
    strict_json,
};

/// The maximum size of a file. 64 keys are about 40 KB.
const MAX_FILE: u64 = 256 * 1024;
/// The maximum number of files in a directory that are read.
const MAX_FILES: usize = 64;

/// Why the keys of a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file or directory cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The file has no usable keys.
    #[error("{}: {fault}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: KeyFault,
    },
    /// The file is too large, or the directory has too many files.
    #[error("{}: more than 256 KiB, or more than {MAX_FILES} files", .0.display())]
    TooLarge(PathBuf),
    /// The directory has no keys.
    #[error("{}: there is no key in it", .0.display())]
    Empty(PathBuf),
}

/// Reads all keys of a file, or of the files in a directory. Files whose names start with a dot are
/// skipped, because directories of mounted secrets have such entries of their own.
///
/// # Errors
/// A file cannot be read or used. All of them must be valid.
pub fn read(path: &Path) -> Result<KeySet, KeyFileError> {
    let io = |source| KeyFileError::Io {
        path: path.to_owned(),
        source,
    };
    let mut files = Vec::new();
    if fs::metadata(path).map_err(io)?.is_dir() {
        for entry in fs::read_dir(path).map_err(io)? {
            let entry = entry.map_err(io)?;
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            if !is_hidden && entry.path().is_file() {
                files.push(entry.path());
            }
            if files.len() > MAX_FILES {
                return Err(KeyFileError::TooLarge(path.to_owned()));
            }
        }
        files.sort_unstable();
    } else {
        files.push(path.to_owned());
    }
    let mut keys = Vec::new();
    for file in &files {
        keys.extend(read_file(file)?);
    }
    if keys.is_empty() {
        return Err(KeyFileError::Empty(path.to_owned()));
    }
    KeySet::new(keys).map_err(|fault| KeyFileError::Key {
        path: path.to_owned(),
        fault,
    })
}

fn read_file(path: &Path) -> Result<Vec<Key>, KeyFileError> {
    let io = |source| KeyFileError::Io {
        path: path.to_owned(),
        source,
    };
    if fs::metadata(path).map_err(io)?.len() > MAX_FILE {
        return Err(KeyFileError::TooLarge(path.to_owned()));
    }
    let bytes = fs::read(path).map_err(io)?;
    let is_secret = path.extension().is_some_and(|extension| extension == "secret");
    keys(&bytes, is_secret).map_err(|fault| KeyFileError::Key {
        path: path.to_owned(),
        fault,
    })
}

/// Reads the keys of a file. Only the name of the file can say that it is a secret: if the server
/// guessed, it could take a public key in an unusual form for a secret, and everyone who has the
/// public key could sign tokens.
fn keys(bytes: &[u8], is_secret: bool) -> Result<Vec<Key>, KeyFault> {
    if is_secret {
        return Ok(vec![Key::from_secret(bytes.trim_ascii())?]);
    }
    let not_a_key = |why: &str| KeyFault::NotAKey(why.to_owned());
    let text = std::str::from_utf8(bytes).map_err(|_| not_a_key("it is not text"))?;
    if text.trim_start().starts_with('{') {
        return key_set(text.as_bytes())?.into_iter().collect();
    }
    if text.contains("-----BEGIN ") {
        return Ok(vec![Key::from_pem(text)?]);
    }
    Err(not_a_key(
        "the name of a file with a secret must end with .secret",
    ))
}

/// Reads a JWK, or each key of a JWK set.
pub(super) fn key_set(json: &[u8]) -> Result<Vec<Result<Key, KeyFault>>, KeyFault> {
    let not_json = |_| KeyFault::NotAKey("it is not JSON, or a member occurs twice".to_owned());
    let object = strict_json::parse(json.trim_ascii()).map_err(not_json)?;
    let keys = match object.get("keys") {
        None => vec![key(&Value::Object(object))],
        Some(Value::Array(keys)) if keys.len() <= super::MAX_KEYS => keys.iter().map(key).collect(),
        Some(Value::Array(_)) => return Err(KeyFault::TooMany),
        Some(_) => return Err(KeyFault::NotAKey("`keys` is not a list".to_owned())),
    };
    Ok(keys)
}

fn key(json: &Value) -> Result<Key, KeyFault> {
    let jwk: Jwk =
        serde_json::from_value(json.clone()).map_err(|error| KeyFault::NotAKey(error.to_string()))?;
    Key::from_jwk(&jwk)
}
