//! One worker of a pool: its link to the cluster, its calls, and in which part of its life it is.

use std::collections::{HashSet, VecDeque};
use std::pin::Pin;
use std::time::Instant;

use concurry_core::remote::{CallTable, LimitDesk, RemotePool, Restarts, TakenCall};
use concurry_core::wire::{FrameHeader, FrameReader, FrameWriter, Kind, MAX_FRAME};

use crate::cluster::Gateway;
use crate::exchanges::Exchanges;
use crate::log_lines::LogLines;
use crate::protocol::{BULK, Bring, INLINE, Order, Started};
use crate::returns::Returns;
use crate::window::Window;

/// So many exchanges of a link may be unanswered for it to get calls: those that wait for output, and
/// a few on their way. With more, calls would leave in smaller packs and no sooner.
const PACKS: usize = 5;

/// Wakes the thread when a time has come.
pub(crate) type Timer = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A worker of a pool.
pub(crate) struct Worker {
    pub(crate) index: usize,
    pub(crate) stage: Stage,
    /// The number of its link. Zero: none yet.
    pub(crate) link: u64,
    /// What it had, when it ended, that is still there: the link whose actor can take the next one.
    pub(crate) actor_of: u64,
    pub(crate) started: Option<Started>,
    pub(crate) table: CallTable,
    pub(crate) reader: FrameReader,
    pub(crate) returns: Returns,
    pub(crate) window: Window,
    pub(crate) restarts: Restarts,
    pub(crate) deaths: u32,
    /// Whether its constructor has ever finished.
    pub(crate) was_built: bool,
    /// When it was last heard.
    pub(crate) heard: Instant,
    /// When it is asked for what it has and for a sign of life, if nothing comes before.
    pub(crate) ask: Instant,
    /// When it is ended, unless a call that is to end has ended by then.
    pub(crate) overdue: Option<(u64, Instant)>,
    pub(crate) alone: Alone,
    /// Answers what its methods ask of the pool's limits. Dropped, it gives back what they hold.
    pub(crate) desk: LimitDesk,
    /// For one message at a time.
    pub(crate) scratch: FrameWriter<'static>,
    pub(crate) log: LogLines,
    pub(super) exchanges: Exchanges,
    /// What is to be sent.
    waiting: VecDeque<Piece>,
    /// The shared values that its process has.
    pub(super) values: HashSet<u64>,
}

/// What one exchange brings down.
#[derive(Default)]
struct Piece {
    /// Shared values that the process gets before the bytes.
    values: Vec<u64>,
    bytes: Vec<u8>,
}

/// Where calls overlap, those that have the worker for themselves: they are sent when no other is
/// there, so that none waits for them at a worker while another one is free.
#[derive(Debug, Default)]
pub(crate) struct Alone {
    /// The call that waits until the worker has no other.
    pub(crate) waiting: Option<TakenCall>,
    /// Such a call runs, while the table has one.
    pub(crate) runs: bool,
}

/// In which part of its life a worker is.
pub(crate) enum Stage {
    /// There is no gateway to start it.
    Absent,
    /// The cluster was asked for it.
    Starting {
        /// When.
        since: Instant,
        /// Whether it was asked why that takes so long.
        asked: bool,
    },
    /// Its process runs its constructor.
    Building,
    /// It takes calls.
    Ready,
    /// It was told that no more calls come.
    Finishing,
    /// It died, and is started again after a wait.
    Waiting(Timer),
    /// It is no more.
    Ended,
}

impl Worker {
    pub(crate) fn new(
        index: usize,
        pool: &RemotePool,
        overlapping: usize,
        desk: LimitDesk,
        now: Instant,
    ) -> Self {
        Self {
            index,
            stage: Stage::Absent,
            link: 0,
            actor_of: 0,
            started: None,
            table: CallTable::new(),
            reader: FrameReader::new(MAX_FRAME),
            returns: Returns::default(),
            window: Window::new(overlapping, now),
            restarts: pool.restarts(),
            deaths: 0,
            was_built: false,
            heard: now,
            ask: now,
            overdue: None,
            alone: Alone::default(),
            desk,
            scratch: FrameWriter::new(MAX_FRAME),
            log: LogLines::new(String::new()),
            exchanges: Exchanges::default(),
            waiting: VecDeque::new(),
            values: HashSet::new(),
        }
    }

    /// A new process is asked for, under that link.
    pub(crate) fn restart(&mut self, link: u64, mark: &[u8], overlapping: usize, now: Instant) {
        self.stage = Stage::Starting { since: now, asked: false };
        self.link = link;
        self.reader = FrameReader::new(MAX_FRAME);
        self.returns = Returns::default();
        self.window = Window::new(overlapping, now);
        self.exchanges = Exchanges::new(mark);
        self.waiting.clear();
        self.values.clear();
        self.overdue = None;
        self.alone.runs = false;
        self.heard = now;
    }

    /// Whether there is a process, or soon will be.
    pub(crate) fn is_alive(&self) -> bool {
        matches!(
            self.stage,
            Stage::Starting { .. } | Stage::Building | Stage::Ready | Stage::Finishing
        )
    }

    /// How many calls it may get now.
    pub(crate) fn room(&self) -> usize {
        let busy_alone = self.alone.runs || self.alone.waiting.is_some();
        let free = matches!(self.stage, Stage::Ready)
            && self.waiting.is_empty()
            && self.exchanges.count() < PACKS
            && (self.table.is_empty() || !busy_alone);
        if free { self.window.room(self.table.len()) } else { 0 }
    }

    /// Sends bytes, as soon as exchanges are free.
    pub(crate) fn send(&mut self, gateway: &Gateway, bytes: Vec<u8>) {
        self.send_with(gateway, bytes, Vec::new());
    }

    /// Sends messages that name these shared values.
    pub(crate) fn send_with(&mut self, gateway: &Gateway, mut bytes: Vec<u8>, values: Vec<u64>) {
        match self.waiting.back_mut() {
            // The piece may be the end of a long message, before which no value can come.
            Some(last) if values.is_empty() && last.bytes.len() + bytes.len() < INLINE => {
                last.bytes.append(&mut bytes);
            }
            _ if bytes.len() <= BULK => self.waiting.push_back(Piece { values, bytes }),
            _ => {
                let chunks = bytes.chunks(BULK).map(<[u8]>::to_vec);
                let mut values = values;
                // All values go with the first one.
                self.waiting.extend(
                    chunks.map(|bytes| Piece { values: std::mem::take(&mut values), bytes }),
                );
            }
        }
        self.exchange(gateway);
    }

    /// Sends a message without a body.
    pub(crate) fn tell(&mut self, gateway: &Gateway, kind: Kind, call: u64) {
        self.tell_all(gateway, [(kind, call, Vec::new())]);
    }

    /// Sends messages with their bodies, in one piece.
    pub(crate) fn tell_all(
        &mut self,
        gateway: &Gateway,
        messages: impl IntoIterator<Item = (Kind, u64, Vec<u8>)>,
    ) {
        let mut bytes = Vec::new();
        for (kind, call, body) in messages {
            let length = body.len() as u32;
            let header = FrameHeader { length, kind, attachments: 0, code: 0, call };
            bytes.extend_from_slice(&header.to_bytes());
            bytes.extend_from_slice(&body);
        }
        if !bytes.is_empty() {
            self.send(gateway, bytes);
        }
    }

    /// Has as many exchanges under way as there is something to send, and at least one: without it,
    /// nothing could come back. A return that is late is one of them, and its coming goes on here.
    pub(super) fn exchange(&mut self, gateway: &Gateway) {
        if self.returns.are_held_up() {
            return;
        }
        // A second one takes over at once when the first returns with something.
        let wanted = if self.table.is_empty() { 1 } else { 2 };
        while !self.waiting.is_empty() || self.exchanges.count() < wanted {
            let Some(room) = self.exchanges.begin() else { return };
            let Piece { values, bytes } = self.waiting.pop_front().unwrap_or_default();
            if !values.is_empty() {
                gateway.tell(Order::Bring, self.link, &Bring { numbers: &values });
            }
            if self.exchanges.put(room, &bytes) {
                let length = (bytes.len() as u32).to_le_bytes();
                gateway.send_in(room, Order::Filled, self.link, &length);
            } else {
                gateway.send_in(room, Order::Data, self.link, &bytes);
            }
        }
    }
}
