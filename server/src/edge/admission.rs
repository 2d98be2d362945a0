//! The limits on connections: in total, and from one address before a hello.
//!
//! A connection slightly over a limit gets an HTTP response, which costs memory and time. A
//! connection far over it is closed without one.
//!
//! Above the limit in total, a tenth more places are for clients that resume a session: their
//! players are still in the world. Only the hello shows who resumes, so every connection in these
//! places may upgrade, and those that do not resume are then closed with 1013.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use super::address_limits::network;
use crate::metrics::{Gauge, Metrics};

/// The number of connections over the limit that still get a response.
const ANSWERED_OVER: u32 = 1024;
/// The maximum number of connections that have the longer deadline for a hello that a person may be
/// typing. Behind a proxy that sends no forwarding header, remote clients look like local ones. So
/// even then they can occupy at most these 16 places.
const MAX_TYPED_HELLOS: u32 = 16;

/// The counts of connections. The I/O threads share them; the tick thread does not use them.
pub(super) struct Admission {
    max_connections: u32,
    /// The number of places above `max_connections`, for clients that resume a session.
    for_resuming: u32,
    max_per_address: u32,
    connections: AtomicU32,
    typed_hellos: AtomicU32,
    /// An address has an entry only while it has a connection without a hello, so the number of
    /// connections bounds the size.
    addresses: Mutex<HashMap<IpAddr, u32>>,
    connections_gauge: Gauge,
    without_hello_gauge: Gauge,
}

/// The decision about a new connection.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Admit it.
    Admit(AdmissionPermit),
    /// Respond with 503.
    Full(AdmissionPermit),
    /// Respond with 429.
    AddressFull(AdmissionPermit),
    /// Close it without a response.
    DropFull,
    /// Close it without a response, because of its address.
    DropAddressFull,
}

/// A connection that is counted until this is dropped.
pub(super) struct AdmissionPermit {
    admission: Arc<Admission>,
    hello: HelloCount,
    /// Whether its place is one of those for clients that resume a session.
    is_for_resuming: bool,
}

/// Which count of connections without a hello includes this connection.
enum HelloCount {
    /// Only the count of all addresses: a trusted proxy has not reported the client yet, or is the
    /// client.
    NoAddress,
    /// The count of its address.
    Address(IpAddr),
    /// The count of connections with the longer deadline.
    Typed,
    /// Neither, because its hello has arrived.
    Greeted,
}

impl Admission {
    pub(super) fn new(max_connections: u32, max_per_address: u32, metrics: &Metrics) -> Self {
        Self {
            max_connections,
            for_resuming: max_connections / 10,
            max_per_address,
            connections: AtomicU32::new(0),
            typed_hellos: AtomicU32::new(0),
            addresses: Mutex::default(),
            connections_gauge: metrics.edge.connections.clone(),
            without_hello_gauge: metrics.edge.unauthenticated.clone(),
        }
    }

    /// Counts a new connection, and decides what to do with it. If the address of its client is not
    /// known yet, [`AdmissionPermit::set_address`] follows.
    pub(super) fn enter(self: &Arc<Self>, address: Option<IpAddr>) -> Verdict {
        let connections = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        self.connections_gauge.increment(1);
        self.without_hello_gauge.increment(1);
        let most = self.max_connections.saturating_add(self.for_resuming);
        let mut permit = AdmissionPermit {
            admission: Arc::clone(self),
            hello: HelloCount::NoAddress,
            is_for_resuming: connections > self.max_connections,
        };
        let from_address = address.map_or(0, |address| permit.count_for(address));
        // `DropAddressFull` and `DropFull` carry no permit: it is dropped at the end of this
        // function, which undoes the counts.
        if from_address > self.max_per_address.saturating_mul(2) {
            Verdict::DropAddressFull
        } else if connections > most.saturating_add(ANSWERED_OVER) {
            Verdict::DropFull
        } else if from_address > self.max_per_address {
            Verdict::AddressFull(permit)
        } else if connections > most {
            Verdict::Full(permit)
        } else {
            Verdict::Admit(permit)
        }
    }

    /// Removes a connection from the count of its address.
    fn leave(&self, address: IpAddr) {
        self.count(address, |count| {
            *count = count.saturating_sub(1);
            *count
        });
    }

    fn count(&self, address: IpAddr, change: impl FnOnce(&mut u32) -> u32) -> u32 {
        // Poison can be ignored: a panic cannot leave a count half changed.
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let count = addresses.entry(address).or_default();
        let result = change(count);
        if *count == 0 {
            addresses.remove(&address);
        }
        result
    }
}

impl AdmissionPermit {
    /// Notes the address of the client, which a trusted proxy has reported. Returns `false` if too
    /// many connections of the address have not sent a hello.
    pub(super) fn set_address(&mut self, address: IpAddr) -> bool {
        self.count_for(address) <= self.admission.max_per_address
    }

    /// Counts the connection for an address. Returns the number of connections of the address.
    fn count_for(&mut self, address: IpAddr) -> u32 {
        let address = network(address);
        if !matches!(self.hello, HelloCount::NoAddress) {
            return 0;
        }
        self.hello = HelloCount::Address(address);
        self.admission.count(address, |count| {
            *count += 1;
            *count
        })
    }

    /// Returns whether the connection may open a session. In a place for resuming, only a client
    /// that resumes one may, unless other connections have ended since.
    pub(super) fn may_open(&mut self, resumes: bool) -> bool {
        let admission = &self.admission;
        if self.is_for_resuming && !resumes {
            let connections = admission.connections.load(Ordering::Relaxed);
            self.is_for_resuming = connections > admission.max_connections;
            return !self.is_for_resuming;
        }
        self.is_for_resuming = false;
        true
    }

    /// Grants the connection the longer deadline for its hello, unless [`MAX_TYPED_HELLOS`] others
    /// have it. Returns whether the connection got it. It then no longer counts for its address: a
    /// person who types must not take the place of fast clients.
    pub(super) fn extend_deadline(&mut self) -> bool {
        let HelloCount::Address(address) = self.hello else {
            return false;
        };
        let one_more = |count| (count < MAX_TYPED_HELLOS).then_some(count + 1);
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        if self
            .admission
            .typed_hellos
            .try_update(set, fetch, one_more)
            .is_err()
        {
            return false;
        }
        self.admission.leave(address);
        self.hello = HelloCount::Typed;
        true
    }

    /// Notes that the hello has arrived. The connection is then no longer counted as one without a
    /// hello.
    pub(super) fn greeted(&mut self) {
        match std::mem::replace(&mut self.hello, HelloCount::Greeted) {
            HelloCount::Greeted => return,
            HelloCount::NoAddress => {}
            HelloCount::Address(address) => self.admission.leave(address),
            HelloCount::Typed => {
                self.admission.typed_hellos.fetch_sub(1, Ordering::Relaxed);
            }
        }
        self.admission.without_hello_gauge.decrement(1);
    }
}

impl Drop for AdmissionPermit {
    fn drop(&mut self) {
        self.greeted();
        self.admission.connections.fetch_sub(1, Ordering::Relaxed);
        self.admission.connections_gauge.decrement(1);
    }
}

impl std::fmt::Debug for AdmissionPermit {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("AdmissionPermit").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(connections: u32, per_address: u32) -> Arc<Admission> {
        let metrics = Metrics::new(1);
        Arc::new(Admission::new(connections, per_address, &metrics))
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn connections_of_one_address_are_answered_up_to_twice_its_limit_and_then_dropped() {
        let admission = admission(100, 2);
        let mut entered: Vec<_> = (0..4).map(|_| admission.enter(Some(ip("10.0.0.1")))).collect();
        assert!(matches!(entered[1], Verdict::Admit(_)));
        assert!(matches!(entered[3], Verdict::AddressFull(_)));
        assert!(matches!(
            admission.enter(Some(ip("::ffff:10.0.0.1"))),
            Verdict::DropAddressFull
        ));
        assert!(matches!(admission.enter(Some(ip("10.0.0.2"))), Verdict::Admit(_)));
        entered.truncate(2);
        let Some(Verdict::Admit(mut permit)) = entered.pop() else {
            panic!()
        };
        permit.greeted();
        assert!(matches!(admission.enter(Some(ip("10.0.0.1"))), Verdict::Admit(_)));
        drop((permit, entered));
        assert_eq!(admission.connections.load(Ordering::Relaxed), 0);
        assert!(admission.addresses.lock().unwrap().is_empty());
    }

    #[test]
    fn a_few_connections_get_the_longer_deadline_and_do_not_count_for_their_address() {
        let metrics = Metrics::new(1);
        let without_hello = || metrics.value("parlour_unauthenticated_connections");
        let admission = Arc::new(Admission::new(100, 1, &metrics));
        let enter = || match admission.enter(Some(ip("127.0.0.1"))) {
            Verdict::Admit(permit) => permit,
            other => panic!("{other:?}"),
        };
        let mut slow: Vec<_> = (0..MAX_TYPED_HELLOS)
            .map(|_| {
                let mut permit = enter();
                assert!(permit.extend_deadline());
                permit
            })
            .collect();
        let mut one_more = enter();
        assert!(!one_more.extend_deadline());
        assert_eq!(without_hello(), f64::from(MAX_TYPED_HELLOS) + 1.0);
        slow[0].greeted();
        assert!(one_more.extend_deadline());
        assert!(!one_more.extend_deadline(), "it already has the longer deadline");
        drop((slow, one_more));
        assert_eq!(admission.typed_hellos.load(Ordering::Relaxed), 0);
        assert_eq!(without_hello(), 0.0);
        assert!(admission.addresses.lock().unwrap().is_empty());
    }

    #[test]
    fn the_verdict_over_the_limit_of_connections_is_full() {
        let admission = admission(1, 10);
        let _first = admission.enter(Some(ip("10.0.0.1")));
        assert!(matches!(admission.enter(Some(ip("10.0.0.2"))), Verdict::Full(_)));
    }

    #[test]
    fn a_tenth_above_the_limit_is_for_clients_that_resume() {
        let admission = admission(10, 100);
        let permit = |address: &str| match admission.enter(Some(ip(address))) {
            Verdict::Admit(permit) => permit,
            other => panic!("{other:?}"),
        };
        let mut inside: Vec<_> = (0..10).map(|_| permit("10.0.0.1")).collect();
        assert!(inside.iter_mut().all(|permit| permit.may_open(false)));
        let mut eleventh = permit("10.0.0.2");
        assert!(matches!(admission.enter(Some(ip("10.0.0.3"))), Verdict::Full(_)));
        assert!(!eleventh.may_open(false));
        assert!(eleventh.may_open(true));
        drop(eleventh);
        let mut next = permit("10.0.0.2");
        assert!(!next.may_open(false));
        inside.pop();
        assert!(next.may_open(false), "a place is free");
    }

    #[test]
    fn a_connection_of_a_proxy_counts_for_the_address_that_the_proxy_reports() {
        let admission = admission(100, 1);
        let enter = || match admission.enter(None) {
            Verdict::Admit(permit) => permit,
            other => panic!("{other:?}"),
        };
        let mut permits: Vec<_> = (0..5).map(|_| enter()).collect();
        assert!(permits[0].set_address(ip("192.0.2.1")));
        assert!(!permits[1].set_address(ip("192.0.2.1")));
        assert!(permits[2].set_address(ip("192.0.2.2")));
        drop(permits);
        assert!(admission.addresses.lock().unwrap().is_empty());
    }
}
