//! Permits that the pool has lent to this worker: it gives them out by itself.
//!
//! All that is told to the pool is sent in the order in which it happens here, under one lock. So the
//! pool never hears of a permit that it does not know, nor of one of a lease that is over.

use concurry_limits::remote::RemoteRequest;

use crate::wire::limits::{AfterUseText, GrantText, LeaseText, LimitRequest};

/// The leases of this worker. There is one for the same request at a time.
#[derive(Debug, Default)]
pub(super) struct Leases {
    open: Vec<Lease>,
    /// The request whose answer comes on a channel of its own, and whether it was recalled before: that
    /// comes on another one.
    direct: Option<(u64, bool)>,
}

/// Permits, equal among each other.
#[derive(Debug)]
struct Lease {
    number: u64,
    scope: u8,
    /// What was asked for.
    amounts: Vec<(String, f64)>,
    grant: GrantText,
    after_use: AfterUseText,
    /// Not in use.
    unused: u32,
    /// In use, of which nothing was told: their numbers.
    begun: Vec<u64>,
}

/// A permit of a lease.
#[derive(Debug)]
pub(super) struct Lent {
    pub(super) grant: GrantText,
    /// The number of its lease.
    pub(super) lease: u64,
}

impl Leases {
    /// Takes a permit, which is number `permit`, from what is there.
    pub(super) fn take(&mut self, request: &RemoteRequest, permit: u64) -> Option<Lent> {
        let lease = self.open.iter_mut().find(|lease| lease.is_for(request))?;
        lease.unused = lease.unused.checked_sub(1)?;
        lease.begun.push(permit);
        Some(Lent { grant: lease.grant.clone(), lease: lease.number })
    }

    /// The pool is about to be asked for what is not here. If it is not to wait for long, nobody may
    /// stand in its way: neither may what lies here unused.
    pub(super) fn ask(
        &mut self,
        request: &RemoteRequest,
        waits: bool,
        told: &mut impl FnMut(u64, &LimitRequest),
    ) {
        for lease in self.open.extract_if(.., |lease| !waits || lease.is_for(request)) {
            lease.end(told);
        }
    }

    /// An answer is awaited that overtakes recalls, and that they overtake.
    pub(super) fn await_directly(&mut self, number: u64) {
        self.direct = Some((number, false));
    }

    /// That answer is here. Whether what it lends was recalled before.
    pub(super) fn was_recalled(&mut self, number: u64) -> bool {
        self.direct.take() == Some((number, true))
    }

    /// The pool has lent permits. The first of them, number `permit`, is in use.
    pub(super) fn open(
        &mut self,
        number: u64,
        request: RemoteRequest,
        (grant, text): (GrantText, LeaseText),
        permit: u64,
    ) {
        let RemoteRequest { scope, amounts, .. } = request;
        let LeaseText { count, after_use } = text;
        let (unused, begun) = (count.saturating_sub(1), vec![permit]);
        self.open.push(Lease { number, scope, amounts, grant, after_use, unused, begun });
    }

    /// A permit of a lease is dropped.
    pub(super) fn dropped(
        &mut self,
        lease: u64,
        permit: u64,
        told: &mut impl FnMut(u64, &LimitRequest),
    ) {
        let Some(lease) = self.find(lease, permit) else {
            return told(permit, &LimitRequest::Release);
        };
        match lease.after_use {
            AfterUseText::Again => lease.unused += 1,
            // What is neither unused nor in use was used.
            AfterUseText::Spent => {}
            AfterUseText::GivenBack => {
                told(permit, &LimitRequest::Begin { lease: lease.number });
                told(permit, &LimitRequest::Release);
            }
        }
    }

    /// There is something to tell of a permit.
    pub(super) fn settled(
        &mut self,
        lease: u64,
        permit: u64,
        message: &LimitRequest,
        told: &mut impl FnMut(u64, &LimitRequest),
    ) {
        if self.find(lease, permit).is_some() {
            told(permit, &LimitRequest::Begin { lease });
        }
        told(permit, message);
    }

    /// The lease of a permit of which nothing was told, where it counts no more.
    fn find(&mut self, lease: u64, permit: u64) -> Option<&mut Lease> {
        let lease = self.open.iter_mut().find(|open| open.number == lease)?;
        let place = lease.begun.iter().position(|known| *known == permit)?;
        lease.begun.swap_remove(place);
        Some(lease)
    }

    /// The pool wants a lease back.
    pub(super) fn recalled(&mut self, number: u64, told: &mut impl FnMut(u64, &LimitRequest)) {
        if let Some(place) = self.open.iter().position(|lease| lease.number == number) {
            self.open.swap_remove(place).end(told);
        } else if let Some((awaited, recalled)) = &mut self.direct {
            *recalled |= *awaited == number;
        }
    }

    /// Whether something is lent.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Ends all leases.
    pub(super) fn end(&mut self, told: &mut impl FnMut(u64, &LimitRequest)) {
        self.open.drain(..).for_each(|lease| lease.end(told));
    }
}

impl Lease {
    fn is_for(&self, request: &RemoteRequest) -> bool {
        self.scope == request.scope && self.amounts == request.amounts
    }

    fn end(self, told: &mut impl FnMut(u64, &LimitRequest)) {
        let Self { number, unused, begun, .. } = self;
        told(number, &LimitRequest::EndLease { unused, begun });
    }
}
