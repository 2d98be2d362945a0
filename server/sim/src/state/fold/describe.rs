//! Turns serde's description of a value into words.

use std::fmt;

use serde::{Serialize, ser};

use super::Fold;

/// Adds a value to a hash.
pub(super) struct Describe<'a>(pub(super) &'a mut Fold);

/// Why a value cannot be hashed.
#[derive(Debug)]
pub(super) struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

type Done = Result<(), Refused>;

/// A value of several parts. Their number is added at the end, where it is known for every
/// sequence.
pub(super) struct Parts<'a> {
    fold: &'a mut Fold,
    count: u64,
}

impl<'a> Describe<'a> {
    fn word(self, word: u64) -> Done {
        self.0.word(word);
        Ok(())
    }

    /// The binary encoding needs the length before the parts: a value that it could not save must
    /// not get into the state.
    fn counted_parts(self, len: Option<usize>) -> Result<Parts<'a>, Refused> {
        len.ok_or_else(|| {
            Refused("a sequence or map of unknown length cannot be saved: collect it first".into())
        })?;
        self.parts()
    }

    fn parts(self) -> Result<Parts<'a>, Refused> {
        Ok(Parts {
            fold: self.0,
            count: 0,
        })
    }
}

impl Parts<'_> {
    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.count += 1;
        value.serialize(Describe(self.fold))
    }

    fn counted(self) -> Done {
        self.fold.word(self.count);
        Ok(())
    }
}

fn no_float() -> Refused {
    Refused("the state must hold no float: machines round differently".into())
}

impl<'a> ser::Serializer for Describe<'a> {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Parts<'a>;
    type SerializeTupleVariant = Parts<'a>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = Parts<'a>;

    fn serialize_bool(self, value: bool) -> Done {
        self.word(u64::from(value))
    }

    fn serialize_i8(self, value: i8) -> Done {
        self.serialize_i64(i64::from(value))
    }

    fn serialize_i16(self, value: i16) -> Done {
        self.serialize_i64(i64::from(value))
    }

    fn serialize_i32(self, value: i32) -> Done {
        self.serialize_i64(i64::from(value))
    }

    fn serialize_i64(self, value: i64) -> Done {
        self.word(value.cast_unsigned())
    }

    fn serialize_i128(self, value: i128) -> Done {
        self.serialize_u128(value.cast_unsigned())
    }

    fn serialize_u8(self, value: u8) -> Done {
        self.word(u64::from(value))
    }

    fn serialize_u16(self, value: u16) -> Done {
        self.word(u64::from(value))
    }

    fn serialize_u32(self, value: u32) -> Done {
        self.word(u64::from(value))
    }

    fn serialize_u64(self, value: u64) -> Done {
        self.word(value)
    }

    fn serialize_u128(self, value: u128) -> Done {
        self.0.word(value as u64);
        self.word((value >> 64) as u64)
    }

    fn serialize_f32(self, _value: f32) -> Done {
        Err(no_float())
    }

    fn serialize_f64(self, _value: f64) -> Done {
        Err(no_float())
    }

    fn serialize_char(self, value: char) -> Done {
        self.word(u64::from(u32::from(value)))
    }

    fn serialize_str(self, value: &str) -> Done {
        self.serialize_bytes(value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Done {
        self.0.bytes(value);
        Ok(())
    }

    fn serialize_none(self) -> Done {
        self.word(0)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        self.0.word(1);
        value.serialize(self)
    }

    fn serialize_unit(self) -> Done {
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Done {
        Ok(())
    }

    fn serialize_unit_variant(self, _name: &'static str, index: u32, _variant: &'static str) -> Done {
        self.word(u64::from(index))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        value: &T,
    ) -> Done {
        self.0.word(u64::from(index));
        value.serialize(self)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Parts<'a>, Refused> {
        self.counted_parts(len)
    }

    fn serialize_tuple(self, _len: usize) -> Result<Parts<'a>, Refused> {
        self.parts()
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<Parts<'a>, Refused> {
        self.parts()
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Parts<'a>, Refused> {
        self.0.word(u64::from(index));
        self.parts()
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Parts<'a>, Refused> {
        self.counted_parts(len)
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Parts<'a>, Refused> {
        self.parts()
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Parts<'a>, Refused> {
        self.0.word(u64::from(index));
        self.parts()
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The number of a sequence's parts is part of its value.
impl ser::SerializeSeq for Parts<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.part(value)
    }

    fn end(self) -> Done {
        self.counted()
    }
}

impl ser::SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Done {
        self.part(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.part(value)
    }

    fn end(self) -> Done {
        self.counted()
    }
}

/// The number of a tuple's parts is part of its type.
impl ser::SerializeTuple for Parts<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.part(value)
    }

    fn end(self) -> Done {
        Ok(())
    }
}

impl ser::SerializeTupleStruct for Parts<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.part(value)
    }

    fn end(self) -> Done {
        Ok(())
    }
}

impl ser::SerializeTupleVariant for Parts<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.part(value)
    }

    fn end(self) -> Done {
        Ok(())
    }
}

impl ser::SerializeStruct for Parts<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, _key: &'static str, value: &T) -> Done {
        self.part(value)
    }

    fn end(self) -> Done {
        Ok(())
    }
}

impl ser::SerializeStructVariant for Parts<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, _key: &'static str, value: &T) -> Done {
        self.part(value)
    }

    fn end(self) -> Done {
        Ok(())
    }
}
