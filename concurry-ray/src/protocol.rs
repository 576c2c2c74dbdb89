//! The messages between this program and its gateway, the counterpart of those in `gateway.py`.
//!
//! `u32 length | u16 kind | u16 room | u64 link | body`, little-endian. Data is opaque bytes, everything
//! else is JSON. Nothing that comes from the gateway is trusted: lengths are bounded, unknown kinds refused.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Raised whenever anything here changes. The gateway is part of this crate, so that a mismatch
/// means that somebody replaced it.
pub(crate) const PROTOCOL: u32 = 3;
/// The length of a header.
pub(crate) const HEADER: usize = 16;
/// No message of the gateway is longer: what an exchange brings is cut into smaller ones.
const MOST: usize = 64 << 20;
/// How many exchanges of a link may be unanswered, as many as its actor has threads for.
pub(crate) const EXCHANGES: usize = 8;
/// Ray passes smaller values by themselves; larger ones go through the object store, which takes
/// longer.
pub(crate) const INLINE: usize = 96 << 10;
/// The most that one exchange carries.
pub(crate) const BULK: usize = 4 << 20;

/// What a message to the gateway is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Order {
    /// Join the cluster: [`Connect`].
    Connect = 1,
    /// Put a program into the cluster: [`Program`].
    Program = 2,
    /// Start a worker under the number of the link: [`Start`].
    Start = 3,
    /// Bytes for the worker, perhaps none.
    Data = 4,
    /// End the worker's process at once.
    Kill = 5,
    /// The link is over: end its actor.
    Release = 6,
    /// Tell what the cluster has: [`Resources`].
    Resources = 7,
    /// Keep a message in the object store: [`Keep`].
    Keep = 9,
    /// Bring messages that are kept before the next bytes of this link: [`Bring`].
    Bring = 10,
    /// A message is kept no longer: [`Forget`].
    Forget = 11,
    /// Bytes for the worker are in the room of the exchange; the body is their length.
    Filled = 12,
}

/// A message from the gateway.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    /// It has joined the cluster.
    Connected(Connected),
    /// It can't do something: for a link, or with the number zero for all of them.
    Refused(Refusal),
    /// The program is in the cluster.
    Stored(Stored),
    /// A worker runs.
    Started(Started),
    /// The exchange that had that room has ended. Perhaps it brought something.
    Returned { room: u16, body: Vec<u8> },
    /// A link is over, for a reason that its worker did not tell itself.
    Lost(Refusal),
    /// What the cluster has.
    Resources(Resources),
}

/// Join a cluster.
#[derive(Debug, Serialize)]
pub(crate) struct Connect<'o> {
    pub(crate) protocol: u32,
    pub(crate) address: &'o str,
    pub(crate) namespace: Option<&'o str>,
    /// What a local cluster is started with.
    pub(crate) local: BTreeMap<&'static str, serde_json::Value>,
}

/// A program: its executable and what goes with it.
#[derive(Debug, Serialize)]
pub(crate) struct Program {
    pub(crate) files: Vec<File>,
}

/// One file of a program.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct File {
    /// Where the gateway finds it.
    pub(crate) path: String,
    /// What it is called where the worker runs.
    pub(crate) name: String,
    pub(crate) executable: bool,
}

/// Start a worker.
#[derive(Debug, Serialize)]
pub(crate) struct Start<'o> {
    /// What the actor calls itself.
    pub(crate) title: String,
    /// The name of its class.
    pub(crate) class: &'o str,
    /// Its options, as Ray takes them.
    pub(crate) actor: serde_json::Map<String, serde_json::Value>,
    /// Tells it from others in Ray's own lists.
    pub(crate) labels: BTreeMap<&'static str, String>,
    /// The digest of the program.
    pub(crate) program: &'o str,
    pub(crate) arguments: &'o [String],
    pub(crate) environment: BTreeMap<&'o str, &'o str>,
    /// What the program runs on.
    pub(crate) machine: String,
    /// Whether what it prints comes back.
    pub(crate) logs: bool,
    /// What is in its socket before it is started, in hexadecimal digits.
    pub(crate) greeting: String,
    /// The length of the table in which it notes its calls.
    pub(crate) table: usize,
    /// The rooms of its exchanges.
    pub(crate) memory: Option<Memory>,
    /// The link whose actor it takes over if that is alive. Zero: none.
    pub(crate) instead_of: u64,
}

/// Memory that an actor can open on this machine: the rooms of a link, and behind them a mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Memory {
    pub(crate) path: String,
    /// In hexadecimal digits.
    pub(crate) mark: String,
}

/// Keep a message in the object store: for a value that many calls share.
#[derive(Debug, Serialize)]
pub(crate) struct Keep<'v> {
    pub(crate) number: u64,
    /// How the message begins, in hexadecimal digits.
    pub(crate) head: String,
    /// The file that has the rest of it.
    pub(crate) path: &'v Path,
}

/// Bring messages that are kept to a worker.
#[derive(Debug, Serialize)]
pub(crate) struct Bring<'v> {
    pub(crate) numbers: &'v [u64],
}

/// A message is kept no longer.
#[derive(Debug, Serialize)]
pub(crate) struct Forget {
    pub(crate) number: u64,
}

/// The gateway has joined a cluster.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Connected {
    pub(crate) protocol: u32,
    pub(crate) ray: String,
    pub(crate) python: String,
    pub(crate) address: String,
    pub(crate) nodes: usize,
}

/// Why the gateway, or the cluster, does not do something.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    pub(crate) text: String,
}

/// A program is in the cluster.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Stored {
    pub(crate) program: String,
}

/// A worker runs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Started {
    /// The process of the worker.
    pub(crate) process: u32,
    /// The process of its actor.
    pub(crate) host: u32,
    /// The node, by Ray's name for it.
    pub(crate) node: String,
    /// The actor, by Ray's name for it.
    pub(crate) actor: String,
    /// Whether the actor has the rooms of the link open.
    pub(crate) shares_memory: bool,
}

/// What a cluster has.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Resources {
    pub(crate) available: BTreeMap<String, f64>,
    /// In all, for each living node.
    pub(crate) nodes: Vec<BTreeMap<String, f64>>,
}

/// What an exchange brought from the worker.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Brought<'b> {
    /// Bytes that it wrote.
    Output(&'b [u8]),
    /// Something that it printed.
    Log(&'b [u8]),
    /// It has ended, and has left these notes about its calls.
    Ended(Ended, &'b [u8]),
    /// So many bytes that it wrote, in the room of the exchange.
    InRoom(usize),
}

/// How a worker's process ended.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Ended {
    /// As Python tells it: an exit code, or a signal with a minus sign.
    pub(crate) code: i32,
    /// The end of what it printed.
    pub(crate) log: String,
}

/// The header of a message to the gateway.
pub(crate) fn header(order: Order, link: u64, room: u16, length: usize) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..4].copy_from_slice(&(length as u32).to_le_bytes());
    header[4..6].copy_from_slice(&(order as u16).to_le_bytes());
    header[6..8].copy_from_slice(&room.to_le_bytes());
    header[8..].copy_from_slice(&link.to_le_bytes());
    header
}

/// Reads the next message, and the link that it is about. `None`: the gateway has ended.
pub(crate) fn read(source: &mut impl Read) -> io::Result<Option<(u64, Answer)>> {
    let mut header = [0; HEADER];
    if !read_whole(source, &mut header)? {
        return Ok(None);
    }
    let [l0, l1, l2, l3, k0, k1, r0, r1, n0, n1, n2, n3, n4, n5, n6, n7] = header;
    let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    let (kind, room) = (u16::from_le_bytes([k0, k1]), u16::from_le_bytes([r0, r1]));
    let link = u64::from_le_bytes([n0, n1, n2, n3, n4, n5, n6, n7]);
    if length > MOST {
        return Err(garbage(format!("a message of {length} bytes is above the bound of {MOST}")));
    }
    let mut body = vec![0; length];
    if !read_whole(source, &mut body)? {
        return Ok(None);
    }
    Ok(Some((link, parse(kind, room, body)?)))
}

fn parse(kind: u16, room: u16, body: Vec<u8>) -> io::Result<Answer> {
    Ok(match kind {
        65 => Answer::Connected(json(&body)?),
        66 => Answer::Refused(json(&body)?),
        67 => Answer::Stored(json(&body)?),
        68 => Answer::Started(json(&body)?),
        69 => Answer::Returned { room, body },
        70 => Answer::Lost(json(&body)?),
        71 => Answer::Resources(json(&body)?),
        _ => return Err(garbage(format!("there is no message of the kind {kind}"))),
    })
}

fn json<'b, T: Deserialize<'b>>(body: &'b [u8]) -> io::Result<T> {
    serde_json::from_slice(body).map_err(garbage)
}

/// What an exchange brought, with its number. `None`: nothing.
pub(crate) fn brought(body: &[u8]) -> io::Result<Option<(u64, Brought<'_>)>> {
    if body.is_empty() {
        return Ok(None);
    }
    let Some((number, [kind, rest @ ..])) = body.split_first_chunk::<8>() else {
        return Err(garbage("a return without a number"));
    };
    let brought = match kind {
        0 => Brought::Output(rest),
        1 => Brought::Log(rest),
        2 => {
            let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(|| garbage("cut off"))?;
            let (ended, notes) = rest
                .split_at_checked(u32::from_le_bytes(*length) as usize)
                .ok_or_else(|| garbage("cut off"))?;
            Brought::Ended(json(ended)?, notes)
        }
        3 => {
            let length = rest.try_into().map_err(|_| garbage("no length"))?;
            Brought::InRoom(u32::from_le_bytes(length) as usize)
        }
        _ => return Err(garbage(format!("there is no return of the kind {kind}"))),
    };
    Ok(Some((u64::from_le_bytes(*number), brought)))
}

/// What an exchange with that number returns, with place for so many bytes that its worker wrote.
pub(crate) fn output(number: u64, length: usize) -> Vec<u8> {
    // Memory that comes as zeros, and is not written to before it is used.
    let mut whole = vec![0; 9 + length];
    whole[..8].copy_from_slice(&number.to_le_bytes());
    whole
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// False: the stream ended before.
fn read_whole(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match source.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        // What ends a process ends its socket this way, too.
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(false),
        Err(error) => Err(error),
    }
}

pub(crate) fn garbage(what: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_string())
}

#[cfg(test)]
#[path = "protocol_tests.rs"]
mod tests;
