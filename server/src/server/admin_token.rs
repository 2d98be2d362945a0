//! The token of the admin port, from the options.

use std::{net::SocketAddr, path::PathBuf};

use thiserror::Error;

use super::ServerOptions;
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

impl ServerOptions {
    /// Returns the token of the admin port. `None`: only this machine can reach the port.
    ///
    /// # Errors
    /// [`AdminTokenError`]: other machines could reach the port without a token, or the file of the
    /// token cannot be read.
    pub fn check_admin_token(&self) -> Result<Option<Secret>, AdminTokenError> {
        let token = self.admin_token.as_ref().map(AdminToken::read).transpose()?;
        match token.is_none() && !self.admin.ip().to_canonical().is_loopback() {
            true => Err(AdminTokenError::Missing { address: self.admin }),
            false => Ok(token),
        }
    }
}
