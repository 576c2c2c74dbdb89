//! The format of values: MessagePack with named fields, by `rmp-serde`.
//!
//! Why this one: it is self-describing, so `serde_json::Value`, `#[serde(flatten)]` and untagged
//! enums cross unchanged (they don't in bincode and postcard); it has a type for raw bytes; it is a
//! few bytes for small values; and it is kept up and widely used. Nothing outside this file knows it.
//!
//! Arguments are one array. A `Vec<u8>` or `String` that is an argument or the output itself travels
//! as raw bytes, and a large one beside the body, without a copy on either side: see
//! [`Encoder::attachments`].

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, SeqAccess, Visitor};
use serde::ser::SerializeTuple;
use serde::{Deserializer, Serialize, Serializer};

use super::carry::{Carry, CarryFailure, Decoder, Encoder};

/// Blocks of bytes from here up are not copied.
const LARGE: usize = 64 * 1024;
/// Values may be nested so deep: the stack of a thread has to hold their decoding.
const DEPTH: usize = 256;

/// A type whose values can leave the process: it has serde's `Serialize` and `Deserialize`, and
/// borrows nothing. Nobody implements it by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't leave this process",
    label = "needs `serde::Serialize` and `serde::Deserialize`",
    note = "derive both for the type, or run the worker in a mode of this process"
)]
pub trait Carried: Serialize + DeserializeOwned + 'static {}

impl<T: Serialize + DeserializeOwned + 'static> Carried for T {}

/// One value.
pub(crate) const fn value<T: Carried>() -> Carry<T> {
    Carry {
        encode: |value, encoder| {
            let attachments = RefCell::new(std::mem::take(&mut encoder.attachments));
            let item = Item { value, attachments: &attachments };
            let done = item.serialize(&mut serializer(&mut encoder.body)).map_err(failure);
            encoder.attachments = attachments.into_inner();
            done
        },
        decode: |decoder| {
            let mut input = deserializer(decoder.body);
            Seed::<T>::new(decoder.attachments).deserialize(&mut input).map_err(failure)
        },
    }
}

/// A value of ours, which has no attachments.
pub(crate) fn write<T: Serialize>(value: &T, body: &mut Vec<u8>) -> Result<(), CarryFailure> {
    value.serialize(&mut serializer(body)).map_err(failure)
}

/// The counterpart of [`write`].
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, CarryFailure> {
    T::deserialize(&mut deserializer(body)).map_err(failure)
}

/// A value of its own file.
pub(crate) fn write_to<T: Serialize>(
    value: &T,
    writer: &mut impl std::io::Write,
) -> Result<(), CarryFailure> {
    let mut serializer = rmp_serde::Serializer::new(writer).with_struct_map();
    value.serialize(&mut serializer).map_err(failure)
}

/// The counterpart of [`write_to`].
pub(crate) fn read_from<T: DeserializeOwned>(
    reader: impl std::io::Read,
) -> Result<T, CarryFailure> {
    let mut input = rmp_serde::Deserializer::new(reader);
    input.set_max_depth(DEPTH);
    T::deserialize(&mut input).map_err(failure)
}

fn serializer(
    body: &mut Vec<u8>,
) -> rmp_serde::Serializer<&mut Vec<u8>, impl rmp_serde::config::SerializerConfig> {
    rmp_serde::Serializer::new(body).with_struct_map()
}

fn deserializer(
    body: &[u8],
) -> rmp_serde::Deserializer<rmp_serde::decode::ReadRefReader<'_, [u8]>> {
    let mut input = rmp_serde::Deserializer::from_read_ref(body);
    input.set_max_depth(DEPTH);
    input
}

fn failure(error: impl fmt::Display) -> CarryFailure {
    CarryFailure(error.to_string())
}

/// An argument or an output on its way out.
struct Item<'c, 'v, T> {
    value: &'v T,
    attachments: &'c RefCell<Vec<&'v [u8]>>,
}

impl<'v, T: Carried> Serialize for Item<'_, 'v, T> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value: &'v dyn Any = self.value;
        let raw: Option<&'v [u8]> = match TypeId::of::<T>() {
            bytes if bytes == TypeId::of::<Vec<u8>>() => {
                value.downcast_ref::<Vec<u8>>().map(Vec::as_slice)
            }
            text if text == TypeId::of::<String>() => {
                value.downcast_ref::<String>().map(String::as_bytes)
            }
            _ => None,
        };
        match raw {
            None => self.value.serialize(serializer),
            Some(raw) if raw.len() < LARGE => serializer.serialize_bytes(raw),
            Some(raw) => {
                let mut attachments = self.attachments.borrow_mut();
                attachments.push(raw);
                serializer.serialize_u64(attachments.len() as u64 - 1)
            }
        }
    }
}

/// An argument or an output on its way in.
struct Seed<'c, T> {
    attachments: &'c mut [Vec<u8>],
    value: PhantomData<fn() -> T>,
}

impl<'c, T> Seed<'c, T> {
    fn new(attachments: &'c mut [Vec<u8>]) -> Self {
        Self { attachments, value: PhantomData }
    }
}

impl<'de, T: Carried> DeserializeSeed<'de> for Seed<'_, T> {
    type Value = T;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        if TypeId::of::<T>() == TypeId::of::<Vec<u8>>() {
            let bytes = deserializer.deserialize_any(Raw(self.attachments))?;
            return itself(bytes).ok_or_else(|| D::Error::custom("not bytes"));
        }
        if TypeId::of::<T>() == TypeId::of::<String>() {
            let bytes = deserializer.deserialize_any(Raw(self.attachments))?;
            let text = String::from_utf8(bytes).map_err(D::Error::custom)?;
            return itself(text).ok_or_else(|| D::Error::custom("not text"));
        }
        T::deserialize(deserializer)
    }
}

/// A value as the same type under another name.
#[inline]
fn itself<A: 'static, B: 'static>(value: A) -> Option<B> {
    let mut value = Some(value);
    (&mut value as &mut dyn Any).downcast_mut::<Option<B>>()?.take()
}

/// Raw bytes, in the body or beside it.
struct Raw<'c>(&'c mut [Vec<u8>]);

impl Visitor<'_> for Raw<'_> {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes, or the number of an attachment")
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }

    fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(bytes)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Vec<u8>, E> {
        let attachment = usize::try_from(number).ok().and_then(|number| self.0.get_mut(number));
        attachment.map(std::mem::take).ok_or_else(|| E::custom("there is no such attachment"))
    }
}

/// A tuple of carried types: the arguments of a method.
pub trait CarriedArguments: Sized + 'static {
    #[doc(hidden)]
    fn encode<'v>(&'v self, encoder: &mut Encoder<'v>) -> Result<(), CarryFailure>;
    #[doc(hidden)]
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, CarryFailure>;
}

/// All arguments of a method.
pub(crate) const fn arguments<A: CarriedArguments>() -> Carry<A> {
    Carry { encode: A::encode, decode: A::decode }
}

/// A method without arguments: an array of nothing.
impl CarriedArguments for () {
    #[inline]
    fn encode<'v>(&'v self, encoder: &mut Encoder<'v>) -> Result<(), CarryFailure> {
        write::<[(); 0]>(&[], &mut encoder.body)
    }

    #[inline]
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, CarryFailure> {
        read::<[(); 0]>(decoder.body).map(|[]| ())
    }
}

macro_rules! tuples {
    ($count:literal: $($name:ident $place:tt)*) => {
        impl<$($name: Carried),*> CarriedArguments for ($($name,)*) {
            #[inline]
            fn encode<'v>(&'v self, encoder: &mut Encoder<'v>) -> Result<(), CarryFailure> {
                struct Items<'c, 'v, T>(&'v T, &'c RefCell<Vec<&'v [u8]>>);
                impl<$($name: Carried),*> Serialize for Items<'_, '_, ($($name,)*)> {
                    #[inline]
                    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                        let mut tuple = serializer.serialize_tuple($count)?;
                        $(tuple.serialize_element(&Item {
                            value: &self.0.$place,
                            attachments: self.1,
                        })?;)*
                        tuple.end()
                    }
                }
                let attachments = RefCell::new(std::mem::take(&mut encoder.attachments));
                let items = Items(self, &attachments);
                let done = items.serialize(&mut serializer(&mut encoder.body)).map_err(failure);
                encoder.attachments = attachments.into_inner();
                done
            }

            #[inline]
            fn decode(decoder: &mut Decoder<'_>) -> Result<Self, CarryFailure> {
                struct Items<'c, T>(&'c mut [Vec<u8>], PhantomData<fn() -> T>);
                impl<'de, $($name: Carried),*> Visitor<'de> for Items<'_, ($($name,)*)> {
                    type Value = ($($name,)*);

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        write!(f, "{} arguments", $count)
                    }

                    #[inline]
                    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<Self::Value, S::Error> {
                        Ok(($(
                            items
                                .next_element_seed(Seed::<$name>::new(self.0))?
                                .ok_or_else(|| S::Error::invalid_length($place, &stringify!($count)))?,
                        )*))
                    }
                }
                let mut input = deserializer(decoder.body);
                let items = Items::<Self>(decoder.attachments, PhantomData);
                input.deserialize_tuple($count, items).map_err(failure)
            }
        }
    };
}

tuples!(1: A 0);
tuples!(2: A 0 B 1);
tuples!(3: A 0 B 1 C 2);
tuples!(4: A 0 B 1 C 2 D 3);
tuples!(5: A 0 B 1 C 2 D 3 F 4);
tuples!(6: A 0 B 1 C 2 D 3 F 4 G 5);
tuples!(7: A 0 B 1 C 2 D 3 F 4 G 5 H 6);
tuples!(8: A 0 B 1 C 2 D 3 F 4 G 5 H 6 I 7);
tuples!(9: A 0 B 1 C 2 D 3 F 4 G 5 H 6 I 7 J 8);
tuples!(10: A 0 B 1 C 2 D 3 F 4 G 5 H 6 I 7 J 8 K 9);
tuples!(11: A 0 B 1 C 2 D 3 F 4 G 5 H 6 I 7 J 8 K 9 L 10);
tuples!(12: A 0 B 1 C 2 D 3 F 4 G 5 H 6 I 7 J 8 K 9 L 10 M 11);

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
