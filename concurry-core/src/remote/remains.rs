//! What a worker has left behind, read by whoever survived it.

use std::io::Write;

use super::{Begun, CallTable, RemotePool};
use crate::wire::{FlightRecorder, FrameReader, anonymous_file, table_length};

/// What a worker has left behind in its table.
#[derive(Debug)]
pub struct Remains(Option<FlightRecorder>);

impl Remains {
    /// From the bytes of its table. Of bytes that are none, nothing is known.
    #[must_use]
    pub fn read(table: &[u8], slots: u32) -> Self {
        let recorder = || {
            let file = anonymous_file()?;
            std::fs::File::from(file.try_clone()?).write_all(table)?;
            FlightRecorder::map(&file, slots)
        };
        let complete = table.len() == table_length(slots);
        let recorder = complete.then(recorder).and_then(std::io::Result::ok);
        Self(recorder.filter(FlightRecorder::was_opened))
    }

    /// Whether a call had begun.
    #[must_use]
    pub fn begun(&self, number: u64) -> Begun {
        match &self.0 {
            Some(recorder) if !recorder.has_begun(number) => Begun::No,
            _ => Begun::Yes,
        }
    }
}

impl RemotePool {
    /// Completes the calls that a worker had done and whose results it had not sent.
    pub fn receive_remains(&self, worker: usize, remains: &Remains, table: &mut CallTable) {
        let Some(recorder) = &remains.0 else { return };
        let left = recorder.left_behind();
        let mut reader = FrameReader::new(usize::MAX);
        let mut source = left.as_slice();
        while reader.read_from(&mut source).is_ok_and(|read| read > 0) {
            while let Ok(Some(frame)) = reader.take() {
                let _ = self.receive(worker, frame, table);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_tells_which_calls_had_begun() {
        let (_, file) = FlightRecorder::create(4).unwrap();
        let recorder = FlightRecorder::open(&file, 4).unwrap();
        let (begun, sent) = (1 << 32, 1 << 32 | 1);
        recorder.send(begun);
        recorder.send(sent);
        assert!(recorder.begin(begun));
        let mut bytes = vec![0; table_length(4)];
        rustix::io::pread(&file, bytes.as_mut_slice(), 0).unwrap();
        let remains = Remains::read(&bytes, 4);
        assert_eq!((remains.begun(begun), remains.begun(sent)), (Begun::Yes, Begun::No));
    }

    #[test]
    fn without_a_table_every_call_may_have_begun() {
        assert_eq!(Remains::read(b"short", 4).begun(1 << 32), Begun::Yes);
        let unused = vec![0; table_length(4)];
        assert_eq!(Remains::read(&unused, 4).begun(1 << 32), Begun::Yes);
        assert_eq!(Remains::read(&[], 0).begun(1 << 32), Begun::Yes);
    }
}
