//! The sessions in a world: the I/O thread of each, and the state of its link. A viewer is sent no
//! snapshots while its connection takes no data, or while its whole I/O thread is behind. The world
//! only sees the combination of both.

#[cfg(test)]
mod tests;

use parlour_shared::ids::SessionId;
use parlour_tick::{Arrival, Event, EventKind, TickInput, TickOutput};

use crate::bridge::{
    link_state::{Flow, LinkState},
    route::{IoThreads, MAX_IO_THREADS},
    session_map::SessionMap,
};

/// The sessions in a world, and those that are about to enter or to leave it.
#[derive(Debug)]
pub(crate) struct Guests {
    /// Allocates only when sessions enter.
    sessions: SessionMap<Guest>,
    /// The number of sessions by I/O thread.
    counts: [u32; MAX_IO_THREADS],
    /// The I/O threads with at least one session.
    threads: IoThreads,
    /// The I/O threads that are behind, as seen by the tick thread of the world.
    behind: IoThreads,
    /// The sessions to forget after the tick, which may still have frames for them.
    leaving: Vec<SessionId>,
}

#[derive(Debug)]
struct Guest {
    io_thread: usize,
    link: LinkState,
    /// The number of its last placement in this world.
    placed: Option<u32>,
    /// Whether it is no longer in the world, or not yet.
    is_outside: bool,
}

impl Guests {
    /// Returns no guests. `behind` are the I/O threads that are behind.
    pub(crate) fn new(behind: IoThreads) -> Self {
        Self {
            sessions: SessionMap::default(),
            counts: [0; MAX_IO_THREADS],
            threads: IoThreads::default(),
            behind,
            leaving: Vec::new(),
        }
    }

    /// Adds a session that enters.
    pub(crate) fn arrive(
        &mut self,
        session: SessionId,
        player: Arrival,
        io_thread: usize,
        link: LinkState,
        input: &mut TickInput,
    ) {
        let guest = self.insert(session, io_thread);
        (guest.link, guest.placed, guest.is_outside) = (link, None, false);
        let dropped = link.is_dropped();
        send(input, session, EventKind::Arrive(Arrival { dropped, ..player }));
        if self.is_held(link, io_thread) {
            send(input, session, EventKind::Hold);
        }
    }

    /// Notes that a session has not arrived, because the world panicked.
    pub(crate) fn lose_arrival(&mut self, session: SessionId) {
        if let Some(guest) = self.sessions.get_mut(&session)
            && !std::mem::replace(&mut guest.is_outside, true)
        {
            self.leaving.push(session);
        }
    }

    /// Returns whether a session is known, and not in the world.
    pub(crate) fn is_outside(&self, session: SessionId) -> bool {
        self.sessions.get(&session).is_some_and(|guest| guest.is_outside)
    }

    /// Lets a session leave.
    pub(crate) fn depart(&mut self, session: SessionId, input: &mut TickInput) {
        let Some(guest) = self.sessions.get_mut(&session) else {
            return;
        };
        if !std::mem::replace(&mut guest.is_outside, true) {
            self.leaving.push(session);
            send(input, session, EventKind::Depart);
        }
    }

    /// Notes that the output of this tick may have frames for a session, which need not be in this
    /// world.
    pub(crate) fn expect_frames(&mut self, session: SessionId, io_thread: usize) {
        if !self.sessions.contains_key(&session) {
            self.insert(session, io_thread).is_outside = true;
            self.leaving.push(session);
        }
    }

    /// Notes the state of the link of a session.
    pub(crate) fn set_link(&mut self, session: SessionId, link: LinkState, input: &mut TickInput) {
        let Some(guest) = self.sessions.get_mut(&session).filter(|guest| !guest.is_outside) else {
            return;
        };
        let (mut before, io_thread) = (std::mem::replace(&mut guest.link, link), guest.io_thread);
        let mut was_held = self.is_held(before, io_thread);
        if link.resumes != before.resumes {
            let reset = link.resets != before.resets;
            send(input, session, EventKind::Resume { reset });
            // A new link is not held.
            (before, was_held) = (LinkState::default(), false);
        }
        let is_held = self.is_held(link, io_thread);
        if link.is_dropped() {
            if !before.is_dropped() {
                send(input, session, EventKind::Drop);
            }
        } else if is_held != was_held {
            send(input, session, hold(is_held));
        }
    }

    /// Handles an I/O thread that fell behind or caught up.
    pub(crate) fn set_behind(&mut self, thread: usize, behind: bool, input: &mut TickInput) {
        if behind {
            self.behind.add(thread);
        } else {
            self.behind.remove(thread);
        }
        // The order does not matter: there is one event for each session, and the input is sorted.
        for (&session, guest) in &self.sessions {
            if guest.io_thread == thread && guest.link.flow == Flow::Open && !guest.is_outside {
                send(input, session, hold(behind));
            }
        }
    }

    /// Holds and releases sessions after the world moved to a tick thread for which other I/O
    /// threads are behind.
    pub(crate) fn change_thread(&mut self, behind: IoThreads, input: &mut TickInput) {
        for thread in 0..MAX_IO_THREADS {
            let is_behind = behind.contains(thread);
            if is_behind != self.behind.contains(thread) {
                self.set_behind(thread, is_behind, input);
            }
        }
    }

    /// Tells a rebuilt world the state of each link: it holds nobody, and may have missed that a
    /// link was lost or came back.
    pub(crate) fn tell_links(&self, input: &mut TickInput) {
        for (&session, guest) in self.sessions.iter().filter(|(_, guest)| !guest.is_outside) {
            if guest.link.is_dropped() {
                send(input, session, EventKind::Drop);
            } else if guest.link.resumes > 0 {
                send(input, session, EventKind::Resume { reset: false });
            }
            if self.is_held(guest.link, guest.io_thread) {
                send(input, session, EventKind::Hold);
            }
        }
    }

    /// Notes a placement: direct events with this number, or an older one, are in order from now
    /// on.
    pub(crate) fn place(&mut self, session: SessionId, number: u32) {
        if let Some(guest) = self.sessions.get_mut(&session) {
            guest.placed = Some(number);
        }
    }

    /// Returns whether the session is in this world under this placement, or a later one.
    pub(crate) fn is_placed(&self, session: SessionId, number: u32) -> bool {
        let placed = self.sessions.get(&session).and_then(|guest| guest.placed);
        // Numbers wrap.
        placed.is_some_and(|placed| placed.wrapping_sub(number) <= u32::MAX / 2)
    }

    /// Returns whether this is the last placement of the session in this world.
    pub(crate) fn is_last_placement(&self, session: SessionId, number: u32) -> bool {
        let placed = self.sessions.get(&session).and_then(|guest| guest.placed);
        placed == Some(number)
    }

    /// Returns the I/O threads that must see this output.
    pub(crate) fn concerned(&self, output: &TickOutput) -> IoThreads {
        if self.threads.is_single() {
            return self.threads;
        }
        let frames = output.frames.iter().map(|frame| frame.session);
        let closes = output.closes.iter().map(|&(session, _)| session);
        let mut concerned = IoThreads::default();
        for session in closes.chain(frames) {
            if let Some(guest) = self.sessions.get(&session) {
                concerned.add(guest.io_thread);
                if concerned.contains_all(self.threads) {
                    break;
                }
            }
        }
        concerned
    }

    /// Forgets the sessions that left. To be called after the output of the tick was published.
    pub(crate) fn end_tick(&mut self) {
        for session in self.leaving.drain(..) {
            // It may have entered meanwhile.
            let Some(guest) = self.sessions.get(&session).filter(|guest| guest.is_outside) else {
                continue;
            };
            let count = &mut self.counts[guest.io_thread % MAX_IO_THREADS];
            *count -= 1;
            if *count == 0 {
                self.threads.remove(guest.io_thread);
            }
            self.sessions.remove(&session);
        }
    }

    /// Returns whether a viewer is sent no snapshots for now, although it has a link.
    fn is_held(&self, link: LinkState, io_thread: usize) -> bool {
        match link.flow {
            Flow::Open => self.behind.contains(io_thread),
            Flow::Held => true,
            Flow::Dropped => false,
        }
    }

    fn insert(&mut self, session: SessionId, io_thread: usize) -> &mut Guest {
        self.sessions.entry(session).or_insert_with(|| {
            self.counts[io_thread % MAX_IO_THREADS] += 1;
            self.threads.add(io_thread);
            Guest {
                io_thread,
                link: LinkState::default(),
                placed: None,
                is_outside: false,
            }
        })
    }
}

fn hold(held: bool) -> EventKind {
    if held { EventKind::Hold } else { EventKind::Release }
}

fn send(input: &mut TickInput, session: SessionId, kind: EventKind) {
    input.events.push(Event { session, kind });
}
