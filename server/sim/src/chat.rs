//! Chat: to all players of the room, or to the players near the speaker.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::SessionId,
    limits::MAX_CHAT_BYTES,
    message::{Chat, ChatSaid, Refusal, Scope, ServerMessage, Stamp},
};

use crate::{
    broadcast_budget,
    clock::Clock,
    outbox::Outbox,
    player::Player,
    proximity::Proximity,
    replication::Watchers,
    rooms::{self, InRoom, Room, Seat, Seats},
    state,
};

/// A near chat on its way to a player near the speaker, for game logic that may keep it from the
/// player.
#[derive(Clone, Copy, Debug)]
pub struct Hearing {
    /// The player that speaks.
    pub speaker: Entity,
    /// The player that is near. It is never the speaker.
    pub listener: Entity,
}

/// Decides whether a listener hears a near chat.
pub(crate) type MayHear = Box<dyn Fn(&World, Hearing) -> bool + Send + Sync>;

/// The functions of game logic that decide it. Only in worlds with such a function.
#[derive(Resource, Default)]
struct HearingChecks(Vec<MayHear>);

/// Adds a function that decides who hears near chats.
pub(crate) fn add_check(app: &mut App, check: MayHear) {
    if !app.world().contains_resource::<HearingChecks>() {
        app.init_resource::<HearingChecks>();
        state::derived::<HearingChecks>(app);
    }
    app.world_mut().resource_mut::<HearingChecks>().0.push(check);
}

/// Returns whether all functions of game logic let a player hear a near chat.
fn may_hear(world: &World, hearing: Hearing) -> bool {
    let checks = world.get_resource::<HearingChecks>();
    let mut checks = checks.into_iter().flat_map(|checks| &checks.0);
    hearing.speaker == hearing.listener || checks.all(|may_hear| may_hear(world, hearing))
}

/// Sends a chat. The speaker also receives it: the stamp shows its place in the stream.
pub(crate) fn say(world: &mut World, player: Entity, chat: &mut Chat) -> Result<(), Refusal> {
    // The contents of a text are checked before it gets here: `EventKind::Message`.
    if chat.text.is_empty() || chat.text.len() > MAX_CHAT_BYTES {
        return Err(Refusal::BadText);
    }
    let room = world.get::<InRoom>(player).ok_or(Refusal::NotInRoom)?.0;
    let tick = world.resource::<Clock>().tick;
    let epoch = world.get::<Room>(room).ok_or(Refusal::NotInRoom)?.epoch;
    let listeners = listeners(world, room, player, chat.scope).ok_or(Refusal::NotInRoom)?;
    if !broadcast_budget::charge(world, room, (player, chat.request), chat.text.len(), listeners) {
        return Ok(());
    }
    let mut speaker = world.get_mut::<Player>(player).ok_or(Refusal::NotInRoom)?;
    let session = speaker.session;
    // Text and name are lent to the message and taken back, so a chat allocates nothing.
    let said = ChatSaid {
        stamp: Stamp { epoch, seq: 0 },
        tick,
        scope: chat.scope,
        player: speaker.id,
        name: std::mem::take(&mut speaker.bypass_change_detection().name),
        text: std::mem::take(&mut chat.text),
    };
    let mut message = ServerMessage::Chat(said);
    let stamp = world.resource_scope(|world, mut outbox: Mut<Outbox>| match chat.scope {
        Scope::Room => to_room(world, &mut outbox, room, &mut message),
        Scope::Near => to_near(world, &mut outbox, room, player, &mut message),
    });
    if let (ServerMessage::Chat(said), Some(mut speaker)) = (message, world.get_mut::<Player>(player)) {
        speaker.bypass_change_detection().name = said.name;
        chat.text = said.text;
    }
    world
        .resource_mut::<Outbox>()
        .accept(session, chat.request, stamp);
    Ok(())
}

/// Returns how many players hear a chat.
fn listeners(world: &World, room: Entity, speaker: Entity, scope: Scope) -> Option<u32> {
    match scope {
        Scope::Room => Some(world.get::<Seats>(room)?.len()),
        Scope::Near => {
            let slot = world.get::<Seat>(speaker)?.slot;
            Some(world.get::<Proximity>(room)?.near_count(slot))
        }
    }
}

fn to_room(
    world: &mut World,
    outbox: &mut Outbox,
    room: Entity,
    message: &mut ServerMessage,
) -> Option<Stamp> {
    let stamp = world.get_mut::<Room>(room)?.stamp();
    set_stamp(message, stamp);
    rooms::broadcast(world, outbox, [room], message);
    Some(stamp)
}

/// Sends a chat to each listener with the next number of its own stream. Returns the speaker's
/// stamp.
fn to_near(
    world: &mut World,
    outbox: &mut Outbox,
    room: Entity,
    speaker: Entity,
    message: &mut ServerMessage,
) -> Option<Stamp> {
    let epoch = world.get::<Room>(room)?.epoch;
    let slot = world.get::<Seat>(speaker)?.slot;
    let mut stamp_of_speaker = None;
    let mut next = 0;
    while let Some(listener) = world.get::<Proximity>(room)?.near_from(slot, next) {
        next = listener.index() + 1;
        let Some(entity) = world.get::<Seats>(room)?.get(listener) else {
            continue;
        };
        let listener = entity;
        if !may_hear(world, Hearing { speaker, listener }) {
            continue;
        }
        let Some(session) = world.get::<Player>(entity).map(|player| player.session) else {
            continue;
        };
        let Some(mut seat) = world.get_mut::<Seat>(entity) else {
            continue;
        };
        seat.near_seq += 1;
        let stamp = Stamp {
            epoch,
            seq: seat.near_seq,
        };
        set_stamp(message, stamp);
        outbox.send(session, message);
        send_to_followers(world, outbox, session, message);
        if entity == speaker {
            stamp_of_speaker = Some(stamp);
        }
    }
    stamp_of_speaker
}

/// Sends a near-me chat to the watchers that have the view of a listener, each with the next number
/// of its own stream. Changes the stamp in the message.
fn send_to_followers(
    world: &mut World,
    outbox: &mut Outbox,
    listener: SessionId,
    message: &mut ServerMessage,
) {
    for (watcher, seq) in world.resource_mut::<Watchers>().hearing_near(listener) {
        if let ServerMessage::Chat(said) = message {
            said.stamp.seq = seq;
        }
        outbox.out.send_to_watcher(watcher, message);
    }
}

fn set_stamp(message: &mut ServerMessage, stamp: Stamp) {
    if let ServerMessage::Chat(said) = message {
        said.stamp = stamp;
    }
}
