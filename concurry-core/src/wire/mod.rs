//! Calls as bytes: what a value becomes, how it is framed, and which workers a program has.
//!
//! `carry.rs` says what the macros find out about a type, `codec.rs` is the one place that knows the
//! format, `frame.rs` and `frames_in.rs` cut the stream of bytes into messages, `message.rs` has the
//! bodies of those that are no calls, `several.rs` has calls under one number, `registry.rs` finds a worker's code by its name. `share.rs`,
//! `leaving.rs` and `deliveries.rs` are about values that many calls share.

#[cfg(feature = "process")]
mod block;
mod carry;
#[cfg(feature = "process")]
pub(crate) mod codec;
#[cfg(feature = "process")]
pub(crate) mod deliveries;
#[cfg(feature = "process")]
mod doorbell;
#[cfg(feature = "process")]
mod frame;
#[cfg(feature = "process")]
mod frames_in;
#[cfg(feature = "process")]
mod frames_out;
#[cfg(feature = "process")]
pub(crate) mod leaving;
#[cfg(feature = "process")]
pub(crate) mod limits;
#[cfg(feature = "process")]
pub(crate) mod message;
#[cfg(feature = "process")]
mod number;
#[cfg(feature = "process")]
mod recorder;
#[cfg(feature = "process")]
mod registry;
#[cfg(feature = "process")]
pub(crate) mod several;
#[cfg(feature = "process")]
mod share;
#[cfg(not(feature = "process"))]
mod unregistered;

#[cfg(feature = "process")]
pub(crate) use carry::judged;
pub use carry::{Carry, CarryFailure, Decoder, Encoder, ErrorText, MethodWires};
#[cfg(feature = "process")]
pub use codec::Carried;
#[cfg(feature = "process")]
pub(crate) use doorbell::Written;
#[cfg(feature = "process")]
pub use frame::{Frame, FrameError, FrameHeader, HEADER, Kind, MAX_FRAME, Status};
#[cfg(feature = "process")]
pub use frames_in::{FrameReader, Source};
#[cfg(feature = "process")]
pub use frames_out::FrameWriter;
#[cfg(feature = "process")]
pub(crate) use number::{generation, number, slot};
#[cfg(feature = "process")]
pub use recorder::length_for as table_length;
#[cfg(feature = "process")]
pub(crate) use recorder::{FlightRecorder, Pace, anonymous_file};
#[cfg(feature = "process")]
pub use registry::{REGISTERED, Registration, WorkerKey, registered};
#[cfg(feature = "process")]
pub use share::{ShareError, Shared};
#[cfg(not(feature = "process"))]
pub use unregistered::Registration;
