//! Errors of the start of a server, with advice.

use std::{fmt, io, net::SocketAddr};

use parlour_recording::RecordingError;

use super::AdminTokenError;
use crate::{auth::AuthError, room_types::RoomTypeErrors, world_files::StateError};

/// The reason why a server did not start.
#[derive(thiserror::Error)]
pub enum StartError {
    /// A port is not available.
    #[error("cannot listen on {address}: {}", hint(source, flag))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The flag of `parlour` that sets the address.
        flag: &'static str,
        /// The error of the system.
        source: io::Error,
    },
    /// A thread, its runtime or its wake-up could not be created.
    #[error("cannot start a thread: {0}; is a limit of processes, memory or open files too low?")]
    Thread(#[from] io::Error),
    /// The limit of open files is too low to accept a connection.
    #[error(
        "the limit of open files is {limit}, which leaves none for connections; raise it with ulimit -n, \
         or LimitNOFILE= of systemd"
    )]
    OpenFiles {
        /// The limit.
        limit: u64,
    },
    /// The admin port has no token although it needs one.
    #[error(transparent)]
    AdminToken(#[from] AdminTokenError),
    /// The recording or the history cannot be written.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The keys of tokens cannot be used, or nobody could connect.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The room types have mistakes.
    #[error(transparent)]
    RoomTypes(#[from] RoomTypeErrors),
    /// The worlds of an earlier process cannot go on, or worlds cannot be kept.
    #[error(transparent)]
    State(#[from] StateError),
}

/// The text of `Display`, because a `main` that returns the error prints its `Debug` form.
impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn hint(error: &io::Error, flag: &str) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!(
                "address in use; is another server running? Stop it, or choose a different port with {flag}"
            )
        }
        io::ErrorKind::PermissionDenied => {
            format!(
                "permission denied; ports below 1024 need a privilege, so choose a different port with {flag}"
            )
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("this machine does not have this address; choose a different one with {flag}")
        }
        _ => format!("{error}; choose a different address with {flag}"),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn the_error_of_a_port_in_use_contains_advice() {
        let error = StartError::Listen {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 7373)),
            flag: "--listen",
            source: io::ErrorKind::AddrInUse.into(),
        };
        let text = error.to_string();
        assert!(
            text.starts_with("cannot listen on 127.0.0.1:7373: address in use;"),
            "{text}"
        );
        assert!(text.ends_with("with --listen"), "{text}");
        assert_eq!(format!("{error:?}"), text);
    }
}
