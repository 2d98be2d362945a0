//! Reads numbers and texts from bytes. LEB128 has seven bits per byte, the lowest first; the top
//! bit means that more follow. Only the shortest form is accepted.

use super::Flaw;

/// The unread rest of a chunk's content.
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the next byte without reading it.
    pub(super) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Flaw> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or("a chunk ends inside a tick")?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Flaw> {
        let (taken, rest) = self.0.split_first_chunk().ok_or("a chunk ends inside a tick")?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Flaw> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(super) fn u16(&mut self) -> Result<u16, Flaw> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32, Flaw> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, Flaw> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(super) fn leb(&mut self) -> Result<u64, Flaw> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7F);
            if (bits << shift) >> shift != bits {
                return Err("a number of more than 64 bits".into());
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                // A last byte of zero is superfluous.
                return if byte == 0 && shift > 0 {
                    Err("a number that is not in its shortest form".into())
                } else {
                    Ok(value)
                };
            }
        }
        Err("a number of more than 64 bits".into())
    }

    /// Reads a LEB128 number of at most `most`.
    pub(super) fn leb_up_to(&mut self, most: u64, what: &'static str) -> Result<u64, Flaw> {
        let value = self.leb()?;
        if value > most {
            return Err(format!("{what} {value} is above {most}").into());
        }
        Ok(value)
    }
}

pub(super) fn put_leb(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Maps numbers around zero to small ones: 0, -1, 1, -2 become 0, 1, 2, 3.
pub(super) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

pub(super) fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}
