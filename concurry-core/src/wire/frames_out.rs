//! Messages on their way out: many in one buffer, large blocks left where they are.

use std::collections::VecDeque;
use std::io::{self, IoSlice, Write};

use super::carry::{CarryFailure, Encoder};
use super::frame::{FrameError, FrameHeader, HEADER, Kind};

/// A buffer that has grown beyond this is given back once it is sent.
const KEPT: usize = 256 * 1024;
/// Blocks that one system call writes.
const AT_ONCE: usize = 16;

/// Messages on their way out, in order.
#[derive(Debug)]
pub struct FrameWriter<'v> {
    bytes: Vec<u8>,
    /// How much of `bytes` is written.
    written: usize,
    /// Blocks, and before which of `bytes` each goes.
    blocks: VecDeque<(usize, &'v [u8])>,
    /// How much of the first block is written.
    block_written: usize,
    most: usize,
    /// How many bytes were written, all in all.
    total: u64,
}

impl<'v> FrameWriter<'v> {
    /// Without a message. None that is added may be longer than `most` bytes.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            bytes: Vec::new(),
            written: 0,
            blocks: VecDeque::new(),
            block_written: 0,
            most,
            total: 0,
        }
    }

    /// Adds a message whose body `encode` writes. If it fails nothing is added.
    ///
    /// # Errors
    ///
    /// What `encode` says, or that the message is above the bound.
    #[inline]
    pub fn add(
        &mut self,
        kind: Kind,
        code: u16,
        call: u64,
        encode: impl FnOnce(&mut Encoder<'v>) -> Result<(), CarryFailure>,
    ) -> Result<(), CarryFailure> {
        let start = self.bytes.len();
        let mut encoder =
            Encoder { body: std::mem::take(&mut self.bytes), attachments: Vec::new() };
        encoder.body.extend_from_slice(&[0; HEADER]);
        let encoded = encode(&mut encoder);
        let Encoder { body, attachments } = encoder;
        self.bytes = body;
        let finished = encoded.and_then(|()| self.finish(start, kind, code, call, attachments));
        if finished.is_err() {
            self.bytes.truncate(start);
        }
        finished
    }

    /// Adds a message, as the first one, whose body was encoded behind room for a header.
    ///
    /// # Errors
    ///
    /// That the message is above the bound.
    pub(crate) fn add_prepared(
        &mut self,
        kind: Kind,
        code: u16,
        call: u64,
        encoder: Encoder<'v>,
    ) -> Result<(), CarryFailure> {
        debug_assert!(self.bytes.is_empty());
        self.bytes = encoder.body;
        let finished = self.finish(0, kind, code, call, encoder.attachments);
        if finished.is_err() {
            self.bytes.clear();
        }
        finished
    }

    #[inline]
    fn finish(
        &mut self,
        start: usize,
        kind: Kind,
        code: u16,
        call: u64,
        attachments: Vec<&'v [u8]>,
    ) -> Result<(), CarryFailure> {
        for attachment in &attachments {
            self.bytes.extend_from_slice(&(attachment.len() as u64).to_le_bytes());
        }
        let body = self.bytes.len() - start - HEADER;
        let whole = body as u64 + attachments.iter().map(|block| block.len() as u64).sum::<u64>();
        let (Ok(length), Ok(count)) = (u32::try_from(body), u8::try_from(attachments.len())) else {
            return Err(self.too_large(whole));
        };
        if whole > self.most as u64 {
            return Err(self.too_large(whole));
        }
        let header = FrameHeader { length, kind, attachments: count, code, call };
        self.bytes[start..start + HEADER].copy_from_slice(&header.to_bytes());
        if attachments.is_empty() {
            return Ok(());
        }
        let place = self.bytes.len();
        self.blocks.extend(attachments.into_iter().map(|block| (place, block)));
        Ok(())
    }

    fn too_large(&self, length: u64) -> CarryFailure {
        CarryFailure(FrameError::TooLarge { length, most: self.most }.to_string())
    }

    /// Uses the memory of a buffer.
    pub(crate) fn reuse(&mut self, mut buffer: Vec<u8>) {
        if self.bytes.capacity() == 0 {
            buffer.clear();
            self.bytes = buffer;
        }
    }

    /// The memory, for another one.
    pub(crate) fn into_buffer(mut self) -> Vec<u8> {
        self.clear();
        self.bytes
    }

    /// Adds bytes that are messages already.
    pub fn add_encoded(&mut self, messages: &[u8]) {
        self.bytes.extend_from_slice(messages);
    }

    /// Whether everything is written.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.written == self.bytes.len() && self.blocks.is_empty()
    }

    /// How long a message may be.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// How many bytes are not written, without large blocks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() - self.written
    }

    /// Whether large blocks are not written.
    #[must_use]
    pub fn has_blocks(&self) -> bool {
        !self.blocks.is_empty()
    }

    /// How many bytes it has written, all in all.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// What is not written, if no large block is among it.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        self.blocks.is_empty().then(|| &self.bytes[self.written..])
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.blocks.clear();
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
        (self.written, self.block_written) = (0, 0);
    }

    /// Writes until all is written, or the other side takes no more. Returns how much was written.
    ///
    /// # Errors
    ///
    /// What the writer says, `WouldBlock` among it.
    pub fn write_to(&mut self, writer: &mut impl Write) -> io::Result<()> {
        while !self.is_empty() {
            let written = match self.write_some(writer) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.total += written as u64;
            self.advance(written);
        }
        self.clear();
        Ok(())
    }

    fn write_some(&self, writer: &mut impl Write) -> io::Result<usize> {
        if self.blocks.is_empty() {
            return writer.write(&self.bytes[self.written..]);
        }
        let mut slices = Vec::with_capacity(AT_ONCE);
        let (mut place, mut skip) = (self.written, self.block_written);
        for (before, block) in &self.blocks {
            if *before > place {
                slices.push(IoSlice::new(&self.bytes[place..*before]));
                place = *before;
            }
            slices.push(IoSlice::new(&block[std::mem::take(&mut skip)..]));
            if slices.len() + 2 > AT_ONCE {
                break;
            }
        }
        writer.write_vectored(&slices)
    }

    fn advance(&mut self, mut written: usize) {
        while let Some((before, block)) = self.blocks.front() {
            let bytes = (*before - self.written).min(written);
            self.written += bytes;
            written -= bytes;
            if self.written < *before {
                return;
            }
            let rest = block.len() - self.block_written;
            if written < rest {
                self.block_written += written;
                return;
            }
            written -= rest;
            self.block_written = 0;
            self.blocks.pop_front();
        }
        self.written += written;
    }
}

#[cfg(test)]
#[path = "frames_tests.rs"]
mod tests;
