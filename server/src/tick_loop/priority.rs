//! The priority of the tick thread. Where the system allows it, it is a real-time priority, so that
//! other busy threads of the machine, such as the I/O threads, cannot make a tick late.
//!
//! A real-time thread that never slept would starve the others of its core. This one sleeps before
//! each tick, and rests after a step that took too long. If a mistake keeps it busy all the same,
//! the kernel gives real-time threads at most 95 % of the time
//! (`/proc/sys/kernel/sched_rt_runtime_us`), and the rest is enough to stop the server.

/// Above all ordinary threads, and below the threads of the kernel, which start at 50.
#[cfg(target_os = "linux")]
const PRIORITY: u8 = 10;

/// Gives the current thread real-time priority if it is wanted and allowed, and logs the result.
pub(super) fn raise(wanted: bool) {
    if !wanted {
        tracing::info!("tick thread: ordinary priority");
        return;
    }
    match set() {
        Ok(()) => tracing::info!("tick thread: real-time priority"),
        Err(reason) => tracing::info!(
            %reason,
            "tick thread: ordinary priority; for real-time priority allow it with CAP_SYS_NICE or `ulimit -r 10`"
        ),
    }
}

#[cfg(target_os = "linux")]
fn set() -> Result<(), String> {
    use thread_priority::{
        RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
        set_thread_priority_and_policy, thread_native_id,
    };
    let priority = ThreadPriorityValue::try_from(PRIORITY)?;
    set_thread_priority_and_policy(
        thread_native_id(),
        ThreadPriority::Crossplatform(priority),
        ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo),
    )
    .map_err(|error| match error {
        thread_priority::Error::OS(code) => std::io::Error::from_raw_os_error(code).to_string(),
        error => error.to_string(),
    })
}

#[cfg(not(target_os = "linux"))]
fn set() -> Result<(), String> {
    Err("not on this system".to_owned())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use thread_priority::{RealtimeThreadSchedulePolicy, ThreadSchedulePolicy, thread_schedule_policy};

    use super::*;

    #[test]
    fn only_the_thread_that_asks_and_only_if_it_may() {
        let before = thread_schedule_policy().unwrap();
        std::thread::spawn(move || {
            raise(false);
            assert_eq!(thread_schedule_policy().unwrap(), before);
            let expected = match set() {
                Ok(()) => ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo),
                Err(_) => before,
            };
            assert_eq!(thread_schedule_policy().unwrap(), expected);
        })
        .join()
        .unwrap();
        assert_eq!(thread_schedule_policy().unwrap(), before);
    }
}
