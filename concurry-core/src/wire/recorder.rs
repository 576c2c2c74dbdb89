//! Memory that a worker shares with its parent, and that outlives it: which of its calls had begun,
//! and which results it had not sent yet.
//!
//! With it a death costs exactly the call that was running: what was done before is read from here,
//! and what had not begun is run elsewhere. It also decides who has a call that was sent ahead: the
//! worker that begins it, or the parent that takes it back, by one atomic step.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use rustix::mm::{MapFlags, ProtFlags};

use super::frame::HEADER as MESSAGE_HEADER;
use super::number::{generation, slot};
use super::several;

/// Room for results that are not sent.
const RESULTS: usize = 64 * 1024;
/// Before the words, a line of memory for what the worker notes (how many bytes of results there are,
/// whether it writes here, its pace), and one for each side's doorbell (see `doorbell.rs`).
const HEAD: usize = 192;

const SENT: u32 = 1;
const BEGUN: u32 = 2;
const TAKEN_BACK: u32 = 3;

fn word(number: u64, state: u32) -> u32 {
    generation(number) << 2 | state
}

/// How fast a worker works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pace {
    /// How long it has worked, in nanoseconds.
    pub(crate) nanos: u64,
    /// At how many calls.
    pub(crate) calls: u64,
}

/// The shared memory, on either side.
#[derive(Debug)]
pub(crate) struct FlightRecorder {
    memory: NonNull<u8>,
    length: usize,
    slots: u32,
}

// SAFETY: the words are atomics; the results are written by one thread at a time (who holds the
// worker's outbox), and read by the parent when that process is gone.
unsafe impl Send for FlightRecorder {}
// SAFETY: as above.
unsafe impl Sync for FlightRecorder {}

impl FlightRecorder {
    /// A new one, and the descriptor by which the worker opens it.
    pub(crate) fn create(slots: u32) -> io::Result<(Self, OwnedFd)> {
        let file = anonymous_file()?;
        rustix::fs::ftruncate(&file, length_for(slots) as u64)?;
        let recorder = Self::map(&file, slots)?;
        Ok((recorder, file))
    }

    /// The one that the parent created.
    pub(crate) fn open(file: &OwnedFd, slots: u32) -> io::Result<Self> {
        let length = rustix::fs::fstat(file)?.st_size;
        if u64::try_from(length).ok() != Some(length_for(slots) as u64) {
            return Err(io::Error::other("the shared table has another length"));
        }
        let recorder = Self::map(file, slots)?;
        recorder.opened().store(1, Ordering::Release);
        Ok(recorder)
    }

    pub(crate) fn map(file: &OwnedFd, slots: u32) -> io::Result<Self> {
        let length = length_for(slots);
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping, at a place that the system chooses. The file is as long as the
        // mapping, and neither side ever shortens it.
        let memory = unsafe {
            rustix::mm::mmap(
                std::ptr::null_mut(),
                length,
                access,
                MapFlags::SHARED,
                file.as_fd(),
                0,
            )
        }?;
        let memory = NonNull::new(memory.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { memory, length, slots })
    }

    fn word(&self, number: u64) -> Option<&AtomicU32> {
        let slot = slot(number);
        if slot >= self.slots {
            return None;
        }
        // SAFETY: within the mapping, aligned, and only ever used as an atomic.
        Some(unsafe { self.memory.add(HEAD + 4 * slot as usize).cast::<AtomicU32>().as_ref() })
    }

    /// The word of several calls under one number: see `several.rs`.
    pub(super) fn several_word(&self, number: u64) -> Option<&AtomicU64> {
        let slot = slot(number);
        if slot >= self.slots {
            return None;
        }
        let place = several_at(self.slots) + 8 * slot as usize;
        // SAFETY: within the mapping, aligned, and only ever used as an atomic.
        Some(unsafe { self.memory.add(place).cast::<AtomicU64>().as_ref() })
    }

    fn step(&self, number: u64, from: u32, to: u32) -> bool {
        let Some(at) = self.word(number) else { return false };
        // AcqRel: one order of begins and of takings back.
        let step = at.compare_exchange(
            word(number, from),
            word(number, to),
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        step.is_ok()
    }

    /// Parent: the call is about to be sent.
    #[inline]
    pub(crate) fn send(&self, number: u64) {
        if let Some(at) = self.word(number) {
            at.store(word(number, SENT), Ordering::Release);
        }
    }

    /// Worker: begins the call. False: it was taken back.
    #[inline]
    pub(crate) fn begin(&self, number: u64) -> bool {
        self.step(number, SENT, BEGUN)
    }

    /// Parent: takes the call back. False: it has begun.
    pub(crate) fn take_back(&self, number: u64) -> bool {
        self.step(number, SENT, TAKEN_BACK)
    }

    /// Parent: whether the call has begun.
    pub(crate) fn has_begun(&self, number: u64) -> bool {
        // Acquire: after the worker's death, or as a hint before.
        self.word(number).is_none_or(|at| at.load(Ordering::Acquire) == word(number, BEGUN))
    }

    /// Says that the worker uses it.
    fn opened(&self) -> &AtomicU64 {
        self.head_word(1)
    }

    /// Parent: whether the worker ever used it.
    pub(crate) fn was_opened(&self) -> bool {
        self.opened().load(Ordering::Acquire) == 1
    }

    fn count(&self) -> &AtomicU64 {
        self.head_word(0)
    }

    /// Worker: it has worked so long at so many calls, all in all. Before their results are sent.
    pub(crate) fn note_pace(&self, pace: Pace) {
        // Relaxed: the one writer is here, and sending the results publishes it. Who reads the two
        // at different moments is off by one flush.
        self.pace_word(0).store(pace.nanos, Ordering::Relaxed);
        self.pace_word(1).store(pace.calls, Ordering::Relaxed);
    }

    /// Parent: what the worker noted last.
    pub(crate) fn noted_pace(&self) -> Pace {
        Pace {
            nanos: self.pace_word(0).load(Ordering::Relaxed),
            calls: self.pace_word(1).load(Ordering::Relaxed),
        }
    }

    fn pace_word(&self, part: usize) -> &AtomicU64 {
        self.head_word(2 + part)
    }

    /// One of the words before the table, by its place.
    pub(super) fn head_word(&self, place: usize) -> &AtomicU64 {
        assert!(place < HEAD / 8, "the head has no such word");
        // SAFETY: within the head of the mapping, aligned, and only ever used as an atomic.
        unsafe { self.memory.add(8 * place).cast::<AtomicU64>().as_ref() }
    }

    fn results(&self) -> NonNull<u8> {
        // SAFETY: within the mapping.
        unsafe { self.memory.add(results_at(self.slots)) }
    }

    /// Worker: keeps messages that are not sent yet. False: there is no room.
    pub(crate) fn keep(&self, messages: &[u8]) -> bool {
        // Relaxed: only the worker's own outbox changes it.
        let kept = self.count().load(Ordering::Relaxed) as usize;
        if messages.len() > RESULTS - kept.min(RESULTS) {
            return false;
        }
        self.write(kept, messages);
        // Release: after the messages themselves.
        self.count().store((kept + messages.len()) as u64, Ordering::Release);
        true
    }

    /// Worker: keeps a message to which more is added, and says where. `None`: there is no room.
    pub(crate) fn keep_open(&self, message: &[u8]) -> Option<usize> {
        let kept = self.kept().len();
        if message.len() > RESULTS - kept {
            return None;
        }
        self.write(kept, message);
        self.write(kept, &several::OPEN.to_le_bytes());
        // Release: as above.
        self.count().store((kept + message.len()) as u64, Ordering::Release);
        Some(kept)
    }

    /// Worker: gives a message to which nothing is added any more its length.
    pub(crate) fn close(&self, start: usize) {
        let length = (self.kept().len() - start - MESSAGE_HEADER) as u32;
        self.write(start, &length.to_le_bytes());
    }

    /// Only what lies behind the count, or the length of a message that is not sent: the parent reads
    /// neither while the worker lives.
    fn write(&self, place: usize, bytes: &[u8]) {
        assert!(place + bytes.len() <= RESULTS, "there is no room");
        // SAFETY: within the memory for results, of which nobody else uses this part meanwhile.
        unsafe {
            let place = self.results().add(place).as_ptr();
            place.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        }
    }

    /// Worker: what it keeps, to send it.
    pub(crate) fn kept(&self) -> &[u8] {
        let kept = (self.count().load(Ordering::Acquire) as usize).min(RESULTS);
        // SAFETY: written before the count, and not changed before `sent`.
        unsafe { std::slice::from_raw_parts(self.results().as_ptr(), kept) }
    }

    /// Worker: everything that it kept was sent.
    pub(crate) fn sent(&self) {
        self.count().store(0, Ordering::Release);
    }

    /// Parent: what the dead worker kept. Some of it may have been sent.
    pub(crate) fn left_behind(&self) -> Vec<u8> {
        let mut left = self.kept().to_vec();
        several::close_last(&mut left);
        left
    }
}

const fn several_at(slots: u32) -> usize {
    (HEAD + 4 * slots as usize).next_multiple_of(64)
}

const fn results_at(slots: u32) -> usize {
    (several_at(slots) + 8 * slots as usize).next_multiple_of(64)
}

/// How long the shared memory is.
pub const fn length_for(slots: u32) -> usize {
    results_at(slots) + RESULTS
}

impl Drop for FlightRecorder {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and nothing points into it any more.
        let _ = unsafe { rustix::mm::munmap(self.memory.as_ptr().cast(), self.length) };
    }
}

/// A file without a name.
pub(crate) fn anonymous_file() -> io::Result<OwnedFd> {
    #[cfg(target_os = "linux")]
    {
        let flags = rustix::fs::MemfdFlags::CLOEXEC;
        Ok(rustix::fs::memfd_create("concurry", flags)?)
    }
    #[cfg(not(target_os = "linux"))]
    {
        use rustix::fs::{Mode, OFlags};
        use std::hash::{BuildHasher, RandomState};

        let name = format!("concurry-{:016x}", RandomState::new().hash_one(std::process::id()));
        let path = std::env::temp_dir().join(name);
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = rustix::fs::open(&path, flags, Mode::RUSR | Mode::WUSR)?;
        rustix::fs::unlink(&path)?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: u64 = 7 << 32 | 3;

    #[test]
    fn a_call_is_begun_or_taken_back_and_an_old_number_is_neither() {
        let (parent, file) = FlightRecorder::create(8).unwrap();
        let worker = FlightRecorder::open(&file, 8).unwrap();
        parent.send(NUMBER);
        assert!(!parent.has_begun(NUMBER));
        assert!(worker.begin(NUMBER) && !parent.take_back(NUMBER) && parent.has_begun(NUMBER));
        let later = NUMBER + (1 << 32);
        parent.send(later);
        assert!(!worker.begin(NUMBER), "that was another call");
        assert!(parent.take_back(later) && !worker.begin(later));
        assert!(!worker.begin(8), "there is no such place");
    }

    #[test]
    fn results_that_were_not_sent_are_there_when_the_worker_is_not() {
        let (parent, file) = FlightRecorder::create(1).unwrap();
        let worker = FlightRecorder::open(&file, 1).unwrap();
        assert!(worker.keep(b"one") && worker.keep(b"two"));
        assert_eq!(worker.kept(), b"onetwo");
        worker.sent();
        assert!(worker.keep(&vec![1; RESULTS - 3]) && worker.keep(b"two") && !worker.keep(b"3"));
        drop(worker);
        assert_eq!(parent.left_behind().len(), RESULTS);
        assert!(FlightRecorder::open(&file, 100).is_err(), "of another length");
    }
}
