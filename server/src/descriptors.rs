//! File descriptors: how many the process may open, and which of them clients may take.
//!
//! The system always returns the lowest free descriptor. So the number of a new one shows how close
//! the process is to its limit, without counting: all lower numbers are taken. Clients may not
//! have the highest numbers below the limit. These are kept for the answer 503, for the admin port,
//! and for files, in this order.
//!
//! | of a limit of | 128 | 1,024 | 4,096 | 20,000 |
//! |---|---|---|---|---|
//! | for files only | 10 | 32 | 32 | 32 |
//! | for files and the admin port | 22 | 64 | 64 | 64 |
//! | for all these and for answers | 8 | 64 | 256 | 256 |

mod acceptor;

use std::{
    io,
    os::fd::{AsFd, AsRawFd as _, OwnedFd},
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use parlour_shared::text::count;
use rustix::{
    io::Errno,
    process::{Resource, getrlimit, setrlimit},
};

pub(crate) use acceptor::{AcceptedConnection, Acceptor};

/// Kept for the admin port and files: 64 connections and 32 files. The recording, a history,
/// reading a directory and trying a lock take 6.
const KEPT: u64 = 96;
/// Connections that are answered 503 at the same time.
const ANSWERED: u64 = 256;
/// Descriptors that an I/O thread or the admin thread opens when it starts: three for its runtime,
/// one spare, and a reserve.
const OF_A_THREAD: u64 = 8;

/// The descriptors that are left above a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Headroom {
    /// Only the descriptors for files.
    Files,
    /// Only the descriptors for files and the admin port.
    Admin,
    /// Enough for an answer, but not for one more client.
    Answers,
    /// Enough for one more client.
    Clients,
}

/// The descriptors of this process.
#[derive(Debug)]
pub(crate) struct Descriptors {
    start: Instant,
    /// The second of the last log line, from 1.
    logged: AtomicU64,
}

/// The limit leaves no descriptor for a connection.
#[derive(Debug)]
pub(crate) struct LimitTooLow {
    pub(crate) limit: u64,
}

impl Descriptors {
    /// Raises the soft limit to the hard limit, for the whole process.
    pub(crate) fn raise() -> Self {
        let mut limit = getrlimit(Resource::Nofile);
        let soft = limit.current;
        if limit.current != limit.maximum {
            limit.current = limit.maximum;
            match setrlimit(Resource::Nofile, limit) {
                Ok(()) => tracing::debug!(?soft, now = ?limit.current, "raised the limit of open files"),
                // The system may have a lower limit. The present one is used.
                Err(error) => tracing::debug!(?soft, %error, "the limit of open files cannot be raised"),
            }
        }
        Self {
            start: Instant::now(),
            logged: AtomicU64::new(0),
        }
    }

    /// Warns if the limit allows fewer connections than `max_connections`, before this many threads
    /// start. Returns an error if it leaves none for connections: a thread would soon end for lack
    /// of a descriptor.
    pub(crate) fn check(&self, threads: usize, max_connections: u32) -> Result<(), LimitTooLow> {
        let limit = limit();
        let taken = spare().map_or(limit, number) + OF_A_THREAD * threads as u64;
        let room = reserve_of(limit).clients.saturating_sub(taken);
        if room == 0 {
            return Err(LimitTooLow { limit });
        }
        if room < u64::from(max_connections) {
            tracing::warn!(
                "the limit of open files is {limit}: it holds about {}, and max_connections is {max_connections}. \
                 Raise the limit (ulimit -n, or LimitNOFILE= of systemd), or lower --max-connections",
                count(room, "connection")
            );
        }
        Ok(())
    }

    /// Returns which descriptors are left above this new one. The limit may change while the
    /// process runs.
    pub(crate) fn headroom(&self, newest: impl AsFd) -> Headroom {
        headroom(limit(), number(newest))
    }

    /// Returns whether a line about rejected connections may be logged: once a second.
    fn may_log(&self) -> bool {
        let second = self.start.elapsed().as_secs() + 1;
        self.logged.swap(second, Ordering::Relaxed) != second
    }

    /// Logs that too few descriptors are left, at most once a second.
    pub(crate) fn warn(&self, why: &dyn std::fmt::Display) {
        if self.may_log() {
            tracing::warn!(
                %why,
                "new connections are turned away, because the limit of open files is {}. Raise it (ulimit -n, or \
                 LimitNOFILE= of systemd), or lower --max-connections",
                limit()
            );
        }
    }
}

/// Returns whether the process, or the whole system, has no descriptor left.
fn is_without_descriptors(error: &io::Error) -> bool {
    let none_left = [Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error);
    error.raw_os_error().is_some_and(|code| none_left.contains(&code))
}

/// The first numbers that are not for clients, not for answers, and not for the admin port.
struct DescriptorReserve {
    clients: u64,
    answers: u64,
    admin: u64,
}

fn reserve_of(limit: u64) -> DescriptorReserve {
    let kept = KEPT.min(limit / 4);
    let answers = limit - kept;
    DescriptorReserve {
        clients: answers - ANSWERED.min(limit / 16),
        answers,
        admin: limit - kept / 3,
    }
}

fn headroom(limit: u64, number: u64) -> Headroom {
    let reserve = reserve_of(limit);
    if number >= reserve.admin {
        Headroom::Files
    } else if number >= reserve.answers {
        Headroom::Admin
    } else if number >= reserve.clients {
        Headroom::Answers
    } else {
        Headroom::Clients
    }
}

/// Opens a descriptor that is used for nothing.
fn spare() -> Option<OwnedFd> {
    let file = std::fs::File::open("/dev/null").ok()?;
    Some(file.into())
}

fn limit() -> u64 {
    // `None` is no limit.
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

fn number(descriptor: impl AsFd) -> u64 {
    u64::try_from(descriptor.as_fd().as_raw_fd()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_keeps_descriptors_for_each_use() {
        for limit in [0, 1, 16, 64, 128, 256, 1024, 4096, 20_000, 1 << 30, u64::MAX] {
            let reserve = reserve_of(limit);
            assert!(
                reserve.clients <= reserve.answers
                    && reserve.answers <= reserve.admin
                    && reserve.admin <= limit
            );
            assert!(reserve.clients >= limit / 16 * 11, "{limit}");
            if limit >= 64 {
                assert!(
                    reserve.clients < reserve.answers && reserve.answers < reserve.admin,
                    "{limit}"
                );
                assert!(limit - reserve.admin >= 5, "{limit}");
            }
        }
        let ends = [0, 87, 88, 95, 96, 117, 118, 127].map(|number| headroom(128, number));
        use Headroom::{Admin, Answers, Clients, Files};
        assert_eq!(
            ends,
            [Clients, Clients, Answers, Answers, Admin, Admin, Files, Files]
        );
    }

    #[test]
    fn a_new_descriptor_has_the_lowest_free_number() {
        // The whole module relies on this.
        let made: Vec<_> = (0..8).map(|_| io::pipe().unwrap()).collect();
        let numbers: Vec<u64> = made.iter().map(|(read, _)| number(read)).collect();
        assert!(numbers.is_sorted(), "{numbers:?}");
    }
}
