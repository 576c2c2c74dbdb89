//! What the gateway could send: right messages, wrong ones, and any bytes at all.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::protocol_checks::{in_order_or_refused, same_wherever_cut};

fn message(kind: u16, link: u64, body: &[u8]) -> Vec<u8> {
    let mut bytes = header(Order::Data, link, 5, body.len()).to_vec();
    bytes[4..6].copy_from_slice(&kind.to_le_bytes());
    bytes.extend_from_slice(body);
    bytes
}

#[test]
fn messages_are_read_one_after_the_other_until_the_end() {
    let mut bytes = message(69, 7, b"abc");
    bytes.extend(message(70, 8, br#"{"code": "ActorDiedError", "text": "killed"}"#));
    let mut source = bytes.as_slice();
    let returned = Answer::Returned { room: 5, body: b"abc".to_vec() };
    assert_eq!(read(&mut source).unwrap(), Some((7, returned)));
    let lost = Refusal { code: "ActorDiedError".into(), text: "killed".into() };
    assert_eq!(read(&mut source).unwrap(), Some((8, Answer::Lost(lost))));
    assert_eq!(read(&mut source).unwrap(), None);
}

#[test]
fn what_is_no_message_is_refused() {
    let mut long = message(69, 7, b"");
    long[..4].copy_from_slice(&u32::MAX.to_le_bytes());
    for garbled in [long, message(3, 0, b""), message(65, 0, b"{}"), message(70, 0, b"\xff")] {
        assert!(read(&mut garbled.as_slice()).is_err());
    }
}

#[test]
fn returns_are_told_apart() {
    assert_eq!(brought(b"").unwrap(), None);
    let seventh = |kind: u8, rest: &[u8]| [&7u64.to_le_bytes()[..], &[kind], rest].concat();
    assert_eq!(brought(&seventh(0, b"x")).unwrap(), Some((7, Brought::Output(b"x"))));
    assert_eq!(brought(&seventh(1, b"y")).unwrap(), Some((7, Brought::Log(b"y"))));
    let ended = seventh(2, b"\x17\0\0\0{\"code\": -9, \"log\": \"\"}notes");
    let expected = Ended { code: -9, log: String::new() };
    assert_eq!(brought(&ended).unwrap(), Some((7, Brought::Ended(expected, b"notes"))));
    assert!(brought(&seventh(2, b"\xff\0\0\0{}")).is_err());
    assert_eq!(brought(&seventh(3, &[1, 2, 0, 0])).unwrap(), Some((7, Brought::InRoom(0x201))));
    assert!(brought(&seventh(3, b"")).is_err());
    assert!(brought(&seventh(4, b"")).is_err());
    assert!(brought(b"short").is_err());
}

/// Bytes that begin like a message more often than chance has it.
fn almost_message() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop_oneof![8 => 60_u16..75, 1 => any::<u16>()];
    let wrong =
        prop_oneof![8 => Just(0_i64), 1 => -9..9_i64, 1 => any::<i32>().prop_map(i64::from)];
    let text = prop_oneof![
        vec(any::<u8>(), 0..80),
        r#"\{"(code|text|program|nodes|process)": ("a"|-?[0-9]{1,30}|null)\}"#
            .prop_map(String::into_bytes),
        Just(br#"{"code": "a", "text": "b"}"#.to_vec()),
    ];
    (kind, 0_u64..4, wrong, text).prop_map(|(kind, link, wrong, body)| {
        let mut bytes = message(kind, link, &body);
        let length = (body.len() as i64 + wrong) as u32;
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        bytes
    })
}

/// What could be a return, with a number that is near the right one more often than not.
fn almost_return() -> impl Strategy<Value = Vec<u8>> {
    let number = prop_oneof![6 => 0_u64..12, 1 => any::<u64>()];
    (number, 0_u8..5, vec(any::<u8>(), 0..20))
        .prop_map(|(number, kind, rest)| [&number.to_le_bytes()[..], &[kind], &rest].concat())
}

proptest! {
    #[test]
    fn any_bytes_are_the_same_messages_wherever_they_are_cut(
        parts in vec(prop_oneof![4 => almost_message(), 1 => vec(any::<u8>(), 0..40)], 0..8),
        width in 1_usize..64,
    ) {
        same_wherever_cut(&parts.concat(), width);
    }

    #[test]
    fn any_returns_come_out_in_order_or_are_refused(
        bodies in vec(prop_oneof![6 => almost_return(), 1 => vec(any::<u8>(), 0..12)], 0..40),
    ) {
        in_order_or_refused(bodies);
    }
}
