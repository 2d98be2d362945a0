//! The scheduled jobs of a bot.

use std::time::Instant;

use parlour_client::Command;
use parlour_shared::{
    ids::Tick,
    message::Scope,
    motion::{Position, UNITS_PER_PX},
};

use super::{super::schedule::Job, Bot, ThreadState};

impl Bot {
    /// Runs a due job, if that is possible now, and schedules the next one.
    pub(in super::super) fn act(&mut self, job: Job, due: Instant, now: Instant, shared: &mut ThreadState) {
        let next = match job {
            // The thread runs these.
            Job::Connect | Job::Churn | Job::SampleAge => None,
            Job::Flush => {
                self.flush_planned = false;
                self.flush(now, shared);
                return;
            }
            Job::Turn if shared.plan.phase_lock => {
                self.schedule_sample(due, shared);
                shared.schedule.add(due + self.walk.delay(), self.number, job);
                return;
            }
            Job::Turn => {
                self.turn(due, None, now, shared);
                Some(self.walk.delay())
            }
            Job::SampleInput => {
                self.sample(due, now, shared);
                None
            }
            Job::Chat => {
                let scope = if self.talk.choose(2) == 0 {
                    Scope::Room
                } else {
                    Scope::Near
                };
                let text = format!("bot {} says {}", self.number, self.talk.choose(1000));
                self.ask(Command::Say { scope, text }, now, shared);
                self.talk.chat_delay()
            }
            Job::Skin => {
                let skins = self.client.welcome().map_or(0, |welcome| welcome.skins.len());
                let skin = self.talk.choose(skins.min(usize::from(u16::MAX)) as u32) as u16;
                self.ask(Command::SetSkin { skin }, now, shared);
                self.talk.skin_delay()
            }
            Job::Ping => {
                self.send(Command::Ping, now, shared);
                shared.plan.ping_every
            }
        };
        shared
            .tally
            .measured
            .lag
            .add(Instant::now().saturating_duration_since(due));
        if let Some(delay) = next {
            // Count from the due time, not from now: a late generator must catch up. Otherwise it
            // would put less load on the server.
            shared.schedule.add(due + delay, self.number, job);
        }
    }

    /// Schedules the sampling of a turn. The wait counts from the due time of the turn, so that it
    /// excludes the generator's own delay.
    fn schedule_sample(&mut self, due: Instant, shared: &mut ThreadState) {
        // A client samples its input once a tick, so a second turn before that changes nothing.
        if self.aimed.is_some() || self.client.room().is_none() {
            return;
        }
        if let Some((moment, tick)) = self.client.next_sample(due, shared.plan.aim) {
            let wait = moment.saturating_duration_since(due);
            shared.tally.measured.input_wait.add(wait);
            self.aimed = Some((moment, tick));
            shared.schedule.add(moment, self.number, Job::SampleInput);
        }
    }

    /// Samples the input and turns. If the generator is late, aims at a later tick.
    fn sample(&mut self, due: Instant, now: Instant, shared: &mut ThreadState) {
        // The sampling of an aim in the last room finds no aim, or the next one.
        let Some((_, mut tick)) = self.aimed.take_if(|(moment, _)| *moment == due) else {
            return;
        };
        if now > due + shared.plan.aim {
            // The command would miss its tick. The server drops commands that are much too late.
            tick = self
                .client
                .next_sample(now, shared.plan.aim)
                .map_or(tick, |(_, next)| next.max(tick));
        }
        self.turn(due, Some(tick), now, shared);
    }

    fn turn(&mut self, due: Instant, at: Option<Tick>, now: Instant, shared: &mut ThreadState) {
        let (Some(room), Some((_, bot))) = (self.client.room(), self.known) else {
            return;
        };
        let map = &room.entered.map;
        let middle = |tiles: u16| i32::from(tiles) * i32::from(map.tile_px) * UNITS_PER_PX / 2;
        let middle = Position {
            x: middle(map.width),
            y: middle(map.height),
        };
        let here = self
            .client
            .segment()
            .map(|segment| segment.at(self.client.tick_at(now).unwrap_or_default()));
        let (heading, motion) = self.walk.turn(here, middle, &room.entered.speeds);
        shared.registry.intend(bot, motion, due);
        shared.tally.measured.inputs_out += 1;
        self.send(Command::Walk { heading, at }, now, shared);
    }

    /// Sends a request that only makes sense in a room.
    fn ask(&mut self, command: Command, now: Instant, shared: &mut ThreadState) {
        if self.client.room().is_some() {
            self.send(command, now, shared);
        }
    }
}
