//! Results as JSON that comes back as what it was.
//!
//! JSON has no word for some values: what is no number becomes `null`, and a map has texts as keys. Such
//! a result is packed: a message of MessagePack, as hexadecimal digits in an object of one field.

use std::fmt::Write;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::foreign;

/// How a packed result begins, and how it ends.
const PACKED: (&str, &str) = ("{\"~msgpack\":\"", "\"}");

/// A result as JSON that [`from_json`] reads as the same.
///
/// # Errors
///
/// If neither JSON nor MessagePack can hold it.
#[doc(hidden)]
pub fn to_json<T: Serialize + DeserializeOwned>(result: &T) -> serde_json::Result<Box<RawValue>> {
    let mut json = Vec::new();
    push(&mut json, result)?;
    // What `push` writes is text.
    RawValue::from_string(String::from_utf8_lossy(&json).into_owned())
}

/// Appends a result as JSON that [`from_json`] reads as the same.
///
/// # Errors
///
/// If neither JSON nor MessagePack can hold it. Then there may be a part of it behind what was there.
pub(super) fn push<T: Serialize + DeserializeOwned>(
    line: &mut Vec<u8>,
    result: &T,
) -> serde_json::Result<()> {
    let start = line.len();
    foreign::json(|| {
        let written = serde_json::to_writer(&mut *line, result);
        if written.is_ok() && comes_back(result, &line[start..]) {
            return Ok(());
        }
        let Some(packed) = pack(result) else { return written };
        line.truncate(start);
        line.extend_from_slice(packed.as_bytes());
        Ok(())
    })
}

/// A result that was written by [`to_json`], or by somebody else as plain JSON.
///
/// # Errors
///
/// If it is of another type.
#[doc(hidden)]
pub fn from_json<T: DeserializeOwned>(json: &[u8]) -> serde_json::Result<T> {
    foreign::json(|| match unpack(json) {
        Some(result) => Ok(result),
        None => serde_json::from_slice(json),
    })
}

/// Whether a result is read from its JSON as it was. Only where something is `null`, or a field is named
/// by a number, that may be in doubt: serde forgets of which type a key was in an enum with a tag.
fn comes_back<T: Serialize + DeserializeOwned>(result: &T, json: &[u8]) -> bool {
    let has_null = str::from_utf8(json).is_ok_and(|json| json.contains("null"));
    if !has_null && !has_numbered_field(json) {
        return true;
    }
    let Ok(read) = serde_json::from_slice::<T>(json) else { return false };
    match (rmp_serde::to_vec_named(result), rmp_serde::to_vec_named(&read)) {
        (Ok(result), Ok(read)) => result == read,
        // Then it can't be packed anyway.
        _ => true,
    }
}

/// Whether a field may be named by a number. So may a text in a list look, which does no harm.
fn has_numbered_field(json: &[u8]) -> bool {
    let begins = |bytes: &[u8]| matches!(bytes, [b'{' | b',', b'"', b'0'..=b'9' | b'-']);
    json.windows(3).any(begins)
}

/// The result, packed. `None` if that does not keep it either.
fn pack<T: Serialize + DeserializeOwned>(result: &T) -> Option<String> {
    let bytes = rmp_serde::to_vec_named(result).ok()?;
    rmp_serde::from_slice::<T>(&bytes).ok()?;
    let mut packed = String::with_capacity(PACKED.0.len() + 2 * bytes.len() + PACKED.1.len());
    packed.push_str(PACKED.0);
    // Writing to a string does not fail.
    bytes.iter().for_each(|byte| {
        let _ = write!(packed, "{byte:02x}");
    });
    packed.push_str(PACKED.1);
    Some(packed)
}

/// The packed result, if it is one.
fn unpack<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
    let digits = json.strip_prefix(PACKED.0.as_bytes())?.strip_suffix(PACKED.1.as_bytes())?;
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Vec<u8> = digits.chunks(2).map(byte).collect::<Option<_>>()?;
    rmp_serde::from_slice(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::fmt::Debug;

    use proptest::prelude::*;

    use super::*;

    fn round_trip<T: Serialize + DeserializeOwned>(result: &T) -> T {
        from_json(to_json(result).unwrap().get().as_bytes()).unwrap()
    }

    fn same<T: Serialize + DeserializeOwned + PartialEq + Debug>(result: T) {
        assert_eq!(round_trip(&result), result);
    }

    #[test]
    fn what_json_has_no_word_for_comes_back() {
        same(f64::INFINITY);
        same(vec![Some(f32::NEG_INFINITY), None]);
        same(HashMap::from([((1, 2), "pair".to_owned())]));
        assert!(round_trip(&f64::NAN).is_nan());
        assert!(round_trip(&(1_u8, f32::NAN)).1.is_nan());
    }

    #[test]
    fn numbered_fields_in_an_enum_with_a_tag_come_back() {
        #[derive(Debug, PartialEq, Serialize, serde::Deserialize)]
        #[serde(tag = "kind")]
        enum Tagged {
            Counts { of: HashMap<i32, u8> },
        }
        same(Tagged::Counts { of: HashMap::from([(7, 1)]) });
        same(Tagged::Counts { of: HashMap::from([(-7, 1)]) });
        assert_eq!(to_json(&HashMap::from([(7, 1)])).unwrap().get(), "{\"7\":1}");
    }

    #[test]
    fn everything_else_is_plain_json() {
        same(None::<String>);
        same(());
        same((u128::MAX, "null".to_owned()));
        assert_eq!(to_json(&Some(1)).unwrap().get(), "1");
        let texts = vec![None, Some("a".to_owned())];
        assert_eq!(to_json(&texts).unwrap().get(), "[null,\"a\"]");
    }

    proptest! {
        #[test]
        fn each_bit_of_a_number_comes_back(bits: u64, short: u32) {
            let (number, short) = (f64::from_bits(bits), f32::from_bits(short));
            let (back, back_short) = round_trip(&(number, short));
            prop_assert!(back == number || (back.is_nan() && number.is_nan()));
            prop_assert!(back_short == short || (back_short.is_nan() && short.is_nan()));
        }
    }
}
