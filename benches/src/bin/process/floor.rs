//! The floor: one socket pair for each process, frames of 16 bytes, 256 of them a write.

use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use concurry_benches::echo::median;
use concurry_benches::harness::{Measurement, Stopwatch};

const VARIABLE: &str = "CONCURRY_BENCH_FLOOR";
const FRAME: usize = 16;
const TOGETHER: usize = 256;
const BLOCK: usize = 64 << 20;

/// In a process of the floor: answers until the other side is gone.
pub(super) fn init() {
    if std::env::var_os(VARIABLE).is_none() {
        return;
    }
    // SAFETY: the standard input of a process of the floor is its end of the pair, and nobody else
    // uses it.
    let mut channel = unsafe { UnixStream::from_raw_fd(0) };
    let mut bytes = vec![0; 1 << 20];
    loop {
        match channel.read(&mut bytes) {
            Ok(count) if count > 0 => channel.write_all(&bytes[..count]).expect("it is read"),
            _ => std::process::exit(0),
        }
    }
}

struct Floor {
    channel: UnixStream,
    child: Child,
}

impl Floor {
    fn start() -> Self {
        let (channel, theirs) = UnixStream::pair().expect("a pair");
        let child = Command::new(std::env::current_exe().expect("its own path"))
            .env(VARIABLE, "1")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .spawn()
            .expect("a process");
        let mut floor = Self { channel, child };
        assert_eq!(floor.trip(7), 7);
        floor
    }

    fn trip(&mut self, x: u64) -> u64 {
        let mut frame = [0; FRAME];
        frame[..8].copy_from_slice(&x.to_le_bytes());
        self.channel.write_all(&frame).expect("it reads");
        self.channel.read_exact(&mut frame).expect("it answers");
        u64::from_le_bytes(frame[..8].try_into().expect("eight bytes"))
    }

    /// Writes frames, and does not wait for their answers.
    fn write(&mut self, numbers: std::ops::Range<u64>) {
        let bytes: Vec<u8> = numbers.flat_map(|x| u128::from(x).to_le_bytes()).collect();
        self.channel.write_all(&bytes).expect("it reads");
    }

    fn read(&mut self, count: usize) -> u64 {
        let mut bytes = vec![0; count * FRAME];
        self.channel.read_exact(&mut bytes).expect("it answers");
        let frames = bytes.as_chunks::<FRAME>().0.iter();
        frames.map(|frame| u128::from_le_bytes(*frame) as u64).sum()
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        let _ = self.channel.shutdown(std::net::Shutdown::Both);
        let _ = self.child.wait();
    }
}

pub(super) fn calls(calls: u64, workers: usize) -> Measurement {
    let mut floors: Vec<Floor> = (0..workers).map(|_| Floor::start()).collect();
    let mut sum = 0;
    let watch = Stopwatch::start();
    let mut next = 0;
    while next < calls {
        let mut counts = Vec::new();
        for floor in &mut floors {
            let end = (next + TOGETHER as u64).min(calls);
            floor.write(next..end);
            counts.push((end - next) as usize);
            next = end;
        }
        for (floor, count) in floors.iter_mut().zip(counts) {
            sum += floor.read(count);
        }
    }
    watch.stop().per_call(calls, sum)
}

pub(super) fn roundtrip(calls: u64) -> Measurement {
    let mut floor = Floor::start();
    let (mut trips, mut sum) = (Vec::new(), 0);
    let watch = Stopwatch::start();
    for x in 0..calls {
        let start = Instant::now();
        sum += floor.trip(x);
        trips.push(start.elapsed());
    }
    watch.stop().with_value(median(trips), sum)
}

/// A plain copy there and back: written by one thread while another reads.
pub(super) fn bytes(calls: u64) -> Measurement {
    let floor = Floor::start();
    let block = vec![7; BLOCK];
    let (mut times, mut sum) = (Vec::new(), 0);
    let watch = Stopwatch::start();
    for x in 0..calls {
        let start = Instant::now();
        let mut back = vec![0; BLOCK];
        std::thread::scope(|scope| {
            scope.spawn(|| (&floor.channel).write_all(&block).expect("it reads"));
            (&floor.channel).read_exact(&mut back).expect("it answers");
        });
        assert_eq!(back[BLOCK - 1], 7);
        sum += x;
        times.push(start.elapsed());
    }
    watch.stop().with_value(median(times) / 1e3, sum)
}
