//! Bots in other worlds.

use std::{future::pending, time::Duration};

use anyhow::ensure;
use parlour_benches::server_process::ServerProcess;
use parlour_client_sim::bots::{self, Plan, PlanError, Report, Rooms};
use tokio::{
    sync::oneshot,
    task::{JoinHandle, spawn},
};

/// Bots that connect per second.
const RAMP: f64 = 500.0;
/// The time from the last connection to the measurement.
const SETTLE: Duration = Duration::from_secs(1);

/// Bots that run until their plan is over, or until they are stopped.
pub(crate) struct CrowdRun {
    task: JoinHandle<Result<Report, PlanError>>,
    stop: Option<oneshot::Sender<()>>,
}

/// Returns the plan of bots that walk in rooms of a type, and decode all that they receive.
pub(crate) fn plan(
    server: &ServerProcess,
    room_type: &str,
    rooms: Rooms,
    count: u32,
    measured: Duration,
) -> Plan {
    Plan {
        url: format!("ws://{}/ws", server.peer()),
        count,
        rooms,
        map: room_type.to_owned(),
        ramp_per_second: RAMP,
        settle: SETTLE,
        duration: Some(measured),
        // The report looks at each room.
        max_standstill: None,
        ..Plan::default()
    }
}

impl CrowdRun {
    pub(crate) fn start(plan: Plan) -> Self {
        let (stop, stopped) = oneshot::channel();
        // Without a stop, the plan decides when the bots are done.
        let stopped = async {
            if stopped.await.is_err() {
                pending().await
            }
        };
        Self {
            task: spawn(bots::run(plan, stopped, |_| ())),
            stop: Some(stop),
        }
    }

    /// Waits for the end of the plan.
    ///
    /// # Errors
    /// If a bot found a violation, did not get into its room, or lost its connection.
    pub(crate) async fn finish(self) -> anyhow::Result<Report> {
        let report = self.task.await??;
        ensure!(report.is_clean(), "bots noticed something:\n{report}");
        Ok(report)
    }

    /// Stops the bots before the plan is over.
    ///
    /// # Errors
    /// Those of [`Self::finish`].
    pub(crate) async fn stop(mut self) -> anyhow::Result<Report> {
        if let Some(stop) = self.stop.take() {
            // It fails if the bots are done already.
            let _ = stop.send(());
        }
        self.finish().await
    }
}
