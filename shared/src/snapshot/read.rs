//! Unpacks snapshots. Decoding is strict, and the length of the frame bounds its memory: counts are
//! not trusted.

use super::{
    Ack, DROPPED_BIT, Enter, Identity, MotionChange, ObjectIdentity, OwnerChange, PlayerIdentity, Snapshot,
    SnapshotError, SnapshotHeader, Update, fields, flags,
};
use crate::{
    codec::SNAPSHOT_OPCODE,
    ids::{KindId, ObjectId, PlayerId, Slot, Tick},
    limits::{MAX_COMPONENT_BYTES, MAX_COMPONENTS, MAX_NAME_BYTES},
    motion::{Gait, Position, Velocity},
};

impl Snapshot {
    /// Reads a snapshot into this one. Replaces the contents and keeps the buffers.
    ///
    /// # Errors
    /// [`SnapshotError`]; the contents are then unspecified.
    pub fn read(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        let mut input = Input { rest: bytes };
        let (header, bits) = read_header(&mut input)?;
        self.view = header.view;
        self.tick = header.tick;
        self.base = header.base;
        self.ack = header.ack;
        let tick = self.tick;
        read_section(
            &mut input,
            bits & flags::LEAVES != 0,
            &mut self.leaves,
            |slot| *slot,
            Input::slot,
        )?;
        read_section(
            &mut input,
            bits & flags::ENTERS != 0,
            &mut self.enters,
            |enter| enter.slot,
            read_enter,
        )?;
        read_section(
            &mut input,
            bits & flags::UPDATES != 0,
            &mut self.updates,
            |update| update.slot,
            |input| read_update(input, tick),
        )?;
        match input.rest.len() {
            0 => Ok(()),
            rest => Err(SnapshotError::TrailingBytes(rest)),
        }
    }
}

impl SnapshotHeader {
    /// Reads only the header, not the records.
    ///
    /// # Errors
    /// [`SnapshotError`] if the header is invalid.
    pub fn read(bytes: &[u8]) -> Result<Self, SnapshotError> {
        read_header(&mut Input { rest: bytes }).map(|(header, _)| header)
    }
}

/// Reads the header, and the flags for the sections that follow.
fn read_header(input: &mut Input<'_>) -> Result<(SnapshotHeader, u8), SnapshotError> {
    let opcode = input.u8()?;
    if opcode != SNAPSHOT_OPCODE {
        return Err(SnapshotError::Opcode(opcode));
    }
    let bits = input.u8()?;
    if bits & !(flags::FULL | flags::ACK | flags::LEAVES | flags::ENTERS | flags::UPDATES) != 0 {
        return Err(SnapshotError::Bad("flag"));
    }
    let view = input.u8()?;
    let tick = input.u32()?;
    let age = u32::from(input.u16()?);
    if tick == 0 {
        return Err(SnapshotError::Bad("tick"));
    }
    let base = match (bits & flags::FULL != 0, age) {
        (true, 0) => None,
        (false, 1..) if age < tick => Some(Tick(tick - age)),
        _ => return Err(SnapshotError::Bad("base")),
    };
    let ack = if bits & flags::ACK != 0 {
        Some(Ack {
            seq: input.u32()?,
            early: input.u16()?.cast_signed(),
        })
    } else {
        None
    };
    let tick = Tick(tick);
    let header = SnapshotHeader {
        view,
        tick,
        base,
        ack,
    };
    Ok((header, bits))
}

fn read_section<'a, T>(
    input: &mut Input<'a>,
    present: bool,
    records: &mut Vec<T>,
    slot_of: impl Fn(&T) -> Slot,
    mut read: impl FnMut(&mut Input<'a>) -> Result<T, SnapshotError>,
) -> Result<(), SnapshotError> {
    records.clear();
    if !present {
        return Ok(());
    }
    let count = input.u16()?;
    if count == 0 {
        return Err(SnapshotError::Bad("count"));
    }
    // No record is shorter than a slot, so the length of the frame bounds what a count can
    // allocate.
    records.reserve(usize::from(count).min(input.rest.len() / 2));
    let mut last = None;
    for _ in 0..count {
        let record = read(input)?;
        let slot = Some(slot_of(&record));
        if slot <= last {
            return Err(SnapshotError::Bad("slot order"));
        }
        last = slot;
        records.push(record);
    }
    Ok(())
}

fn read_enter(input: &mut Input<'_>) -> Result<Enter, SnapshotError> {
    let (slot, kind, id) = (input.slot()?, KindId(input.u8()?), input.u32()?);
    let (position, gait) = read_place(input)?;
    let identity = if kind == KindId::PLAYER {
        let skin = input.u16()?;
        let length = input.u8()?;
        Identity::Player(PlayerIdentity {
            player: PlayerId(id),
            name: read_name(input, length & !DROPPED_BIT)?,
            skin,
            dropped: length & DROPPED_BIT != 0,
        })
    } else {
        Identity::Object(ObjectIdentity {
            object: ObjectId(id),
            kind,
            owner: read_owner(input)?,
        })
    };
    let components = read_components(input)?;
    if components.iter().any(|(_, bytes)| bytes.is_empty()) {
        return Err(SnapshotError::Bad("component"));
    }
    Ok(Enter {
        slot,
        identity,
        position,
        gait,
        components,
    })
}

fn read_name(input: &mut Input<'_>, length: u8) -> Result<String, SnapshotError> {
    let length = usize::from(length);
    if length > MAX_NAME_BYTES {
        return Err(SnapshotError::Bad("name"));
    }
    let name = std::str::from_utf8(input.take(length)?).map_err(|_| SnapshotError::Bad("name"))?;
    Ok(name.to_owned())
}

fn read_owner(input: &mut Input<'_>) -> Result<Option<PlayerId>, SnapshotError> {
    match input.u8()? {
        0 => Ok(None),
        1 => Ok(Some(PlayerId(input.u32()?))),
        _ => Err(SnapshotError::Bad("owner")),
    }
}

/// A fast path for the most frequent record, which contains only a turn. Returns `None` if the next
/// record is different or invalid.
#[inline]
fn read_plain_turn(input: &mut Input<'_>, tick: Tick) -> Option<Update> {
    let (&[low, high, mask, ago, gait], rest) = input.rest.split_first_chunk()?;
    if mask != fields::TURN {
        return None;
    }
    let motion = MotionChange::Turn {
        since: turn_at(tick, ago)?,
        gait: Gait::from_byte(gait)?,
    };
    input.rest = rest;
    Some(Update {
        slot: Slot(u16::from_le_bytes([low, high])),
        motion: Some(motion),
        skin: None,
        components: Vec::new(),
        owner: None,
        dropped: None,
    })
}

#[inline]
fn read_update(input: &mut Input<'_>, tick: Tick) -> Result<Update, SnapshotError> {
    match read_plain_turn(input, tick) {
        Some(update) => Ok(update),
        None => read_any_update(input, tick),
    }
}

fn read_any_update(input: &mut Input<'_>, tick: Tick) -> Result<Update, SnapshotError> {
    let (slot, mask) = (input.slot()?, input.u8()?);
    let known =
        fields::TURN | fields::ANCHOR | fields::SKIN | fields::COMPONENTS | fields::OWNER | fields::DROPPED;
    let has_both = |pair| mask & pair == pair;
    if mask == 0
        || mask & !known != 0
        || has_both(fields::TURN | fields::ANCHOR)
        || has_both(fields::SKIN | fields::OWNER)
        || has_both(fields::DROPPED | fields::OWNER)
    {
        return Err(SnapshotError::Bad("update mask"));
    }
    let motion = if mask & fields::TURN != 0 {
        let ago = input.u8()?;
        Some(MotionChange::Turn {
            since: turn_at(tick, ago).ok_or(SnapshotError::Bad("turn"))?,
            gait: input.gait()?,
        })
    } else if mask & fields::ANCHOR != 0 {
        let (position, gait) = read_place(input)?;
        Some(MotionChange::Anchor { position, gait })
    } else {
        None
    };
    let skin = if mask & fields::SKIN != 0 {
        Some(input.u16()?)
    } else {
        None
    };
    let components = if mask & fields::COMPONENTS != 0 {
        read_components(input)?
    } else {
        Vec::new()
    };
    if mask & fields::COMPONENTS != 0 && components.is_empty() {
        return Err(SnapshotError::Bad("component mask"));
    }
    let owner = if mask & fields::OWNER != 0 {
        let player = read_owner(input)?;
        Some(OwnerChange { player })
    } else {
        None
    };
    let dropped = if mask & fields::DROPPED != 0 {
        match input.u8()? {
            0 => Some(false),
            1 => Some(true),
            _ => return Err(SnapshotError::Bad("dropped")),
        }
    } else {
        None
    };
    Ok(Update {
        slot,
        motion,
        skin,
        components,
        owner,
        dropped,
    })
}

/// Returns the tick of a turn, or `None` if it is before tick 1, the first tick.
#[inline]
fn turn_at(tick: Tick, ago: u8) -> Option<Tick> {
    let since = tick.0.checked_sub(u32::from(ago))?;
    (since > 0).then_some(Tick(since))
}

fn read_place(input: &mut Input<'_>) -> Result<(Position, Gait), SnapshotError> {
    let position = Position {
        x: input.u32()?.cast_signed(),
        y: input.u32()?.cast_signed(),
    };
    Ok((position, input.gait()?))
}

fn read_components(input: &mut Input<'_>) -> Result<Vec<(u8, Vec<u8>)>, SnapshotError> {
    let mask = input.u16()?;
    let mut components = Vec::new();
    for index in (0..MAX_COMPONENTS as u8).filter(|index| mask & (1 << index) != 0) {
        let length = usize::from(input.u8()?);
        if length > MAX_COMPONENT_BYTES {
            return Err(SnapshotError::Bad("component"));
        }
        components.push((index, input.take(length)?.to_vec()));
    }
    Ok(components)
}

struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], SnapshotError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(SnapshotError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], SnapshotError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(SnapshotError::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn u8(&mut self) -> Result<u8, SnapshotError> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Result<u16, SnapshotError> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, SnapshotError> {
        self.array().map(u32::from_le_bytes)
    }

    fn slot(&mut self) -> Result<Slot, SnapshotError> {
        self.u16().map(Slot)
    }

    fn gait(&mut self) -> Result<Gait, SnapshotError> {
        let first = self.u8()?;
        let gait = if Gait::has_velocity(first) {
            let velocity = Velocity {
                x: self.u16()?.cast_signed(),
                y: self.u16()?.cast_signed(),
            };
            Gait::from_velocity(first, velocity)
        } else {
            Gait::from_byte(first)
        };
        gait.ok_or(SnapshotError::Bad("gait"))
    }
}
