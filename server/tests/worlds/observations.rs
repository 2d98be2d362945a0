//! What many clients saw, which must fit together: no two of them may see different things.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use parlour_client::{
    Connection, Event, PlayerId, Refusal,
    shared::{
        ids::Epoch,
        message::{LeaveReason, Request, Scope, Stamp},
    },
};

/// What all clients saw so far.
#[derive(Default)]
pub(crate) struct Observations(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    /// The room of each epoch.
    rooms: BTreeMap<Epoch, String>,
    /// What was said to everyone in a room, by its number there.
    chats: BTreeMap<(Epoch, u32), (PlayerId, String)>,
    counts: Counts,
}

/// How often things happened.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) entered: usize,
    pub(crate) moved: usize,
    pub(crate) sheltered: usize,
    pub(crate) closed: usize,
    pub(crate) refused: usize,
    pub(crate) full: usize,
    pub(crate) lost_in_a_panic: usize,
    pub(crate) chats: usize,
    pub(crate) snapshots: usize,
    /// Worlds that were asked to move to a different tick thread.
    pub(crate) world_moves: usize,
}

impl Counts {
    /// Returns whether everything happened that a test is about.
    pub(crate) fn is_enough(&self) -> bool {
        let rare = [
            self.moved,
            self.full,
            self.lost_in_a_panic,
            self.sheltered,
            self.snapshots,
            self.world_moves,
        ];
        self.entered >= 200 && self.chats >= 100 && rare.iter().all(|count| *count > 0)
    }
}

/// What one client knows from the messages alone.
#[derive(Default)]
pub(crate) struct OwnStory {
    /// The room in which it is.
    pub(crate) present: Option<Epoch>,
    /// The requests that wait for an answer.
    pub(crate) open: Vec<Request>,
    /// Whether its room has ended, so that it goes to a fallback room.
    is_moving: bool,
    /// The last tick of its room.
    pub(crate) tick: Option<u32>,
}

impl Observations {
    pub(crate) fn counts(&self) -> Counts {
        self.lock().counts
    }

    pub(crate) fn closed(&self) {
        self.lock().counts.closed += 1;
    }

    pub(crate) fn world_moves(&self) {
        self.lock().counts.world_moves += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap()
    }

    /// Checks an event of a client. The client checks already that each snapshot can be decoded,
    /// and that nothing is missing in the numbers of a stay.
    pub(crate) fn check(&self, story: &mut OwnStory, connection: &Connection, event: &Event) {
        let mut seen = self.lock();
        let client = connection.client();
        match event {
            Event::Entered => {
                let entered = &client.room().unwrap().entered;
                assert_eq!(story.present, None, "it is in a room already");
                story.present = Some(entered.epoch);
                story.tick = None;
                seen.enter(entered.epoch, &entered.room);
                seen.counts.sheltered += usize::from(story.is_moving);
                story.is_moving = false;
                story.answered(entered.request);
            }
            Event::Left(left) => {
                assert_eq!(
                    story.present.take(),
                    Some(left.epoch),
                    "it is in a different room"
                );
                assert!(client.room().is_none());
                story.answered(left.request);
                seen.counts.moved += usize::from(left.reason == LeaveReason::Moved);
                story.is_moving = left.reason == LeaveReason::Ended;
            }
            Event::Snapshot { .. } => {
                let (snapshot, player) = (client.snapshot(), client.player().unwrap());
                assert_eq!(story.present, Some(client.room().unwrap().entered.epoch));
                let tick = snapshot.tick.0;
                assert!(story.tick.is_none_or(|last| last < tick), "tick {tick} again");
                story.tick = Some(tick);
                assert!(
                    client
                        .view()
                        .iter()
                        .any(|(_, seen)| seen.player().is_some_and(|own| own.player == player))
                );
                seen.counts.snapshots += 1;
            }
            Event::Chat(said) => {
                let Stamp { epoch, seq } = said.stamp;
                assert_eq!(story.present, Some(epoch), "said in a different room");
                seen.counts.chats += 1;
                if said.scope == Scope::Room {
                    let text = (said.player, said.text.clone());
                    let known = seen.chats.entry((epoch, seq));
                    let known = known.or_insert_with(|| text.clone());
                    assert_eq!(*known, text, "two texts with number {seq} in {epoch:?}");
                }
            }
            Event::Accepted(accepted) => story.answered(accepted.request),
            Event::Reserved(reserved) => story.answered(reserved.request),
            Event::Refused(refused) => {
                story.answered(refused.request);
                let counts = &mut seen.counts;
                counts.refused += 1;
                counts.full += usize::from(refused.refusal == Refusal::RoomFull);
                counts.lost_in_a_panic += usize::from(refused.refusal == Refusal::WorldRestarted);
            }
            Event::Welcome
            | Event::Resumed { .. }
            | Event::StateChanged(_)
            | Event::Pong { .. }
            | Event::Custom(_)
            | Event::Closing(_)
            | Event::Frame { .. } => {}
        }
    }

    /// Checks that nothing that was said is missing between the first and the last chat that was
    /// heard in each room.
    pub(crate) fn check_chats(&self) {
        let seen = self.lock();
        let numbers: Vec<_> = seen.chats.keys().collect();
        for pair in numbers.windows(2) {
            if let [(epoch, seq), (next_epoch, next)] = pair
                && epoch == next_epoch
            {
                assert_eq!(seq + 1, *next, "a chat in {epoch:?} was heard by nobody");
            }
        }
    }
}

impl Seen {
    fn enter(&mut self, epoch: Epoch, room: &str) {
        let known = self.rooms.entry(epoch).or_insert_with(|| room.to_owned());
        assert_eq!(known, room, "{epoch:?} stands for two rooms");
        self.counts.entered += 1;
    }
}

impl OwnStory {
    /// A request was answered. 0 is no request.
    fn answered(&mut self, request: Request) {
        if request != 0 {
            let at = self.open.iter().position(|open| *open == request);
            let at = at.unwrap_or_else(|| panic!("request {request} was answered twice"));
            self.open.remove(at);
        }
    }
}
