//! The token of the admin port, from the options.

use std::{net::SocketAddr, path::PathBuf};

use thiserror::Error;

use crate::secret::{Secret, SecretFileError};

/// Where the token of the admin port comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminToken {
    /// The token.
    Text(Secret),
    /// A file with the token, which is read when the server starts.
    File(PathBuf),
}

/// Why the admin port cannot be opened.
#[derive(Debug, Error)]
pub enum AdminTokenError {
    /// Other machines can reach the port, and there is no token.
    #[error(
        "other machines can reach the admin port at {address}, so it needs a token: name a file that contains one with \
         --admin-token-file, or listen on this machine only, as in --admin 127.0.0.1:{}", .address.port()
    )]
    Missing {
        /// The address of the port.
        address: SocketAddr,
    },
    /// The file has no token.
    #[error("the token of the admin port cannot be read from {}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: SecretFileError,
    },
}

impl AdminToken {
    /// Returns the token.
    ///
    /// # Errors
    /// [`AdminTokenError::File`].
    pub fn read(&self) -> Result<Secret, AdminTokenError> {
        match self {
            Self::Text(secret) => Ok(secret.clone()),
            Self::File(path) => Secret::read(path).map_err(|source| AdminTokenError::File {
                path: path.clone(),
                source,
            }),
        }
    }
}
