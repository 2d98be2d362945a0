//! How much the kernel may hold of what it cannot send yet.
//!
//! Little, so that a slow client is behind by little, and its newest state waits here and not there: measured with a
//! client that has little room and reads nothing, the kernels hold 8 KiB this way, and 102 KiB without a bound. A client
//! that reads notices nothing. With a round trip of 50 ms the 100 KB of a full snapshot arrive as soon as without it, in
//! 0.16 s; its viewer is held meanwhile. 200 bots on loopback cost the same CPU, and none of them is held.
//!
//! More while much waits here: that is no snapshot, since the viewer is held, and what the kernel takes of it does not
//! count for the outbox: with its 256 KiB a client may be sent 300 KB at once. Not more, or a close frame would not get
//! through it in the 5 s that a client has: at 15 KB/s it does.

use std::{io, os::fd::AsFd};

/// Normally. The kernel takes one write more.
pub(super) const FEW: u32 = 4 * 1024;
/// While much waits.
pub(super) const MANY: u32 = 48 * 1024;
/// So much in the outbox is much.
pub(super) const MUCH: usize = 64 * 1024;
/// So much is kept back until the kernel may hold few again, so that it does when the outbox is empty.
pub(super) const REST: usize = 16 * 1024;

/// Bounds what the kernel holds unsent of a connection, or of those that a listener will accept.
#[cfg(target_os = "linux")]
pub(super) fn bound(socket: &impl AsFd, bytes: u32) -> io::Result<()> {
    socket2::SockRef::from(socket).set_tcp_notsent_lowat(bytes)
}

/// Elsewhere the send buffer alone bounds it.
#[cfg(not(target_os = "linux"))]
pub(super) fn bound(_: &impl AsFd, _: u32) -> io::Result<()> {
    Ok(())
}
