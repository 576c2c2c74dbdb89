//! What a message looks like on its way: a header of 16 bytes, a body, and large blocks beside it.
//!
//! ```text
//! u32 length of the body | u8 kind | u8 attachments | u16 code | u64 call
//! body, at its end u64 for the length of each attachment
//! the attachments
//! ```
//!
//! Little-endian. `code` is the method of a call and the status of a result; `call` is the number of
//! the call, or whatever else the message is about.

use thiserror::Error;

use super::carry::Decoder;

/// The length of a header.
pub const HEADER: usize = 16;

/// The largest message unless an option says otherwise: a gibibyte.
pub const MAX_FRAME: usize = 1 << 30;

/// Makes an enum whose variants are numbers on their way, and the way back from a number.
macro_rules! numbered {
    (
        $(#[$about:meta])*
        pub enum $name:ident: $number:ident, $from:ident {
            $($(#[$what:meta])* $variant:ident = $value:literal,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr($number)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$what])* $variant = $value,)+
        }

        impl $name {
            pub(crate) const fn $from(number: $number) -> Option<Self> {
                Some(match number {
                    $($value => Self::$variant,)+
                    _ => return None,
                })
            }
        }
    };
}

numbered! {
    /// What a message is for.
    pub enum Kind: u8, from_byte {
        /// To a worker, first: who it is to be.
        Hello = 1,
        /// To a worker: a call. Its code is the method.
        Call = 2,
        /// To a worker: a call whose body begins with what its context tells.
        CallInContext = 3,
        /// To a worker: a running call is to stop.
        Cancel = 4,
        /// To a worker: no more calls come; it drops its state and ends.
        Finish = 5,
        /// To a worker: calls that run are to stop.
        Abort = 6,
        /// To a worker: the answer to a request about limits.
        LimitReply = 7,
        /// To a worker: answer by `Pong`.
        Ping = 8,
        /// To a worker without a shared table: give the call back if it has not begun.
        TakeBack = 9,
        /// To a worker: a value that calls will name. Its number is in the place of a call's.
        Shared = 10,
        /// To a worker: no call will name that value any more.
        Forget = 11,
        /// To a worker: the permits of that lease that it does not use are wanted back.
        Recall = 12,
        /// To a worker: several calls of one method, which it begins in their order. Its code is the
        /// method.
        Calls = 13,
        /// From a worker: its constructor has finished. Its code tells how.
        Built = 32,
        /// From a worker: the outcome of a call. Its code is a [`Status`].
        Result = 33,
        /// From a worker: a request about limits.
        LimitRequest = 34,
        /// From a worker: its state was built again, or can't be.
        Rebuilt = 35,
        /// From a worker: it is alive.
        Pong = 36,
        /// From a worker: the outcomes of some of several calls. Its code says which of them the first
        /// one is of.
        Results = 37,
    }
}

numbered! {
    /// How a call or a constructor ended in a worker.
    pub enum Status: u16, from_code {
        /// It gave the output in the body.
        Done = 0,
        /// It failed with the error in the body.
        Failed = 1,
        /// It failed with an error that can't be carried; what it says is in the body.
        FailedAsText = 2,
        /// It panicked.
        Panicked = 3,
        /// It was cancelled.
        Cancelled = 4,
        /// It was stopped.
        Stopped = 5,
        /// A value could not be carried.
        Uncarried = 6,
        /// The worker's state is gone and could not be built again.
        Unbuilt = 7,
        /// It was taken back before it had begun.
        TakenBack = 8,
    }
}

/// The first 16 bytes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// The length of the body, with the lengths of the attachments at its end.
    pub length: u32,
    /// What the message is for.
    pub kind: Kind,
    /// How many attachments follow the body.
    pub attachments: u8,
    /// The method of a call, the status of a result.
    pub code: u16,
    /// The number of the call.
    pub call: u64,
}

impl FrameHeader {
    /// As bytes.
    #[must_use]
    #[inline]
    pub fn to_bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..4].copy_from_slice(&self.length.to_le_bytes());
        bytes[4] = self.kind as u8;
        bytes[5] = self.attachments;
        bytes[6..8].copy_from_slice(&self.code.to_le_bytes());
        bytes[8..].copy_from_slice(&self.call.to_le_bytes());
        bytes
    }

    /// From bytes.
    ///
    /// # Errors
    ///
    /// A kind that there is not, or a table of attachments that does not fit the body.
    #[inline]
    pub fn from_bytes(bytes: [u8; HEADER]) -> Result<Self, FrameError> {
        let [l0, l1, l2, l3, kind, attachments, c0, c1, n0, n1, n2, n3, n4, n5, n6, n7] = bytes;
        let length = u32::from_le_bytes([l0, l1, l2, l3]);
        let known = Kind::from_byte(kind).ok_or(FrameError::UnknownKind { kind })?;
        if u32::from(attachments) * 8 > length {
            return Err(FrameError::Attachments { attachments, length });
        }
        Ok(Self {
            length,
            kind: known,
            attachments,
            code: u16::from_le_bytes([c0, c1]),
            call: u64::from_le_bytes([n0, n1, n2, n3, n4, n5, n6, n7]),
        })
    }
}

/// A message that is there as a whole.
#[derive(Debug)]
pub struct Frame<'b> {
    /// Its header.
    pub header: FrameHeader,
    /// Its body, without the table of attachments.
    pub body: &'b [u8],
    /// The blocks beside it.
    pub attachments: Vec<Vec<u8>>,
}

impl Frame<'_> {
    pub(crate) fn decoder(&mut self) -> Decoder<'_> {
        Decoder { body: self.body, attachments: &mut self.attachments }
    }
}

/// Why a stream of bytes is no stream of messages.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A message above the bound.
    #[error("a message of {length} bytes is above the bound of {most}: raise `max_message`")]
    TooLarge {
        /// Its length.
        length: u64,
        /// The bound.
        most: usize,
    },
    /// No message begins like this.
    #[error("a message of the unknown kind {kind}")]
    UnknownKind {
        /// The byte in the place of the kind.
        kind: u8,
    },
    /// The table of attachments is longer than the body that it is in.
    #[error("{attachments} attachments are named in a body of {length} bytes")]
    Attachments {
        /// How many.
        attachments: u8,
        /// The length of the body.
        length: u32,
    },
    /// The memory for it can't be had.
    #[error("there is no memory for a message of {length} bytes")]
    NoMemory {
        /// Its length.
        length: u64,
    },
}
