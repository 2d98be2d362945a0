//! Connects the threads: creates the state that all share, and the rings between I/O threads, tick
//! threads and the desk.

use std::{io, net::TcpListener, sync::Arc};

use crate::{
    auth::AuthParts,
    bridge::{
        commands::command_ring,
        event_ring::event_ring,
        forwarded::{self, ForwardReceiver},
        inbound::{self, InboundReceiver},
        io_load::IoLoad,
        outbound::{self, DeskPublisher, OutboundEnds, Publisher},
        reports::report_ring,
        session_route::IoRings,
        tick_status::TickThreads,
        wake::{self, WakeEnd, WakeSender},
    },
    descriptors::Descriptors,
    desk::TickRings,
    edge::{EdgeOptions, EdgeShared, IoStart, Welcomes},
    failure::Failure,
    metrics::Metrics,
    node_status::NodeStatus,
    ticker::{CommandReceiver, ReportSender},
};

/// The state that all threads share.
pub(super) struct SharedState {
    pub(super) descriptors: Arc<Descriptors>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) status: Arc<TickThreads>,
    pub(super) failure: Arc<Failure>,
    pub(super) edge: Arc<EdgeShared>,
    pub(super) node: Arc<NodeStatus>,
}

impl SharedState {
    /// Creates the state. No thread runs yet.
    pub(super) fn new(
        options: EdgeOptions,
        (tick_threads, io_threads): (usize, usize),
        descriptors: Descriptors,
        welcomes: Welcomes,
        auth: &AuthParts,
    ) -> Self {
        let descriptors = Arc::new(descriptors);
        let metrics = Arc::new(Metrics::new(tick_threads));
        let status = Arc::new(TickThreads::new(tick_threads));
        let failure = Arc::new(Failure::default());
        let edge = Arc::new(EdgeShared::new(
            (options, io_threads),
            Arc::clone(&descriptors),
            Arc::clone(&metrics),
            Arc::clone(&status),
            Arc::clone(&failure),
            welcomes,
            auth,
        ));
        Self {
            descriptors,
            metrics,
            status,
            failure,
            edge,
            node: Arc::new(NodeStatus::new(tick_threads)),
        }
    }
}

/// The connections between the threads, with all their ends.
pub(super) struct Wiring {
    pub(super) ticks: Vec<TickEnds>,
    pub(super) io: Vec<IoEnds>,
    pub(super) desk: DeskEnds,
}

/// The ends of a tick thread. Lists have one entry for each I/O thread.
pub(super) struct TickEnds {
    pub(super) inbound: Vec<InboundReceiver>,
    pub(super) commands: CommandReceiver,
    pub(super) reports: ReportSender,
    pub(super) publisher: Publisher,
    pub(super) loads: Vec<Arc<IoLoad>>,
}

/// The ends of an I/O thread, and the sender that wakes it when the server stops or fails.
pub(super) struct IoEnds {
    pub(super) start: IoStart,
    pub(super) wake: Arc<WakeSender>,
}

/// The ends of the desk, and the sender that wakes it when a world is built or the server stops.
pub(super) struct DeskEnds {
    pub(super) io: Vec<ForwardReceiver>,
    pub(super) ticks: Vec<TickRings>,
    pub(super) publisher: DeskPublisher,
    pub(super) woken: WakeEnd,
    pub(super) wake: WakeSender,
}

impl Wiring {
    /// Connects the desk with these numbers of I/O threads, which all accept connections from
    /// `public`, and of tick threads. From now on, a failure wakes the I/O threads.
    pub(super) fn new(
        io_threads: usize,
        tick_threads: usize,
        public: &TcpListener,
        shared: &SharedState,
    ) -> io::Result<Self> {
        let (mut wakes, mut stops, mut woken) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..io_threads {
            let (sender, end) = wake::pair()?;
            stops.push(Arc::new(sender.try_clone()?));
            wakes.push(sender);
            woken.push(end);
        }
        shared.failure.wakes(stops.clone());
        let (desk_wake, desk_woken) = wake::pair()?;
        let dropped = &shared.metrics.edge.dropped_inbound_full;
        let OutboundEnds {
            publishers,
            desk: desk_publisher,
            receivers,
        } = outbound::connect(tick_threads, &wakes)?;

        let (mut ticks, mut tick_rings) = (Vec::new(), Vec::new());
        for publisher in publishers {
            let (command_sender, commands) = command_ring(dropped.clone());
            let (reports, report_receiver) = report_ring(desk_wake.try_clone()?);
            tick_rings.push(TickRings {
                commands: command_sender,
                reports: report_receiver,
            });
            ticks.push(TickEnds {
                inbound: Vec::new(),
                commands,
                reports,
                publisher,
                loads: Vec::new(),
            });
        }

        let (mut io, mut forwards) = (Vec::new(), Vec::new());
        let ends = stops.into_iter().zip(woken).zip(receivers);
        for (thread, ((stop, woken), outbound)) in ends.enumerate() {
            let load = IoLoad::new();
            let mut worlds = Vec::new();
            for tick in &mut ticks {
                let (sender, receiver) = event_ring(inbound::ring_size(tick_threads), dropped.clone(), None);
                worlds.push(sender);
                tick.inbound.push(receiver);
                tick.loads.push(Arc::clone(&load));
            }
            let wake = Some(desk_wake.try_clone()?);
            let (desk, receiver) = event_ring(forwarded::RING, dropped.clone(), wake);
            forwards.push(receiver);
            let start = IoStart {
                thread,
                listener: public.try_clone()?,
                shared: Arc::clone(&shared.edge),
                rings: IoRings { desk, worlds },
                outbound,
                wake: woken,
                load,
            };
            io.push(IoEnds { start, wake: stop });
        }
        let desk = DeskEnds {
            io: forwards,
            ticks: tick_rings,
            publisher: desk_publisher,
            woken: desk_woken,
            wake: desk_wake,
        };
        Ok(Self { ticks, io, desk })
    }
}
