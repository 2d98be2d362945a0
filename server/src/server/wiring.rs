//! Connects the threads: creates the state that all share, and the rings between the tick thread
//! and the I/O threads.

use std::{io, net::TcpListener, sync::Arc};

use crate::{
    bridge::{
        inbound::{self, InboundReceiver},
        io_load::IoLoad,
        outbound::Publisher,
        tick_status::TickStatus,
        wake::{self, WakeSender},
    },
    descriptors::Descriptors,
    edge::{EdgeOptions, EdgeShared, IoStart, Welcomes},
    failure::Failure,
    metrics::Metrics,
    node_status::NodeStatus,
};

/// The state that all threads share.
pub(super) struct SharedState {
    pub(super) descriptors: Arc<Descriptors>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) status: Arc<TickStatus>,
    pub(super) failure: Arc<Failure>,
    pub(super) edge: Arc<EdgeShared>,
    pub(super) node: Arc<NodeStatus>,
}

impl SharedState {
    /// Creates the state. No thread runs yet.
    pub(super) fn new(options: EdgeOptions, descriptors: Descriptors, welcomes: Welcomes) -> Self {
        let descriptors = Arc::new(descriptors);
        let metrics = Arc::new(Metrics::new());
        let status = Arc::new(TickStatus::new());
        let failure = Arc::new(Failure::default());
        let edge = Arc::new(EdgeShared::new(
            options,
            Arc::clone(&descriptors),
            Arc::clone(&metrics),
            Arc::clone(&status),
            Arc::clone(&failure),
            welcomes,
        ));
        Self {
            descriptors,
            metrics,
            status,
            failure,
            edge,
            node: Arc::new(NodeStatus::new(1)),
        }
    }
}

/// The connections between the tick thread and the I/O threads, with both their ends.
pub(super) struct Wiring {
    pub(super) tick: TickEnds,
    pub(super) io: Vec<IoEnds>,
}

/// The ends of the tick thread. Lists have one entry for each I/O thread.
pub(super) struct TickEnds {
    pub(super) inbound: Vec<InboundReceiver>,
    pub(super) publisher: Publisher,
    pub(super) loads: Vec<Arc<IoLoad>>,
}

/// The ends of an I/O thread, and the sender that wakes it when the server stops or fails.
pub(super) struct IoEnds {
    pub(super) start: IoStart,
    pub(super) wake: Arc<WakeSender>,
}

impl Wiring {
    /// Connects this number of I/O threads, which all accept connections from `public`. From now
    /// on, a failure wakes them.
    pub(super) fn new(threads: usize, public: &TcpListener, shared: &SharedState) -> io::Result<Self> {
        let (mut publishes, mut stops, mut woken) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..threads {
            let (sender, end) = wake::pair()?;
            stops.push(Arc::new(sender.try_clone()?));
            publishes.push(sender);
            woken.push(end);
        }
        shared.failure.wakes(stops.clone());
        let (publisher, outbound) = Publisher::new(publishes);
        let (mut receivers, mut loads, mut io) = (Vec::new(), Vec::new(), Vec::new());
        let ends = stops.into_iter().zip(woken).zip(outbound);
        for (thread, ((stop, woken), outbound)) in ends.enumerate() {
            let (inbound, receiver) = inbound::ring(shared.metrics.edge.dropped_inbound_full.clone());
            receivers.push(receiver);
            let load = IoLoad::new();
            loads.push(Arc::clone(&load));
            let start = IoStart {
                thread,
                listener: public.try_clone()?,
                shared: Arc::clone(&shared.edge),
                inbound,
                outbound,
                wake: woken,
                load,
            };
            io.push(IoEnds { start, wake: stop });
        }
        let tick = TickEnds {
            inbound: receivers,
            publisher,
            loads,
        };
        Ok(Self { tick, io })
    }
}
