//! One tick of the small server: moves all players, and sends each the changes.

use parlour_shared::{
    ids::{PlayerId, Slot, Tick},
    motion::{Segment, contact, turn},
    snapshot::{
        Builder, EnterFields, IdentityFields, fields, flags, write_anchor, write_enter, write_turn,
        write_update_head,
    },
    websocket::encode_close,
};

use super::{Fault, State, Waiting};

impl State {
    pub(super) fn step(&mut self) {
        self.tick = self.tick.after(1);
        self.ticked = std::time::Instant::now();
        let tick = self.tick;
        for player in self.players.iter_mut().flatten().filter(|player| player.joined) {
            player.entered_at.get_or_insert(tick);
            player.change = None;
            if tick >= player.course.review {
                let before = player.course.segment;
                player.course = contact(&self.walls, &player.course, tick);
                player.change = (player.course.segment != before).then_some(false);
            }
            if let Some(Waiting { heading, ack, .. }) = player.command.take_if(|command| command.tick <= tick)
            {
                player.ack = Some(ack);
                if heading != player.course.segment.gait.heading {
                    let here = player.course.segment.at(tick);
                    player.course = turn(&self.walls, here, heading, tick);
                    player.change = Some(player.change.is_none());
                }
            }
        }
        self.replicate();
    }

    /// Sends all players everything that changed at this tick.
    fn replicate(&mut self) {
        let tick = self.tick;
        let seen: Vec<(Slot, Segment, Option<Tick>, Option<bool>)> = (0_u16..)
            .zip(&self.players)
            .filter_map(|(slot, player)| {
                player
                    .as_ref()
                    .filter(|player| player.joined)
                    .map(|player| (slot, player))
            })
            .map(|(slot, player)| {
                (
                    Slot(slot),
                    player.course.segment,
                    player.entered_at,
                    player.change,
                )
            })
            .collect();
        for player in self.players.iter_mut().flatten().filter(|player| player.joined) {
            let base = player.base;
            let is_new = |entered: &Option<Tick>| base.is_none() || *entered == Some(tick);
            let news = seen
                .iter()
                .any(|(_, _, entered, change)| is_new(entered) || change.is_some());
            if !news && player.ack.is_none() && !tick.0.is_multiple_of(60) {
                continue;
            }
            let mut out = Vec::new();
            let mut builder = Builder::begin(&mut out, 1, tick, base, player.ack.take());
            builder.section(flags::ENTERS, |out| {
                let enters = seen.iter().filter(|(_, _, entered, _)| is_new(entered));
                for (slot, segment, ..) in enters.clone() {
                    let player = PlayerId(1000 + u32::from(slot.0));
                    let (position, gait) = (segment.at(tick), segment.gait);
                    write_enter(
                        out,
                        &EnterFields {
                            slot: *slot,
                            identity: IdentityFields::Player {
                                player,
                                name: "bot",
                                skin: 0,
                                dropped: false,
                            },
                            position,
                            gait,
                            components: 0,
                        },
                    );
                }
                enters.count() as u16
            });
            builder.section(flags::UPDATES, |out| {
                let changed = seen
                    .iter()
                    .filter(|(_, _, entered, change)| !is_new(entered) && change.is_some());
                for (slot, segment, _, change) in changed.clone() {
                    if *change == Some(true) {
                        write_update_head(out, *slot, fields::TURN);
                        write_turn(out, 0, segment.gait);
                    } else {
                        write_update_head(out, *slot, fields::ANCHOR);
                        write_anchor(out, segment.at(tick), segment.gait);
                    }
                }
                changed.count() as u16
            });
            player.base = Some(tick);
            player.send(&out);
        }
    }

    pub(super) fn misbehave(&mut self) {
        match std::mem::replace(&mut self.fault, Fault::None) {
            Fault::None => {}
            Fault::Full => self.fault = Fault::Full,
            Fault::Freeze(time) => {
                self.has_frozen = true;
                stand_still(time);
            }
            Fault::SkipStamp => {
                self.seq += 1;
                self.say("one is missing");
            }
            Fault::Push => {
                for player in self.players.iter_mut().flatten() {
                    player.course.segment.position.y += 1;
                    player.entered_at = None;
                    player.base = None;
                }
            }
            Fault::Close(code) => {
                for player in self.players.iter_mut().filter_map(Option::take) {
                    let mut close = Vec::new();
                    encode_close(&mut close, code.code(), code.reason(), None);
                    let _ = player.writer.try_write(&close);
                }
            }
            Fault::Drop => self.players.iter_mut().for_each(|player| *player = None),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the server's thread must do nothing, as if its process were stopped"
)]
fn stand_still(time: std::time::Duration) {
    std::thread::sleep(time);
}
