//! What a process costs, and where it runs.

use std::{io, time::Duration};

use rustix::{
    process::{Pid, Resource, getrlimit, setrlimit},
    thread::{CpuSet, sched_setaffinity},
    time::{ClockId, Timespec, clock_gettime},
};

/// Times in `/proc/PID/stat` count in these; Linux shows every program 100 a second.
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU time of this process so far, user and system, all threads.
#[must_use]
pub fn cpu_time() -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(tv_sec.unsigned_abs(), tv_nsec.unsigned_abs() as u32)
}

/// CPU seconds of another process so far, user and system, all threads; to 0.01 s.
///
/// # Errors
/// If there is no such process, or no `/proc`.
pub fn cpu_seconds_of(pid: Pid) -> io::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, in brackets, may hold spaces; user and system time are fields 14 and 15, the name
    // is the second.
    let mut fields = stat
        .rsplit_once(')')
        .map_or("", |(_, rest)| rest)
        .split_ascii_whitespace();
    let mut ticks = || fields.next().and_then(|field| field.parse::<f64>().ok());
    let user = (0..12).map(|_| ticks()).last().flatten();
    match (user, ticks()) {
        (Some(user), Some(system)) => Ok((user + system) / TICKS_PER_SECOND),
        _ => Err(io::Error::other(format!("/proc/{pid}/stat has another form"))),
    }
}

/// Bytes of memory that another process has in use (resident).
///
/// # Errors
/// If there is no such process, or no `/proc`.
pub fn memory_of(pid: Pid) -> io::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB"))
        .and_then(|kib| kib.trim().parse::<u64>().ok())
        .ok_or_else(|| io::Error::other(format!("/proc/{pid}/status tells no VmRSS")))?;
    Ok(kib * 1024)
}

/// Lets this process, and those it starts, open as many files as it may. Returns how many that is.
pub fn raise_file_limit() -> u64 {
    let mut limit = getrlimit(Resource::Nofile);
    let hard = limit.maximum;
    limit.current = hard;
    // If it may not, it has what it had: opening one too many says so.
    let _ = setrlimit(Resource::Nofile, limit);
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Keeps the calling thread, and what it starts from now on, on one core.
///
/// # Errors
/// If there is no such core, or the process may not use it.
pub fn pin_to(core: usize) -> io::Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    Ok(sched_setaffinity(None, &cores)?)
}
