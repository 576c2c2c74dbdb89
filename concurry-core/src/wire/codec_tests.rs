//! What crosses, and what becomes of what is damaged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::*;

fn carried<A: CarriedArguments>(arguments: &A) -> Result<A, CarryFailure> {
    let mut encoder = Encoder { body: Vec::new(), attachments: Vec::new() };
    arguments.encode(&mut encoder)?;
    let mut attachments: Vec<Vec<u8>> =
        encoder.attachments.iter().map(|attachment| attachment.to_vec()).collect();
    A::decode(&mut Decoder { body: &encoder.body, attachments: &mut attachments })
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Flattened {
    name: String,
    #[serde(flatten)]
    rest: BTreeMap<String, u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    absent: Option<u8>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(i64),
    Text(String),
    Both { number: i64, text: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    One { a: u8 },
    Two(BTreeMap<String, u64>),
}

#[test]
fn types_that_need_a_self_describing_format_cross() {
    let rest = BTreeMap::from([("x".to_owned(), 1), ("y".to_owned(), 2)]);
    let flattened = Flattened { name: "n".to_owned(), rest: rest.clone(), absent: None };
    let untagged = vec![
        Untagged::Number(-4),
        Untagged::Text("four".to_owned()),
        Untagged::Both { number: 4, text: "four".to_owned() },
    ];
    let tagged = (Tagged::One { a: 1 }, Tagged::Two(rest));
    let arguments = (flattened, untagged, tagged);
    assert_eq!(carried(&arguments).unwrap(), arguments);
}

#[test]
fn the_ends_of_numbers_and_nothing_at_all_cross() {
    let arguments = (u64::MAX, i64::MIN, u128::MAX, f64::INFINITY, (), None::<u8>, Some(7), '∞');
    assert_eq!(carried(&arguments).unwrap(), arguments);
    assert_eq!(carried(&()), Ok(()));
    assert!(carried(&(f64::NAN,)).unwrap().0.is_nan());
}

#[test]
fn bytes_and_text_cross_raw_and_large_ones_beside_the_body() {
    let small = (vec![0_u8, 255, 7], "text".to_owned(), vec![1_u32]);
    assert_eq!(carried(&small).unwrap(), small);
    let large = (vec![7_u8; LARGE], "x".repeat(LARGE), Vec::<u8>::new());
    assert_eq!(carried(&large).unwrap(), large);
    let mut encoder = Encoder { body: Vec::new(), attachments: Vec::new() };
    large.encode(&mut encoder).unwrap();
    assert!(encoder.body.len() < 16);
    assert!(std::ptr::eq(encoder.attachments[0], large.0.as_slice()), "not copied");
}

#[test]
fn damage_is_an_error() {
    let mut encoder = Encoder { body: Vec::new(), attachments: Vec::new() };
    let arguments = (5_u64, "five".to_owned());
    arguments.encode(&mut encoder).unwrap();
    for length in 0..encoder.body.len() {
        let mut decoder = Decoder { body: &encoder.body[..length], attachments: &mut [] };
        assert!(<(u64, String)>::decode(&mut decoder).is_err(), "{length}");
    }
    let mut decoder = Decoder { body: &encoder.body, attachments: &mut [] };
    assert!(<(String, u64)>::decode(&mut decoder).is_err(), "other types");
    // An attachment that is not there.
    let mut decoder = Decoder { body: &[0x91, 0x03], attachments: &mut [] };
    assert!(<(Vec<u8>,)>::decode(&mut decoder).is_err());
}

#[test]
fn depth_is_bounded() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Nested(Vec<Nested>);
    let body = vec![0x91; 100_000];
    assert!(read::<Nested>(&body).is_err());
}
