//! CPU time, memory, file limit and CPU affinity of processes.

use std::{io, time::Duration};

use rustix::{
    process::{Pid, Resource, getrlimit, setrlimit},
    thread::{CpuSet, sched_setaffinity},
    time::{ClockId, Timespec, clock_gettime},
};

/// The unit of times in `/proc/PID/stat`. Linux reports 100 per second to every program.
const TICKS_PER_SECOND: f64 = 100.0;

/// Returns the CPU time of this process so far: user and system, all threads.
#[must_use]
pub fn cpu_time() -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(tv_sec.unsigned_abs(), tv_nsec.unsigned_abs() as u32)
}

/// Returns the CPU time of this thread so far: user and system.
#[must_use]
pub fn thread_cpu_time() -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(tv_sec.unsigned_abs(), tv_nsec.unsigned_abs() as u32)
}

/// Returns the CPU seconds of a process so far: user and system, all threads, in steps of 0.01 s.
///
/// # Errors
/// If there is no such process, or no `/proc`.
pub fn cpu_seconds_of(pid: Pid) -> io::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // Field 2, the name in brackets, may contain spaces. User and system time are fields 14 and 15.
    let mut fields = stat
        .rsplit_once(')')
        .map_or("", |(_, rest)| rest)
        .split_ascii_whitespace();
    let mut ticks = || fields.next().and_then(|field| field.parse::<f64>().ok());
    let user = (0..12).map(|_| ticks()).last().flatten();
    match (user, ticks()) {
        (Some(user), Some(system)) => Ok((user + system) / TICKS_PER_SECOND),
        _ => Err(io::Error::other(format!(
            "/proc/{pid}/stat has an unknown format"
        ))),
    }
}

/// Returns the resident memory of a process in bytes.
///
/// # Errors
/// If there is no such process, or no `/proc`.
pub fn memory_of(pid: Pid) -> io::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB"))
        .and_then(|kib| kib.trim().parse::<u64>().ok())
        .ok_or_else(|| io::Error::other(format!("/proc/{pid}/status has no VmRSS")))?;
    Ok(kib * 1024)
}

/// Raises the limit of open files of this process and its children to the hard limit. Returns the
/// new limit.
pub fn raise_file_limit() -> u64 {
    let mut limit = getrlimit(Resource::Nofile);
    let hard = limit.maximum;
    limit.current = hard;
    // On failure the old limit stays, and the return value reports it.
    let _ = setrlimit(Resource::Nofile, limit);
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Pins the calling thread, and the threads and processes that it starts from now on, to one core.
///
/// # Errors
/// If the core does not exist, or the process may not use it.
pub fn pin_to(core: usize) -> io::Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    Ok(sched_setaffinity(None, &cores)?)
}
