//! The reactions of a bot to events: it joins its room, and looks for the turns of its neighbours.

use std::time::{Duration, Instant};

use parlour_client::{Agreement, Command, Event};
use parlour_shared::{
    limits::MAX_COMPONENT_BYTES,
    motion::Gait,
    snapshot::{MotionChange, OwnerChange, PlayerIdentity, Update},
};

use super::{super::schedule::Job, Bot, ThreadState};

impl Bot {
    pub(super) fn react(&mut self, event: &Event, now: Instant, shared: &mut ThreadState) {
        let measured = &mut shared.tally.measured;
        match event {
            Event::Welcome => {
                if let Some(player) = self.client.player() {
                    self.known = Some((player, shared.registry.add(player)));
                }
                shared
                    .tally
                    .run
                    .connect
                    .add(now.saturating_duration_since(self.intended));
                let known = self.client.welcome().map(|welcome| &welcome.room_types);
                let is_other = |known: &&Vec<String>| !known.is_empty() && !known.contains(&shared.plan.map);
                if let Some(known) = known.filter(is_other) {
                    // The run stops, and names the types.
                    shared.tally.run.other_room_types = Some(known.clone());
                    return;
                }
                let room = shared.plan.room_name(self.number);
                self.send(Command::join(room), now, shared);
            }
            // Bots do not resume yet.
            Event::Resumed { .. } => {}
            Event::Entered => self.entered(now, shared),
            Event::Left(_) => {
                self.tracker.clear();
                // The aim is a tick of that room.
                self.aimed = None;
                self.stop_watching(now, shared);
            }
            Event::Snapshot { own, ack } => {
                match own {
                    Some(Agreement::Agreed) => measured.predictions_agreed += 1,
                    Some(Agreement::Unchecked | Agreement::Corrected) => measured.predictions_unchecked += 1,
                    Some(Agreement::Started) | None => {}
                }
                if let Some(ack) = ack {
                    match u64::try_from(ack.early) {
                        Ok(early) => measured.early.add(Duration::from_micros(100 * early)),
                        Err(_) => {
                            measured.inputs_late += 1;
                            let late = u64::from(ack.early.unsigned_abs());
                            measured.late.add(Duration::from_micros(100 * late));
                        }
                    }
                }
                if self.is_witness {
                    self.look(now, shared);
                }
            }
            Event::Chat(_) => measured.chats_in += 1,
            Event::Refused(refused) => {
                *shared
                    .tally
                    .run
                    .refused
                    .entry(refused.refusal.class().name())
                    .or_default() += 1;
            }
            Event::Pong { rtt } => measured.rtt.add(*rtt),
            Event::StateChanged(_)
            | Event::Accepted(_)
            | Event::Custom(_)
            | Event::Closing(_)
            | Event::Reserved(_)
            | Event::Frame { .. } => {}
        }
    }

    fn entered(&mut self, now: Instant, shared: &mut ThreadState) {
        self.tracker.clear();
        self.client.share_walls(&mut shared.walls);
        if let Some(room) = self.client.room().filter(|_| !self.stalls) {
            self.watched = Some(shared.tick_watch.enter(&room.entered.room, now));
        }
        if std::mem::replace(&mut self.joined, true) {
            // It went through a door.
            if let Some((_, number)) = self.known {
                shared.registry.change_room(number);
            }
            return;
        }
        if let Some(past) = shared.past.get_mut(self.number as usize) {
            let first = !std::mem::replace(&mut past.has_joined, true);
            shared.tally.run.joined += u32::from(first);
        }
        let first_ping = shared
            .plan
            .ping_every
            .map(|every| every.min(Duration::from_secs(1)));
        let jobs = [
            (self.walk.first_delay(), Job::Turn),
            (self.talk.chat_delay(), Job::Chat),
            (self.talk.skin_delay(), Job::Skin),
            (first_ping, Job::Ping),
        ];
        for (delay, job) in jobs {
            if let Some(delay) = delay {
                shared.schedule.add(now + delay, self.number, job);
            }
        }
    }

    /// Looks for turns of neighbours in the snapshot that was just applied.
    fn look(&mut self, now: Instant, shared: &mut ThreadState) {
        let (snapshot, registry, measured) = (&shared.snapshot, &shared.registry, &mut shared.tally.measured);
        let own = self.client.slot();
        measured.updates += snapshot.updates.len() as u64;
        measured.enters += snapshot.enters.len() as u64;
        if snapshot.base.is_none() {
            self.tracker.begin_full();
        }
        for &slot in &snapshot.leaves {
            self.tracker.leave(slot);
        }
        for enter in snapshot.enters.iter().filter(|enter| Some(enter.slot) != own) {
            let Some(PlayerIdentity { player, .. }) = enter.identity.player() else {
                continue;
            };
            let (slot, player, heading) = (enter.slot, *player, enter.gait.heading);
            let latency = &mut measured.latency;
            let sighting = self
                .tracker
                .enter(registry, slot, player, heading, now, |missed| latency.add(missed));
            measured.sighted(sighting);
        }
        self.tracker.end_enters();
        for update in snapshot.updates.iter().filter(|update| Some(update.slot) != own) {
            let Some(MotionChange::Turn { gait, .. } | MotionChange::Anchor { gait, .. }) = update.motion
            else {
                continue;
            };
            measured.motions += 1;
            measured.motion_bytes += record_bytes(update);
            let latency = &mut measured.latency;
            let sighting = self
                .tracker
                .moved(registry, update.slot, gait.heading, now, |missed| {
                    latency.add(missed);
                });
            measured.sighted(sighting);
        }
    }
}

/// Returns the length of an update record on the wire.
fn record_bytes(update: &Update) -> u64 {
    let motion = match update.motion {
        Some(MotionChange::Turn { gait, .. }) => 1 + gait_bytes(gait),
        Some(MotionChange::Anchor { gait, .. }) => 8 + gait_bytes(gait),
        None => 0,
    };
    let skin = if update.skin.is_some() { 2 } else { 0 };
    let components = update
        .components
        .iter()
        .map(|(_, bytes)| 1 + bytes.len().min(MAX_COMPONENT_BYTES) as u64);
    let mask = if update.components.is_empty() { 0 } else { 2 };
    let owner = match update.owner {
        Some(OwnerChange { player: Some(_) }) => 5,
        Some(OwnerChange { player: None }) => 1,
        None => 0,
    };
    let dropped = u64::from(update.dropped.is_some());
    3 + motion + skin + mask + components.sum::<u64>() + owner + dropped
}

/// Returns the length of a gait on the wire.
fn gait_bytes(gait: Gait) -> u64 {
    gait.to_bytes().as_slice().len() as u64
}
