//! Reads what earlier runs have recorded, and repairs the end that a death has cut off.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};

use super::file::{BLOCK, JournalFile, open_error};
use super::header::{Header, Job, START};
use super::key::KeyHasher;
use super::line::{Line, MethodLine, Said};
use super::{JournalError, Key};

/// Where the entry of a key stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// The result, as JSON.
    Done { start: u64, length: usize },
    /// The number of the failed entry.
    Failed(usize),
}

/// What a journal has.
#[derive(Debug, Default)]
pub(super) struct Recovered {
    pub(super) index: HashMap<Key, Place, KeyHasher>,
    pub(super) failed: Vec<(Key, Option<u64>, String)>,
    pub(super) methods: Vec<String>,
}

/// What can follow a line that can't be read.
struct Broken {
    line: usize,
    start: u64,
}

/// Reads the whole file. A new or empty one has nothing, and no header yet.
pub(super) fn recover(
    file: &mut JournalFile,
    job: &Job,
) -> Result<Option<Recovered>, JournalError> {
    let path = file.path().to_owned();
    let length = file.len();
    let mut recovered = Recovered::default();
    let mut header: Option<Header> = None;
    let mut broken: Option<Broken> = None;
    let mut ends_in_line = true;
    {
        let mut reader = BufReader::with_capacity(BLOCK, file.reader()?);
        let (mut line, mut number, mut start) = (Vec::new(), 0, 0_u64);
        loop {
            line.clear();
            let read = reader.read_until(b'\n', &mut line);
            let read = read.map_err(|source| open_error(&path, "read", source))?;
            if read == 0 {
                break;
            }
            number += 1;
            ends_in_line = line.last() == Some(&b'\n');
            let text = line.strip_suffix(b"\n").unwrap_or(&line);
            if let Some(broken) = &broken {
                if recovered.take(text, start) {
                    return Err(JournalError::Corrupt { path, line: broken.line });
                }
            } else if number == 1 {
                match Header::parse(text) {
                    Some(found) => {
                        found.check(job, &path)?;
                        recovered.methods.extend(found.method().map(str::to_owned));
                        header = Some(found);
                    }
                    // Cut off while it was written, as the first thing in a new file.
                    None if !ends_in_line && is_cut_off(text) => {
                        broken = Some(Broken { line: 1, start: 0 });
                    }
                    None => return Err(JournalError::NotAJournal { path }),
                }
            } else if !recovered.take(text, start) {
                broken = Some(Broken { line: number, start });
            }
            start += read as u64;
        }
    }
    if let Some(broken) = broken {
        file.truncate(broken.start)?;
    } else if !ends_in_line && length > 0 {
        // The line is whole, but for its end.
        file.append(b"\n", false).map_err(|source| open_error(&path, "repaired", source))?;
    }
    if header.is_none() {
        return Ok(None);
    }
    if let (Some(job_method), false) = (&job.method, recovered.methods.is_empty())
        && !recovered.methods.contains(job_method)
    {
        let found = recovered.methods.join(", ");
        super::header::differs(&path, "method", &found, job_method)?;
    }
    Ok(Some(recovered))
}

/// Whether the text is the beginning of a header.
fn is_cut_off(text: &[u8]) -> bool {
    let start = START.as_bytes();
    text.starts_with(start) || start.starts_with(text)
}

impl Recovered {
    /// Takes a line in. False if it can't be read.
    fn take(&mut self, text: &[u8], start: u64) -> bool {
        let Some((key, place, said)) = Line::parse(text) else {
            let Ok(line) = serde_json::from_slice::<MethodLine<'_>>(text) else { return false };
            self.methods.push(line.method.into_owned());
            return true;
        };
        let place = match said {
            Said::Done(result) => {
                // The result is a part of the line; where it says nothing, of no line.
                let offset = (result.as_ptr() as usize).checked_sub(text.as_ptr() as usize);
                let offset = offset.filter(|offset| offset + result.len() <= text.len());
                match offset {
                    Some(offset) => {
                        Place::Done { start: start + offset as u64, length: result.len() }
                    }
                    None => Place::Done { start: 0, length: 0 },
                }
            }
            Said::Failed(message) => {
                self.failed.push((key, place, message.into_owned()));
                Place::Failed(self.failed.len() - 1)
            }
        };
        // A later line replaces an earlier one.
        self.index.insert(key, place);
        true
    }
}
