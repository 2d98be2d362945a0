//! Decides which sessions are held. A viewer is sent no snapshots while its connection takes no
//! data, or while its whole I/O thread is behind. The world only sees the combination of both.

use std::{collections::BTreeMap, time::Instant};

use parlour_shared::ids::SessionId;
use parlour_tick::{Event, EventKind, TickInput};

use crate::bridge::inbound::{Inbound, InboundKind};

/// The open sessions of each I/O thread, and whether they are held.
#[derive(Debug)]
pub(super) struct HeldSessions {
    threads: Vec<ThreadHolds>,
}

#[derive(Debug, Default)]
struct ThreadHolds {
    behind: bool,
    /// Whether the connection of each open session accepts no data. Allocates only when sessions
    /// open.
    sessions: BTreeMap<SessionId, bool>,
}

impl HeldSessions {
    pub(super) fn new(threads: usize) -> Self {
        Self {
            threads: (0..threads).map(|_| ThreadHolds::default()).collect(),
        }
    }

    /// Adds an event to the input of the tick that starts at `deadline`.
    pub(super) fn take_in(
        &mut self,
        thread: usize,
        event: Inbound,
        deadline: Instant,
        input: &mut TickInput,
    ) {
        let Some(thread) = self.threads.get_mut(thread) else {
            return;
        };
        let session = event.session;
        let mut send = |kind| input.events.push(Event { session, kind });
        match event.kind {
            InboundKind::Open(arrival) => {
                thread.sessions.insert(session, false);
                send(EventKind::Arrive(arrival));
                if thread.behind {
                    send(EventKind::Hold);
                }
            }
            InboundKind::Close => {
                if thread.sessions.remove(&session).is_some() {
                    send(EventKind::Depart);
                }
            }
            InboundKind::Hold | InboundKind::Release => {
                let hold = matches!(event.kind, InboundKind::Hold);
                let Some(held) = thread.sessions.get_mut(&session) else {
                    return;
                };
                let changed = std::mem::replace(held, hold) != hold;
                if changed && !thread.behind {
                    send(if hold { EventKind::Hold } else { EventKind::Release });
                }
            }
            InboundKind::Message(message) => send(EventKind::Message {
                early: early(deadline, event.arrived),
                message,
            }),
        }
    }

    /// Handles an I/O thread that fell behind or caught up.
    pub(super) fn set_behind(&mut self, thread: usize, behind: bool, input: &mut TickInput) {
        let Some(thread) = self.threads.get_mut(thread) else {
            return;
        };
        if std::mem::replace(&mut thread.behind, behind) == behind {
            return;
        }
        let others = thread.sessions.iter().filter(|(_, held)| !**held);
        input.events.extend(others.map(|(&session, _)| Event {
            session,
            kind: if behind {
                EventKind::Hold
            } else {
                EventKind::Release
            },
        }));
    }
}

/// Returns the time from the arrival of a message to the deadline, in 0.1 ms. It is negative if the
/// message arrived after the deadline.
fn early(deadline: Instant, arrived: Instant) -> i16 {
    let tenths =
        |duration: std::time::Duration| i16::try_from(duration.as_micros() / 100).unwrap_or(i16::MAX);
    match deadline.checked_duration_since(arrived) {
        Some(before) => tenths(before),
        None => -tenths(arrived.saturating_duration_since(deadline)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use parlour_tick::Arrival;

    use super::*;

    const A: SessionId = SessionId(256);
    const B: SessionId = SessionId(512);

    fn kinds(holds: &mut HeldSessions, events: Vec<(SessionId, InboundKind)>) -> Vec<(SessionId, EventKind)> {
        let mut input = TickInput::default();
        let now = Instant::now();
        for (session, kind) in events {
            let arrived = now;
            holds.take_in(
                0,
                Inbound {
                    session,
                    arrived,
                    kind,
                },
                now,
                &mut input,
            );
        }
        sent(input)
    }

    fn sent(input: TickInput) -> Vec<(SessionId, EventKind)> {
        let events = input.events.into_iter();
        events.map(|event| (event.session, event.kind)).collect()
    }

    fn open() -> InboundKind {
        InboundKind::Open(Arrival::default())
    }

    #[test]
    fn a_viewer_is_released_when_neither_it_nor_its_thread_is_behind() {
        let mut holds = HeldSessions::new(1);
        kinds(&mut holds, vec![(A, open()), (B, open())]);
        assert_eq!(
            kinds(&mut holds, vec![(A, InboundKind::Hold)]),
            [(A, EventKind::Hold)]
        );
        let mut input = TickInput::default();
        holds.set_behind(0, true, &mut input);
        assert_eq!(sent(input), [(B, EventKind::Hold)]);
        assert_eq!(
            kinds(
                &mut holds,
                vec![(A, InboundKind::Release), (B, InboundKind::Hold)]
            ),
            []
        );
        let mut input = TickInput::default();
        holds.set_behind(0, false, &mut input);
        assert_eq!(sent(input), [(A, EventKind::Release)]);
        assert_eq!(
            kinds(&mut holds, vec![(B, InboundKind::Release)]),
            [(B, EventKind::Release)]
        );
    }

    #[test]
    fn a_session_that_opens_while_its_thread_is_behind_is_held_and_closes_once() {
        let mut holds = HeldSessions::new(1);
        holds.set_behind(0, true, &mut TickInput::default());
        let closed = kinds(
            &mut holds,
            vec![(A, open()), (A, InboundKind::Close), (A, InboundKind::Close)],
        );
        let expected = [
            EventKind::Arrive(Arrival::default()),
            EventKind::Hold,
            EventKind::Depart,
        ];
        assert_eq!(
            closed.into_iter().map(|(_, kind)| kind).collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn early_is_in_tenths_of_a_millisecond_and_saturates() {
        let now = Instant::now();
        assert_eq!(early(now + Duration::from_micros(12_345), now), 123);
        assert_eq!(early(now, now + Duration::from_millis(2)), -20);
        assert_eq!(early(now + Duration::from_secs(100), now), i16::MAX);
        assert_eq!(early(now, now + Duration::from_secs(100)), -i16::MAX);
    }
}
