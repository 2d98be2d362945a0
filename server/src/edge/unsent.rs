//! Bounds the bytes that the kernel keeps because it cannot send them yet.
//!
//! The bound is small, so that data for a slow client waits in the server, where newer state
//! replaces it. Measured with a client that has a small receive buffer and reads nothing: the
//! kernels of both sides keep 8 KiB, and 102 KiB without the bound. Clients that read are not
//! affected: with a round trip of 50 ms the 100 KB of a full snapshot arrive in 0.16 s with and
//! without the bound, and 200 bots on loopback cost the same CPU.
//!
//! The bound is larger while more than [`HIGH_LEVEL`] waits in the outbox. Such a backlog does not
//! consist of snapshots, because its viewer is held, and bytes in the kernel do not count towards
//! the outbox's 256 KiB. So a client may be sent 300 KB at once. At 15 KB/s, a close frame still
//! arrives within the 5 s of the close timeout.

use std::{io, os::fd::AsFd};

/// The normal bound. The kernel takes one write beyond it.
pub(super) const FEW: u32 = 4 * 1024;
/// The bound while more than [`HIGH_LEVEL`] waits.
pub(super) const MANY: u32 = 48 * 1024;
/// If more bytes than this wait in the outbox, [`MANY`] applies.
pub(super) const HIGH_LEVEL: usize = 64 * 1024;
/// If at most this many bytes wait in the outbox, [`FEW`] applies again. It is not 0, so that
/// [`FEW`] applies by the time the outbox is empty.
pub(super) const LOW_LEVEL: usize = 16 * 1024;

/// Bounds the unsent bytes that the kernel keeps for a connection, or for those that a listener
/// will accept.
#[cfg(target_os = "linux")]
pub(super) fn bound(socket: &impl AsFd, bytes: u32) -> io::Result<()> {
    socket2::SockRef::from(socket).set_tcp_notsent_lowat(bytes)
}

/// On other systems only the send buffer bounds them.
#[cfg(not(target_os = "linux"))]
pub(super) fn bound(_: &impl AsFd, _: u32) -> io::Result<()> {
    Ok(())
}
