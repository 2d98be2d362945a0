//! A serde serializer that adds a value to a hash, word by word.

use std::fmt;

use serde::{Serialize, ser};

use super::Fold;

/// Adds a value to a hash.
pub(super) struct FoldSerializer<'a>(pub(super) &'a mut Fold);

/// Why a value cannot be hashed.
#[derive(Debug)]
pub(super) struct FoldError(String);

impl fmt::Display for FoldError {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for FoldError {}

impl ser::Error for FoldError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

type FoldResult = Result<(), FoldError>;

/// A value that consists of several parts. The number of parts is hashed last, because only then
/// is it known for every sequence.
pub(super) struct CompoundFold<'a> {
    fold: &'a mut Fold,
    count: u64,
}

impl<'a> FoldSerializer<'a> {
    fn word(self, word: u64) -> FoldResult {
        self.0.word(word);
        Ok(())
    }

    /// Refuses a sequence of unknown length: the binary encoding writes the length first, so it
    /// could not save the sequence.
    fn counted_parts(self, len: Option<usize>) -> Result<CompoundFold<'a>, FoldError> {
        len.ok_or_else(|| {
            FoldError("a sequence or map of unknown length cannot be saved: collect it first".into())
        })?;
        self.parts()
    }

    fn parts(self) -> Result<CompoundFold<'a>, FoldError> {
        Ok(CompoundFold {
            fold: self.0,
            count: 0,
        })
    }
}

impl CompoundFold<'_> {
    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> FoldResult {
        self.count += 1;
        value.serialize(FoldSerializer(self.fold))
    }

    fn counted(self) -> FoldResult {
        self.fold.word(self.count);
        Ok(())
    }
}

fn no_float() -> FoldError {
    let text = "the state must not contain floats, because machines round differently: use an integer of a smaller unit, \
                such as 1/256 px or 1/1000 s";
    FoldError(text.into())
}

impl<'a> ser::Serializer for FoldSerializer<'a> {
    type Ok = ();
    type Error = FoldError;
    type SerializeSeq = CompoundFold<'a>;
    type SerializeTuple = CompoundFold<'a>;
    type SerializeTupleStruct = CompoundFold<'a>;
    type SerializeTupleVariant = CompoundFold<'a>;
    type SerializeMap = CompoundFold<'a>;
    type SerializeStruct = CompoundFold<'a>;
    type SerializeStructVariant = CompoundFold<'a>;

    fn serialize_bool(self, value: bool) -> FoldResult {
        self.word(u64::from(value))
    }

    fn serialize_i8(self, value: i8) -> FoldResult {
        self.serialize_i64(i64::from(value))
    }

    fn serialize_i16(self, value: i16) -> FoldResult {
        self.serialize_i64(i64::from(value))
    }

    fn serialize_i32(self, value: i32) -> FoldResult {
        self.serialize_i64(i64::from(value))
    }

    fn serialize_i64(self, value: i64) -> FoldResult {
        self.word(value.cast_unsigned())
    }

    fn serialize_i128(self, value: i128) -> FoldResult {
        self.serialize_u128(value.cast_unsigned())
    }

    fn serialize_u8(self, value: u8) -> FoldResult {
        self.word(u64::from(value))
    }

    fn serialize_u16(self, value: u16) -> FoldResult {
        self.word(u64::from(value))
    }

    fn serialize_u32(self, value: u32) -> FoldResult {
        self.word(u64::from(value))
    }

    fn serialize_u64(self, value: u64) -> FoldResult {
        self.word(value)
    }

    fn serialize_u128(self, value: u128) -> FoldResult {
        self.0.word(value as u64);
        self.word((value >> 64) as u64)
    }

    fn serialize_f32(self, _value: f32) -> FoldResult {
        Err(no_float())
    }

    fn serialize_f64(self, _value: f64) -> FoldResult {
        Err(no_float())
    }

    fn serialize_char(self, value: char) -> FoldResult {
        self.word(u64::from(u32::from(value)))
    }

    fn serialize_str(self, value: &str) -> FoldResult {
        self.serialize_bytes(value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> FoldResult {
        self.0.bytes(value);
        Ok(())
    }

    fn serialize_none(self) -> FoldResult {
        self.word(0)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> FoldResult {
        self.0.word(1);
        value.serialize(self)
    }

    fn serialize_unit(self) -> FoldResult {
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> FoldResult {
        Ok(())
    }

    fn serialize_unit_variant(self, _name: &'static str, index: u32, _variant: &'static str) -> FoldResult {
        self.word(u64::from(index))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> FoldResult {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        value: &T,
    ) -> FoldResult {
        self.0.word(u64::from(index));
        value.serialize(self)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<CompoundFold<'a>, FoldError> {
        self.counted_parts(len)
    }

    fn serialize_tuple(self, _len: usize) -> Result<CompoundFold<'a>, FoldError> {
        self.parts()
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<CompoundFold<'a>, FoldError> {
        self.parts()
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<CompoundFold<'a>, FoldError> {
        self.0.word(u64::from(index));
        self.parts()
    }

    fn serialize_map(self, len: Option<usize>) -> Result<CompoundFold<'a>, FoldError> {
        self.counted_parts(len)
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<CompoundFold<'a>, FoldError> {
        self.parts()
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<CompoundFold<'a>, FoldError> {
        self.0.word(u64::from(index));
        self.parts()
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The length of a sequence is part of its value, and is hashed.
impl ser::SerializeSeq for CompoundFold<'_> {
    type Ok = ();
    type Error = FoldError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> FoldResult {
        self.part(value)
    }

    fn end(self) -> FoldResult {
        self.counted()
    }
}

impl ser::SerializeMap for CompoundFold<'_> {
    type Ok = ();
    type Error = FoldError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> FoldResult {
        self.part(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> FoldResult {
        self.part(value)
    }

    fn end(self) -> FoldResult {
        self.counted()
    }
}

/// The length of a tuple is part of its type, and is not hashed.
impl ser::SerializeTuple for CompoundFold<'_> {
    type Ok = ();
    type Error = FoldError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> FoldResult {
        self.part(value)
    }

    fn end(self) -> FoldResult {
        Ok(())
    }
}

impl ser::SerializeTupleStruct for CompoundFold<'_> {
    type Ok = ();
    type Error = FoldError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> FoldResult {
        self.part(value)
    }

    fn end(self) -> FoldResult {
        Ok(())
    }
}

impl ser::SerializeTupleVariant for CompoundFold<'_> {
    type Ok = ();
    type Error = FoldError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> FoldResult {
        self.part(value)
    }

    fn end(self) -> FoldResult {
        Ok(())
    }
}

impl ser::SerializeStruct for CompoundFold<'_> {
    type Ok = ();
    type Error = FoldError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, _key: &'static str, value: &T) -> FoldResult {
        self.part(value)
    }

    fn end(self) -> FoldResult {
        Ok(())
    }
}

impl ser::SerializeStructVariant for CompoundFold<'_> {
    type Ok = ();
    type Error = FoldError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, _key: &'static str, value: &T) -> FoldResult {
        self.part(value)
    }

    fn end(self) -> FoldResult {
        Ok(())
    }
}
