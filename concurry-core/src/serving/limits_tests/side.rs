//! A worker and the desk that answers it, with messages that come when the test says so.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::collections::VecDeque;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use concurry_limits::{Acquire, LimitSet, Limits, Permit, RateAlgorithm, RateLimit, ResourceLimit};
use concurry_time::FakeClock;
use rustix::net::RecvFlags;

use crate::remote::{CallTable, LimitDesk};
use crate::serving::inbox::Socket;
use crate::serving::limits::LimitClient;
use crate::serving::outbox::Outbox;
use crate::wire::limits::SetText;
use crate::wire::{Frame, FrameHeader, FrameReader, Kind};

pub(super) const SLOTS: u32 = 8;
pub(super) const TOKENS: u32 = 60;

pub(super) fn set(fake: &FakeClock) -> LimitSet {
    let tokens = RateLimit::per_second("tokens", TOKENS).algorithm(RateAlgorithm::SlidingWindow);
    let slots = ResourceLimit::new("slots", SLOTS);
    LimitSet::builder().with(slots).with(tokens).clock(fake.clock()).build().unwrap()
}

pub(super) fn free(set: &LimitSet) -> [f64; 2] {
    let limits = set.stats().limits;
    [limits[0].available, limits[1].available]
}

/// A worker and its desk, which hear each other only when they are told to.
pub(super) struct Side {
    client: Arc<LimitClient>,
    outbox: Arc<Outbox>,
    pub(super) limits: Limits,
    pub(super) desk: LimitDesk,
    socket: UnixStream,
    reader: FrameReader,
    up: VecDeque<(FrameHeader, Vec<u8>)>,
    down: VecDeque<(Kind, u64, Vec<u8>)>,
    pub(super) asked: Vec<(Acquire, u32)>,
    pub(super) held: Vec<(Permit<'static>, u32)>,
    /// How many messages it has sent, all in all.
    sent: usize,
}

impl Side {
    pub(super) fn new(set: &LimitSet, fake: &FakeClock) -> Self {
        let (channel, socket) = UnixStream::pair().unwrap();
        let outbox = Arc::new(Outbox::new(channel, None, usize::MAX));
        let client = LimitClient::new(&outbox, vec![SetText::from(set.describe())], None);
        let desk = LimitDesk::new(Limits::from(set), fake.clock(), Waker::noop().clone());
        let limits = client.limits();
        let (asked, held) = (Vec::new(), Vec::new());
        let (up, down) = (VecDeque::new(), VecDeque::new());
        let reader = FrameReader::new(usize::MAX);
        Self { client, outbox, limits, desk, socket, reader, up, down, asked, held, sent: 0 }
    }

    /// Begins to ask, and says whether that was enough. "both": for a slot and tokens.
    pub(super) fn ask(&mut self, key: &str, amount: u32) -> bool {
        let acquire = match key {
            "both" => self.limits.acquire([("tokens", amount)]),
            _ => self.limits.exact().acquire([(key, amount)]),
        };
        self.asked.push((acquire, amount));
        self.look(self.asked.len() - 1)
    }

    pub(super) fn look(&mut self, place: usize) -> bool {
        let acquire = Pin::new(&mut self.asked[place].0);
        let answer = acquire.poll(&mut Context::from_waker(Waker::noop()));
        self.listen();
        let Poll::Ready(permit) = answer else { return false };
        let (_, amount) = self.asked.swap_remove(place);
        self.held.push((permit.unwrap(), amount));
        true
    }

    /// Notes what the worker has sent.
    fn listen(&mut self) {
        let mut socket = Socket::new(&self.socket, RecvFlags::DONTWAIT);
        while self.reader.read_from(&mut socket).is_ok() {
            while let Some(frame) = self.reader.take().unwrap() {
                self.up.push_back((frame.header, frame.body.to_vec()));
                self.sent += 1;
            }
        }
    }

    pub(super) fn deliver_up(&mut self) -> bool {
        self.listen();
        let Some((header, body)) = self.up.pop_front() else { return false };
        let frame = Frame { header, body: &body, attachments: Vec::new() };
        let down = &mut self.down;
        let add = |kind, number, body| down.push_back((kind, number, body));
        self.desk.handle(&frame, &CallTable::new(), add);
        true
    }

    pub(super) fn poll_desk(&mut self) {
        let down = &mut self.down;
        self.desk.poll(|kind, number, body| down.push_back((kind, number, body)));
    }

    pub(super) fn deliver_down(&mut self) -> bool {
        let Some((kind, number, body)) = self.down.pop_front() else { return false };
        match kind {
            Kind::Recall => self.client.recalled(number),
            _ => self.client.answered(number, &body),
        }
        self.listen();
        true
    }

    /// Everything that is on its way comes.
    pub(super) fn settle(&mut self) {
        loop {
            self.poll_desk();
            let mut goes_on = self.deliver_up() | self.deliver_down();
            for place in (0..self.asked.len()).rev() {
                goes_on |= self.look(place);
            }
            if !goes_on {
                return;
            }
        }
    }

    pub(super) fn drop_all(&mut self) {
        self.held.clear();
        self.listen();
    }

    /// Takes a permit and drops it. How many messages that took.
    pub(super) fn take_and_drop(&mut self, key: &str, amount: u32) -> usize {
        let before = self.sent;
        self.ask(key, amount);
        self.settle();
        assert_eq!(self.held.len(), 1, "it has got one");
        self.drop_all();
        self.settle();
        self.sent - before
    }

    /// From the second time on, something is lent.
    pub(super) fn take_and_drop_twice(&mut self, key: &str, amount: u32) {
        self.take_and_drop(key, amount);
        self.take_and_drop(key, amount);
    }

    pub(super) fn end_leases(&mut self) {
        self.client.end_leases();
        self.outbox.flush();
        self.listen();
    }
}
