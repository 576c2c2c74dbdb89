//! Messages of every size come out as they went in, however the stream is cut; garbage is an error.

use proptest::prelude::*;

use super::*;
use crate::wire::{Frame, FrameReader, MAX_FRAME, Source};

/// Takes so many bytes a call.
struct Narrow<'b> {
    bytes: &'b mut Vec<u8>,
    width: usize,
}

impl Write for Narrow<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.width);
        self.bytes.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Gives so many bytes a call.
struct Trickle<'b> {
    bytes: &'b [u8],
    width: usize,
}

impl Source for Trickle<'_> {
    fn append(&mut self, bytes: &mut Vec<u8>, most: usize) -> io::Result<usize> {
        self.bytes.append(bytes, most.min(self.width))
    }
}

fn owned(frame: Frame<'_>) -> (FrameHeader, Vec<u8>, Vec<Vec<u8>>) {
    (frame.header, frame.body.to_vec(), frame.attachments)
}

fn message() -> impl Strategy<Value = (u16, u64, Vec<u8>, Vec<Vec<u8>>)> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..300);
    (any::<u16>(), any::<u64>(), bytes(), prop::collection::vec(bytes(), 0..4))
}

proptest! {
    #[test]
    fn messages_come_out_as_they_went_in(
        messages in prop::collection::vec(message(), 0..20),
        width_out in 1_usize..700,
        width_in in 1_usize..700,
    ) {
        let mut writer = FrameWriter::new(MAX_FRAME);
        for (code, call, body, blocks) in &messages {
            writer
                .add(Kind::Call, *code, *call, |encoder| {
                    encoder.body.extend_from_slice(body);
                    encoder.attachments.extend(blocks.iter().map(Vec::as_slice));
                    Ok(())
                })
                .unwrap();
        }
        let mut stream = Vec::new();
        writer.write_to(&mut Narrow { bytes: &mut stream, width: width_out }).unwrap();
        prop_assert!(writer.is_empty());
        let mut reader = FrameReader::new(MAX_FRAME);
        let mut source = Trickle { bytes: &stream, width: width_in };
        let mut came = Vec::new();
        loop {
            while let Some(frame) = reader.take().unwrap() {
                came.push(owned(frame));
            }
            if reader.read_from(&mut source).unwrap() == 0 {
                break;
            }
        }
        prop_assert!(reader.is_between());
        prop_assert_eq!(came.len(), messages.len());
        for ((header, body, blocks), (code, call, sent, sent_blocks)) in came.iter().zip(&messages) {
            prop_assert_eq!((header.code, header.call), (*code, *call));
            prop_assert_eq!(body, sent);
            prop_assert_eq!(blocks, sent_blocks);
        }
    }

    #[test]
    fn garbage_is_an_error_or_incomplete_and_never_more_memory_than_the_bound(
        garbage in prop::collection::vec(any::<u8>(), 0..4_000),
        kind in prop::sample::select(vec![1_u8, 2, 33, 200]),
    ) {
        let mut garbage = garbage;
        if let Some(byte) = garbage.get_mut(4) {
            *byte = kind;
        }
        let mut reader = FrameReader::new(10_000);
        let mut source = garbage.as_slice();
        loop {
            match reader.take() {
                Ok(Some(frame)) => prop_assert!(frame.body.len() <= 10_000),
                Ok(None) => {
                    if reader.read_from(&mut source).unwrap() == 0 {
                        break;
                    }
                }
                Err(_) => break,
            }
        }
    }
}

#[test]
fn a_message_above_the_bound_is_refused_on_both_sides_and_names_the_option() {
    let mut writer = FrameWriter::new(100);
    let long = vec![0; 200];
    let refused = writer.add(Kind::Call, 0, 1, |encoder| {
        encoder.attachments.push(&long);
        Ok(())
    });
    assert!(refused.unwrap_err().0.contains("max_message"));
    assert!(writer.is_empty(), "nothing of it is left");
    let header = FrameHeader { length: 101, kind: Kind::Call, attachments: 0, code: 0, call: 0 };
    let mut reader = FrameReader::new(100);
    reader.read_from(&mut header.to_bytes().as_slice()).unwrap();
    assert_eq!(reader.take().unwrap_err(), FrameError::TooLarge { length: 101, most: 100 });
}

#[test]
fn a_body_that_can_not_be_encoded_leaves_the_messages_before_it() {
    let mut writer = FrameWriter::new(MAX_FRAME);
    writer.add(Kind::Ping, 0, 1, |_| Ok(())).unwrap();
    let failed = writer.add(Kind::Call, 0, 2, |encoder| {
        encoder.body.push(1);
        Err(CarryFailure("no".to_owned()))
    });
    assert!(failed.is_err());
    assert_eq!(writer.len(), HEADER);
}
