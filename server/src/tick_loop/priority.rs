//! The priority of the tick thread: real-time, if the system allows it. Then other busy threads of
//! the machine, such as the I/O threads, cannot make a tick late.
//!
//! A real-time thread that never sleeps starves the other threads of its core. The tick thread
//! sleeps before each tick, and rests after a step that took too long. If a bug keeps it busy
//! anyway, the kernel limits real-time threads to 95 % of the time
//! (`/proc/sys/kernel/sched_rt_runtime_us`). The other 5 % are enough to stop the server.

/// Above all ordinary threads, and below the threads of the kernel, which start at 50.
#[cfg(target_os = "linux")]
const PRIORITY: u8 = 10;

/// Sets real-time priority for the current thread if it is wanted and allowed, and logs the result.
pub(super) fn raise(wanted: bool) {
    if !wanted {
        tracing::info!("tick thread: ordinary priority");
        return;
    }
    match set() {
        Ok(()) => tracing::info!("tick thread: real-time priority"),
        Err(reason) => tracing::info!(
            %reason,
            "tick thread: ordinary priority; CAP_SYS_NICE or `ulimit -r 10` allow real-time priority"
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
    fn the_priority_changes_only_for_this_thread_and_only_if_it_is_allowed() {
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
