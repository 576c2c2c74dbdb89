//! The exchanges of a link that are under way, and the memory through which large bytes go past the
//! cluster.
//!
//! Each exchange has a room while it is under way. If the worker is on this machine, rooms are places
//! in a memory file that its actor has open as well: bytes for the worker are put there before the
//! exchange begins, and what it brings is there when it has ended. Nobody else writes there meanwhile,
//! and the file goes when the link does, or with this process. What is in it is copied out before it
//! is looked at.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::protocol::{BULK, Brought, EXCHANGES, INLINE, Memory, brought, garbage, output};

/// The exchanges of one link.
#[derive(Debug, Default)]
pub(crate) struct Exchanges {
    /// A bit for each room.
    under_way: u32,
    rooms: Option<Rooms>,
    /// Whether the actor has the rooms open.
    shared: bool,
}

#[derive(Debug)]
struct Rooms {
    file: File,
    memory: Memory,
}

impl Exchanges {
    /// None yet. The mark tells the memory from what has the same name on another machine.
    pub(crate) fn new(mark: &[u8]) -> Self {
        // Without memory, everything goes through the cluster.
        Self { under_way: 0, rooms: Rooms::new(mark).ok(), shared: false }
    }

    /// Where the actor finds the rooms.
    pub(crate) fn memory(&self) -> Option<Memory> {
        self.rooms.as_ref().map(|rooms| rooms.memory.clone())
    }

    /// The actor has the rooms open, or it is on another machine.
    pub(crate) fn opened(&mut self, shared: bool) {
        self.shared = shared;
        if !shared {
            self.rooms = None;
        }
    }

    /// How many are under way.
    pub(crate) fn count(&self) -> usize {
        self.under_way.count_ones() as usize
    }

    /// Begins one, in the first room that is free: the memory of the others stays untouched.
    pub(crate) fn begin(&mut self) -> Option<u16> {
        let room = self.under_way.trailing_ones();
        if room as usize >= EXCHANGES {
            return None;
        }
        self.under_way |= 1 << room;
        u16::try_from(room).ok()
    }

    /// Puts bytes into a room. False: they have to go through the cluster.
    pub(crate) fn put(&self, room: u16, bytes: &[u8]) -> bool {
        match &self.rooms {
            Some(rooms) if self.shared && (INLINE..=BULK).contains(&bytes.len()) => {
                rooms.file.write_all_at(bytes, start_of(room)).is_ok()
            }
            _ => false,
        }
    }

    /// One has ended, and brought this. Returns it with what it left in its room.
    ///
    /// # Errors
    ///
    /// It was not under way, or can't have left what it says.
    pub(crate) fn end(&mut self, room: u16, body: Vec<u8>) -> io::Result<Vec<u8>> {
        let bit = 1_u32.checked_shl(u32::from(room)).unwrap_or_default();
        if self.under_way & bit == 0 {
            return Err(garbage(format!("no exchange is under way in room {room}")));
        }
        self.under_way &= !bit;
        let Some((number, Brought::InRoom(length))) = brought(&body)? else { return Ok(body) };
        match &self.rooms {
            Some(rooms) if self.shared && length <= BULK => {
                let mut whole = output(number, length);
                let place = whole.len() - length;
                rooms.file.read_exact_at(&mut whole[place..], start_of(room))?;
                Ok(whole)
            }
            _ => Err(garbage(format!("there are no {length} bytes in room {room}"))),
        }
    }
}

fn start_of(room: u16) -> u64 {
    u64::from(room) * BULK as u64
}

impl Rooms {
    #[cfg(target_os = "linux")]
    fn new(mark: &[u8]) -> io::Result<Self> {
        use std::os::fd::AsRawFd;

        let flags = rustix::fs::MemfdFlags::CLOEXEC;
        let file = File::from(rustix::fs::memfd_create("concurry-rooms", flags)?);
        // Takes no memory until it is written to.
        file.write_all_at(mark, (EXCHANGES * BULK) as u64)?;
        let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
        Ok(Self { file, memory: Memory { path, mark: crate::protocol::hex(mark) } })
    }

    #[cfg(not(target_os = "linux"))]
    fn new(_: &[u8]) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_room(number: u64, length: u32) -> Vec<u8> {
        [&number.to_le_bytes()[..], &[3], &length.to_le_bytes()].concat()
    }

    #[test]
    fn rooms_are_used_again_and_no_two_exchanges_share_one() {
        let mut exchanges = Exchanges::new(b"mark");
        let rooms: Vec<_> = std::iter::from_fn(|| exchanges.begin()).collect();
        assert_eq!(rooms, (0..EXCHANGES as u16).collect::<Vec<_>>());
        assert_eq!(exchanges.end(3, b"12345678\0x".to_vec()).unwrap(), b"12345678\0x");
        assert_eq!((exchanges.count(), exchanges.begin()), (EXCHANGES - 1, Some(3)));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_large_goes_through_a_room_once_the_actor_has_it_open() {
        let mut exchanges = Exchanges::new(b"mark");
        let large = vec![7; INLINE];
        let room = exchanges.begin().unwrap();
        assert!(!exchanges.put(room, &large), "the actor may be anywhere");
        exchanges.opened(true);
        assert!(exchanges.put(room, &large) && !exchanges.put(room, b"small"));
        let other = File::open(exchanges.memory().unwrap().path).unwrap();
        let mut seen = vec![0; INLINE];
        other.read_exact_at(&mut seen, start_of(room)).unwrap();
        assert_eq!(seen, large);
        let returned = exchanges.end(room, in_room(5, INLINE as u32)).unwrap();
        assert_eq!(brought(&returned).unwrap(), Some((5, Brought::Output(&large))));
    }

    #[test]
    fn what_no_room_can_have_is_refused() {
        let mut exchanges = Exchanges::new(b"mark");
        assert!(exchanges.end(0, Vec::new()).is_err(), "not under way");
        assert!(exchanges.end(999, Vec::new()).is_err(), "no room");
        let room = exchanges.begin().unwrap();
        assert!(exchanges.end(room, in_room(0, 1)).is_err(), "it is not open");
        exchanges.opened(true);
        let room = exchanges.begin().unwrap();
        assert!(exchanges.end(room, in_room(0, BULK as u32 + 1)).is_err(), "too long");
        exchanges.opened(false);
        let room = exchanges.begin().unwrap();
        assert!(!exchanges.put(room, &[0; INLINE]), "on another machine");
        assert!(exchanges.end(room, in_room(0, 1)).is_err());
    }
}
