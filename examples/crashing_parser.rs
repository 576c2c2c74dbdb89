//! Parses many files with native code that crashes on some of them: all good ones are done, and the
//! bad ones are listed with their causes.
//!
//! ```text
//! cargo run --release --example crashing_parser
//! ```
//!
//! A crash costs the one call that ran in that process, and a file that never ends is given up after a
//! second, with its process.

use std::time::Duration;

use concurry::prelude::*;
use concurry::process::ProcessOptions;

/// A file: where its payload begins, how long it is, and the payload.
type File = Vec<u8>;

/// Checks files with a parser that trusts what they say.
#[derive(Worker)]
struct Parser;

#[worker]
impl Parser {
    pub fn new() -> Self {
        Self
    }

    /// The sum of the file's payload.
    pub fn checksum(&self, _name: String, file: File) -> Result<u64, String> {
        let header = file.first_chunk::<16>().ok_or("it has no header")?;
        let (offset, length) = header.split_at(8);
        let number =
            |bytes: &[u8]| bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        Ok(native::sum(&file, number(offset), number(length)))
    }
}

/// Stands for a library in C that checks nothing.
mod native {
    /// Adds bytes up, from `offset` on, until `length` are left to be done: of zero it never comes
    /// back.
    #[allow(unsafe_code, reason = "this is the crash that the example is about")]
    pub(super) fn sum(file: &[u8], offset: u64, length: u64) -> u64 {
        let mut sum = 0_u64;
        let mut left = length;
        loop {
            let place = file.as_ptr().wrapping_add((offset + length - left) as usize);
            if length > 0 {
                // SAFETY: none, for a file that lies. That is what processes are for.
                sum += u64::from(unsafe { place.read_volatile() });
                left -= 1;
            }
            if left == 0 && length > 0 {
                return sum;
            }
            std::hint::black_box(place);
        }
    }
}

/// A file with that header and a payload of ones.
fn file(offset: u64, length: u64) -> File {
    let header = [offset.to_le_bytes(), length.to_le_bytes()].concat();
    [header, vec![1; 1_000]].concat()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files = (0..1_000).map(|number| {
        let file = match number {
            123 | 456 => file(1 << 40, 8), // far outside
            700 => file(16, 0),            // without an end
            800 => vec![1, 2, 3],          // cut off
            _ => file(16, 1_000),
        };
        (format!("file-{number:03}"), file)
    });
    let (names, files): (Vec<_>, Vec<_>) = files.unzip();

    let parser = Parser::options(Mode::Process, 2)
        .process(ProcessOptions::new().kill_cancelled_after(Duration::from_millis(100)))
        .timeout(Duration::from_secs(1))
        .init()?;
    let calls = parser.map(names.clone().into_iter().zip(files), |parser, (name, file)| {
        parser.checksum(name, file)
    });
    let outcomes = calls.progress("Parsing").outcomes();

    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    println!("{done} of {} files are done", outcomes.len());
    for (name, outcome) in names.iter().zip(&outcomes) {
        if let Err(error) = outcome {
            println!("{name}: {error}");
        }
    }
    println!("{} processes died and were started again", parser.stats().restarts);
    assert_eq!(done, 996, "every good file is done");
    parser.stop().result()?;
    Ok(())
}
