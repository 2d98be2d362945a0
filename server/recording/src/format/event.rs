//! The events of one tick as bytes.

use parlour_shared::{
    codec,
    ids::{PlayerId, SessionId, Tick},
    limits::{MAX_DECODED_ITEMS, MAX_NAME_BYTES, MAX_RECORDED_MESSAGE},
    message::{ClientMessage, Move, MoveHeading},
    motion::Direction,
};
use parlour_tick::{Arrival, Carried, Counters, Event, EventKind, Reservation, TickInput};

use super::{
    Flaw,
    bytes::{Bytes, put_leb, unzigzag, zigzag},
};

const ARRIVE: u8 = 0;
const DEPART: u8 = 1;
const HOLD: u8 = 2;
const RELEASE: u8 = 3;
const MESSAGE: u8 = 4;
/// The most frequent message has a separate form, half as long.
const MOVE: u8 = 5;
const RESERVE: u8 = 6;
const DROP: u8 = 7;
const RESUME: u8 = 8;
/// The arrival of a player that is dropped.
const ARRIVE_DROPPED: u8 = 9;
/// A resume after which the session is sent its room again.
const RESET: u8 = 10;
/// Flag in the byte of a move's heading.
const SPRINT: u8 = 16;
/// The byte of a heading with an angle. The angle and the speed follow.
const ANGLE: u8 = 32;

/// Encodes the events.
pub(super) fn encode(
    tick: Tick,
    input: &TickInput,
    message: &mut Vec<u8>,
    out: &mut Vec<u8>,
) -> Result<(), Flaw> {
    put_leb(input.events.len() as u64, out);
    let mut last = 0;
    for event in &input.events {
        let ahead = event.session.0.checked_sub(last);
        put_leb(
            ahead.ok_or("events that are not in the order of their sessions")?,
            out,
        );
        last = event.session.0;
        match &event.kind {
            EventKind::Arrive(arrival) => {
                out.push(if arrival.dropped { ARRIVE_DROPPED } else { ARRIVE });
                put_arrival(arrival, out)?;
            }
            EventKind::Depart => out.push(DEPART),
            EventKind::Reserve(reservation) => {
                out.push(RESERVE);
                put_reservation(reservation, message, out)?;
            }
            EventKind::Hold => out.push(HOLD),
            EventKind::Release => out.push(RELEASE),
            EventKind::Drop => out.push(DROP),
            EventKind::Resume { reset } => out.push(if *reset { RESET } else { RESUME }),
            EventKind::Message {
                early,
                message: ClientMessage::Move(command),
            } => {
                out.push(MOVE);
                put_leb(zigzag((*early).into()), out);
                put_move(tick, command, out);
            }
            EventKind::Message { early, message: said } => {
                // Decoding is stricter than the types. Do not write what it refuses.
                if matches!(said, ClientMessage::SetState(batch) if batch.writes.len() > MAX_DECODED_ITEMS) {
                    return Err("a batch with too many writes".into());
                }
                out.push(MESSAGE);
                put_leb(zigzag((*early).into()), out);
                message.clear();
                codec::encode(said, message);
                put_bytes(message, out)?;
            }
        }
    }
    Ok(())
}

/// Decodes the events of a tick, at most `most`.
pub(super) fn decode(tick: Tick, most: usize, bytes: &mut Bytes<'_>) -> Result<Vec<Event>, Flaw> {
    let count = bytes.leb_up_to(most as u64, "a number of events of")? as usize;
    if count == 0 {
        return Err("a tick that says it has events, and has none".into());
    }
    // Each event takes at least two bytes, so that a count alone cannot demand more memory than
    // that.
    let mut events = Vec::with_capacity(count.min(bytes.0.len() / 2));
    let mut last = 0u64;
    for _ in 0..count {
        last = last
            .checked_add(bytes.leb()?)
            .ok_or("a session number above the maximum")?;
        events.push(Event {
            session: SessionId(last),
            kind: decode_kind(tick, bytes)?,
        });
    }
    Ok(events)
}

fn decode_kind(tick: Tick, bytes: &mut Bytes<'_>) -> Result<EventKind, Flaw> {
    Ok(match bytes.u8()? {
        kind @ (ARRIVE | ARRIVE_DROPPED) => EventKind::Arrive(Arrival {
            dropped: kind == ARRIVE_DROPPED,
            ..take_arrival(bytes)?
        }),
        DEPART => EventKind::Depart,
        RESERVE => EventKind::Reserve(Box::new(take_reservation(bytes)?)),
        HOLD => EventKind::Hold,
        RELEASE => EventKind::Release,
        DROP => EventKind::Drop,
        RESUME => EventKind::Resume { reset: false },
        RESET => EventKind::Resume { reset: true },
        MESSAGE => {
            let early = take_early(bytes)?;
            let message = codec::decode_recorded(take_bytes(bytes)?)
                .map_err(|error| format!("a message that cannot be read: {error}"))?;
            if matches!(message, ClientMessage::Move(_)) {
                return Err("a move in the form of other messages".into());
            }
            EventKind::Message { early, message }
        }
        MOVE => {
            let early = take_early(bytes)?;
            let message = ClientMessage::Move(take_move(tick, bytes)?);
            EventKind::Message { early, message }
        }
        kind => return Err(format!("an event of the unknown kind {kind}").into()),
    })
}

fn put_arrival(arrival: &Arrival, out: &mut Vec<u8>) -> Result<(), Flaw> {
    // Decoding is stricter than the types. Do not write what it refuses.
    if arrival.name.is_empty() || arrival.name.len() > MAX_NAME_BYTES {
        return Err("a player without a name, or with one that is too long".into());
    }
    if arrival.carried.len() > Arrival::MAX_CARRIED {
        return Err("a player that carries too many components".into());
    }
    out.extend_from_slice(&arrival.player.0.to_le_bytes());
    put_bytes(arrival.name.as_bytes(), out)?;
    put_leb(arrival.skin.into(), out);
    put_leb(arrival.carried.len() as u64, out);
    for Carried { name, value } in &arrival.carried {
        put_bytes(name.as_bytes(), out)?;
        put_bytes(value, out)?;
    }
    let Counters {
        view,
        last_seq,
        full_in,
    } = arrival.counters;
    out.push(view);
    put_leb(last_seq.into(), out);
    full_in.iter().for_each(|&ticks| put_leb(ticks.into(), out));
    Ok(())
}

fn take_arrival(bytes: &mut Bytes<'_>) -> Result<Arrival, Flaw> {
    let player = PlayerId(bytes.u32()?);
    let name = take_text(bytes)?;
    if name.is_empty() || name.len() > MAX_NAME_BYTES {
        return Err("a player without a name, or with one that is too long".into());
    }
    let skin = bytes.leb_up_to(u16::MAX.into(), "a skin of")? as u16;
    let count = bytes.leb_up_to(Arrival::MAX_CARRIED as u64, "a number of carried components of")?;
    let mut carried = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let name = take_text(bytes)?;
        let value = take_bytes(bytes)?.to_vec();
        carried.push(Carried { name, value });
    }
    let view = bytes.u8()?;
    let last_seq = bytes.leb_up_to(u32::MAX.into(), "a sequence number of")? as u32;
    let mut full_in = [0; Counters::LIMITS];
    for ticks in &mut full_in {
        *ticks = bytes.leb_up_to(u32::MAX.into(), "a rate limit of")? as u32;
    }
    Ok(Arrival {
        player,
        name,
        skin,
        carried,
        counters: Counters {
            view,
            last_seq,
            full_in,
        },
        dropped: false,
    })
}

fn put_reservation(reservation: &Reservation, message: &mut Vec<u8>, out: &mut Vec<u8>) -> Result<(), Flaw> {
    put_bytes(reservation.ticket.as_bytes(), out)?;
    out.extend([reservation.seats, u8::from(reservation.answer)]);
    out.push(u8::from(reservation.spawn.is_some()));
    put_bytes(reservation.spawn.as_deref().unwrap_or_default().as_bytes(), out)?;
    message.clear();
    codec::encode(&ClientMessage::Join(reservation.join.clone()), message);
    put_bytes(message, out)
}

fn take_reservation(bytes: &mut Bytes<'_>) -> Result<Reservation, Flaw> {
    let ticket = take_text(bytes)?;
    let [seats, answer, has_spawn] = bytes.array()?;
    if answer > 1 {
        return Err("a reservation that is neither answered nor not".into());
    }
    let spawn = take_text(bytes)?;
    if has_spawn > 1 || (has_spawn == 0 && !spawn.is_empty()) {
        return Err("a reservation that neither has a spawn point nor not".into());
    }
    let message = codec::decode_recorded(take_bytes(bytes)?)
        .map_err(|error| format!("a reservation that cannot be read: {error}"))?;
    let ClientMessage::Join(join) = message else {
        return Err("a reservation without a join".into());
    };
    Ok(Reservation {
        ticket,
        seats,
        join,
        spawn: (has_spawn == 1).then_some(spawn),
        answer: answer == 1,
    })
}

fn take_text(bytes: &mut Bytes<'_>) -> Result<String, Flaw> {
    let text = std::str::from_utf8(take_bytes(bytes)?).map_err(|_| "a name that is not UTF-8")?;
    Ok(text.to_owned())
}

fn put_move(tick: Tick, command: &Move, out: &mut Vec<u8>) {
    put_leb(command.seq.into(), out);
    let aimed = match command.tick.0 {
        0 => 0,
        aimed => 1 + zigzag(i64::from(aimed) - i64::from(tick.0)),
    };
    put_leb(aimed, out);
    match command.heading {
        MoveHeading::Keys { direction, sprint } => {
            out.push(direction as u8 | if sprint { SPRINT } else { 0 });
        }
        MoveHeading::Angle { angle, speed } => out.extend([ANGLE, angle, speed]),
    }
}

fn take_move(tick: Tick, bytes: &mut Bytes<'_>) -> Result<Move, Flaw> {
    let seq = bytes.leb_up_to(u32::MAX.into(), "a sequence number of")? as u32;
    let aimed = match bytes.leb()? {
        0 => 0,
        ahead => i64::from(tick.0)
            .checked_add(unzigzag(ahead - 1))
            .and_then(|aimed| u32::try_from(aimed).ok())
            .filter(|aimed| *aimed != 0)
            .ok_or("a move for a tick that does not exist")?,
    };
    let heading = match bytes.u8()? {
        ANGLE => {
            let [angle, speed] = bytes.array()?;
            MoveHeading::Angle { angle, speed }
        }
        keys => {
            let direction = Direction::ALL.get(usize::from(keys & !SPRINT));
            MoveHeading::Keys {
                direction: *direction.ok_or("a move in an unknown direction")?,
                sprint: keys & SPRINT != 0,
            }
        }
    };
    Ok(Move {
        seq,
        tick: Tick(aimed),
        heading,
    })
}

fn take_early(bytes: &mut Bytes<'_>) -> Result<i16, Flaw> {
    let early = bytes.leb_up_to(u16::MAX.into(), "an earliness of")?;
    // 16 bits of zigzag are exactly the range of an i16.
    Ok(unzigzag(early) as i16)
}

fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Flaw> {
    if bytes.len() > MAX_RECORDED_MESSAGE {
        return Err(format!(
            "a message or name of {} bytes, more than {MAX_RECORDED_MESSAGE}",
            bytes.len()
        )
        .into());
    }
    put_leb(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
    Ok(())
}

fn take_bytes<'a>(bytes: &mut Bytes<'a>) -> Result<&'a [u8], Flaw> {
    let length = bytes.leb_up_to(MAX_RECORDED_MESSAGE as u64, "a message or name with a length of")?;
    bytes.take(length as usize)
}
