//! Wakes a thread that sleeps, usually in its I/O runtime, from a thread that must not wait.
//!
//! A wake-up of a tokio runtime from outside takes a lock. A byte in a non-blocking socket pair
//! takes none, and the runtime sees it together with its other sockets.

use std::{
    io::{self, Read as _, Write as _},
    os::unix::net::UnixStream as StdUnixStream,
    time::Duration,
};

use tokio::net::UnixStream;

/// The waking end. Never blocks.
#[derive(Debug)]
pub(crate) struct WakeSender(StdUnixStream);

/// The woken end, before it is attached to a runtime.
#[derive(Debug)]
pub(crate) struct WakeEnd(StdUnixStream);

/// The woken end, attached to a runtime.
#[derive(Debug)]
pub(crate) struct WakeReceiver(UnixStream);

/// Creates both ends.
pub(crate) fn pair() -> io::Result<(WakeSender, WakeEnd)> {
    let (sender, receiver) = StdUnixStream::pair()?;
    sender.set_nonblocking(true)?;
    receiver.set_nonblocking(true)?;
    Ok((WakeSender(sender), WakeEnd(receiver)))
}

impl WakeSender {
    /// Wakes the other end. Wake-ups that it has not seen yet become one.
    pub(crate) fn wake(&self) {
        // If the pair is full, a wake-up is already on its way. If it is closed, there is nothing
        // to wake.
        let _ = (&self.0).write(&[1]);
    }

    /// Returns one more sender for the same receiver.
    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }
}

impl WakeEnd {
    /// Waits, on a thread without a runtime, until it was woken at least once since the last call,
    /// or until this time is over. Returns `false` if nothing can wake it any longer.
    pub(crate) fn wait(&self, at_most: Option<Duration>) -> bool {
        let prepared = self.0.set_nonblocking(false);
        if prepared.and_then(|()| self.0.set_read_timeout(at_most)).is_err() {
            return false;
        }
        match (&self.0).read(&mut [0; 256]) {
            Ok(bytes) => bytes > 0,
            Err(error) => matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
            ),
        }
    }

    /// Attaches this end to the runtime of the current thread.
    pub(crate) fn attach(self) -> io::Result<WakeReceiver> {
        UnixStream::from_std(self.0).map(WakeReceiver)
    }
}

impl WakeReceiver {
    /// Waits until it was woken at least once since the last call. Returns `false` if nothing can
    /// wake it any longer.
    pub(crate) async fn woken(&self) -> bool {
        loop {
            if self.0.readable().await.is_err() {
                return false;
            }
            match self.0.try_read(&mut [0; 256]) {
                Ok(0) => return false,
                Ok(_) => return true,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return false,
            }
        }
    }
}
