//! Messages on their way in: cut out of a stream of bytes, with a bound.

use std::io;

use super::block::memory_for;
use super::frame::{Frame, FrameError, FrameHeader, HEADER};

/// Room for what one read brings.
const READ: usize = 64 * 1024;
/// A buffer that has grown beyond this is given back once it is empty.
const KEPT: usize = 256 * 1024;

/// Where bytes come from.
pub trait Source {
    /// Appends what is there to `bytes`, at most `most` bytes, for which it has room. Zero: the
    /// stream has ended.
    ///
    /// # Errors
    ///
    /// What the system says, `WouldBlock` among it.
    fn append(&mut self, bytes: &mut Vec<u8>, most: usize) -> io::Result<usize>;
}

/// A stream of messages.
#[derive(Debug)]
pub struct FrameReader {
    bytes: Vec<u8>,
    /// How much of `bytes` was handed out.
    taken: usize,
    /// A message with large blocks, some of which are not here yet.
    large: Option<Large>,
    most: usize,
    /// How many bytes were read, all in all.
    total: u64,
}

#[derive(Debug)]
struct Large {
    header: FrameHeader,
    body: Vec<u8>,
    blocks: Vec<Vec<u8>>,
    lengths: Vec<usize>,
}

impl Large {
    /// The first block that is not complete.
    fn open(&mut self) -> Option<(&mut Vec<u8>, usize)> {
        let pairs = self.blocks.iter_mut().zip(&self.lengths);
        pairs.map(|(block, length)| (block, *length)).find(|(block, length)| block.len() < *length)
    }
}

impl FrameReader {
    /// At the beginning of a stream whose messages are at most `most` bytes long.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { bytes: Vec::new(), taken: 0, large: None, most, total: 0 }
    }

    /// Reads once. Zero: the stream has ended.
    ///
    /// # Errors
    ///
    /// What the source says.
    pub fn read_from(&mut self, source: &mut impl Source) -> io::Result<usize> {
        let count = self.read_some(source)?;
        self.total += count as u64;
        Ok(count)
    }

    /// Whether large blocks are on their way in.
    pub(crate) fn has_blocks(&self) -> bool {
        self.large.is_some()
    }

    /// How many bytes it has read, all in all.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    fn read_some(&mut self, source: &mut impl Source) -> io::Result<usize> {
        if let Some(large) = &mut self.large
            && let Some((block, length)) = large.open()
        {
            // Straight into its place.
            let rest = length - block.len();
            return source.append(block, rest);
        }
        if self.taken == self.bytes.len() {
            self.bytes.clear();
            self.bytes.shrink_to(KEPT);
            self.taken = 0;
        } else if self.taken > READ {
            self.bytes.drain(..self.taken);
            self.taken = 0;
        }
        self.bytes.reserve(READ);
        let room = self.bytes.capacity() - self.bytes.len();
        source.append(&mut self.bytes, room)
    }

    /// The next message that is there as a whole.
    ///
    /// # Errors
    ///
    /// What came is no message, or one above the bound. Nothing after it can be read.
    #[inline]
    pub fn take(&mut self) -> Result<Option<Frame<'_>>, FrameError> {
        if self.large.is_some() {
            return Ok(self.next_large());
        }
        let rest = &self.bytes[self.taken..];
        let Some(header) = rest.first_chunk::<HEADER>() else { return Ok(None) };
        let header = FrameHeader::from_bytes(*header)?;
        let length = header.length as usize;
        if length > self.most {
            return Err(FrameError::TooLarge { length: length as u64, most: self.most });
        }
        if rest.len() - HEADER < length {
            if self.bytes.capacity() - self.taken < HEADER + length {
                self.bytes.drain(..self.taken);
                self.taken = 0;
                let more = HEADER + length - self.bytes.len();
                let reserved = self.bytes.try_reserve(more);
                reserved.map_err(|_| FrameError::NoMemory { length: length as u64 })?;
            }
            return Ok(None);
        }
        let start = self.taken + HEADER;
        self.taken = start + length;
        if header.attachments > 0 {
            self.begin_large(header, start..start + length)?;
            return Ok(self.next_large());
        }
        let body = &self.bytes[start..start + length];
        Ok(Some(Frame { header, body, attachments: Vec::new() }))
    }

    /// Whether something came behind the next message.
    pub(crate) fn is_followed(&self) -> bool {
        let rest = &self.bytes[self.taken..];
        let length = rest.first_chunk().map_or(0, |length| u32::from_le_bytes(*length) as usize);
        rest.len() > HEADER + length
    }

    fn begin_large(
        &mut self,
        header: FrameHeader,
        body: std::ops::Range<usize>,
    ) -> Result<(), FrameError> {
        let body = &self.bytes[body];
        // The header says that there is room for the table.
        let (body, table) = body.split_at(body.len() - usize::from(header.attachments) * 8);
        let lengths: Vec<u64> =
            table.as_chunks::<8>().0.iter().map(|length| u64::from_le_bytes(*length)).collect();
        let whole =
            lengths.iter().fold(body.len() as u64, |sum, length| sum.saturating_add(*length));
        if whole > self.most as u64 {
            return Err(FrameError::TooLarge { length: whole, most: self.most });
        }
        let body = body.to_vec();
        let mut blocks = Vec::with_capacity(lengths.len());
        let lengths: Vec<usize> = lengths.iter().map(|length| *length as usize).collect();
        for length in &lengths {
            let block = memory_for(*length);
            let mut block = block.ok_or(FrameError::NoMemory { length: *length as u64 })?;
            let here = (*length).min(self.bytes.len() - self.taken);
            block.extend_from_slice(&self.bytes[self.taken..self.taken + here]);
            self.taken += here;
            blocks.push(block);
        }
        self.large = Some(Large { header, body, blocks, lengths });
        Ok(())
    }

    #[cold]
    fn next_large(&mut self) -> Option<Frame<'_>> {
        if self.large.as_mut()?.open().is_some() {
            return None;
        }
        let Large { header, body, blocks, .. } = self.large.take()?;
        // Its place in the buffer of bytes may be gone.
        let length = body.len();
        self.bytes.drain(..self.taken);
        self.taken = length;
        self.bytes.splice(0..0, body);
        Some(Frame { header, body: &self.bytes[..length], attachments: blocks })
    }

    /// Whether the stream may end here: no message is half-way in.
    #[must_use]
    pub fn is_between(&self) -> bool {
        self.large.is_none() && self.taken == self.bytes.len()
    }
}

impl Source for &[u8] {
    fn append(&mut self, bytes: &mut Vec<u8>, most: usize) -> io::Result<usize> {
        let count = self.len().min(most);
        let (now, later) = self.split_at(count);
        bytes.extend_from_slice(now);
        *self = later;
        Ok(count)
    }
}
