//! The one timer of a thread. Tokio's own wakes on whole milliseconds, up to 2 ms late, which would be told
//! as latency of the server; on Linux the kernel's timer is used instead and is late by some 0.1 ms.

use std::{io, time::Instant};

/// Waits until moments.
pub(super) struct Timer {
    #[cfg(target_os = "linux")]
    kernel: tokio::io::unix::AsyncFd<rustix::fd::OwnedFd>,
}

impl Timer {
    #[cfg(target_os = "linux")]
    #[expect(
        deprecated,
        reason = "sound for a descriptor that nobody can replace, as here; what takes its place is unsafe"
    )]
    pub(super) fn new() -> io::Result<Self> {
        use rustix::time::{TimerfdClockId, TimerfdFlags, timerfd_create};
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        let kernel = tokio::io::unix::AsyncFd::with_interest(timer, tokio::io::Interest::READABLE)?;
        Ok(Self { kernel })
    }

    /// Waits until the moment, or less if the system cannot. One wait at a time.
    #[cfg(target_os = "linux")]
    pub(super) async fn wait_until(&self, moment: Instant) {
        use rustix::time::{Itimerspec, TimerfdTimerFlags, Timespec, timerfd_settime};
        let left = moment.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        let zero = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let it_value = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        // Setting it also forgets that it went off for an earlier moment.
        let once = Itimerspec {
            it_interval: zero,
            it_value,
        };
        if timerfd_settime(&self.kernel, TimerfdTimerFlags::empty(), &once).is_err() {
            return tokio::time::sleep_until(moment.into()).await;
        }
        while let Ok(mut ready) = self.kernel.readable().await {
            let mut count = [0; 8];
            let went_off = ready.try_io(|timer| Ok(rustix::io::read(timer, &mut count)?));
            if went_off.is_ok() {
                return;
            }
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits until the moment.
    #[cfg(not(target_os = "linux"))]
    pub(super) async fn wait_until(&self, moment: Instant) {
        tokio::time::sleep_until(moment.into()).await;
    }
}
