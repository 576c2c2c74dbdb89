//! Permits as a worker has them: each tells the pool's process what becomes of it.

use std::sync::Arc;

use concurry_limits::remote::RemotePermit;

use super::limits::LimitClient;
use crate::wire::limits::LimitRequest;

/// A permit that the pool's process holds.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) client: Arc<LimitClient>,
    pub(super) number: u64,
}

impl RemotePermit for Granted {
    fn update(&self, used: Vec<(String, f64)>) {
        self.client.send(self.number, &LimitRequest::Update { used });
    }

    fn refund(&self) {
        self.client.send(self.number, &LimitRequest::Refund);
    }
}

impl Drop for Granted {
    fn drop(&mut self) {
        self.client.send(self.number, &LimitRequest::Release);
    }
}

/// A permit that was given out here.
#[derive(Debug)]
pub(super) struct OfLease {
    pub(super) client: Arc<LimitClient>,
    pub(super) lease: u64,
    pub(super) number: u64,
}

impl OfLease {
    fn settle(&self, message: &LimitRequest) {
        self.client.tell(|leases, mut told| {
            leases.settled(self.lease, self.number, message, &mut told);
        });
    }
}

impl RemotePermit for OfLease {
    fn update(&self, used: Vec<(String, f64)>) {
        self.settle(&LimitRequest::Update { used });
    }

    fn refund(&self) {
        self.settle(&LimitRequest::Refund);
    }
}

impl Drop for OfLease {
    fn drop(&mut self) {
        let Self { client, lease, number } = self;
        client.tell(|leases, mut told| leases.dropped(*lease, *number, &mut told));
    }
}

/// The permit that the pool took for a call, and gives back itself.
#[derive(Debug)]
pub(super) struct ForCall {
    pub(super) client: Arc<LimitClient>,
    pub(super) call: u64,
}

impl RemotePermit for ForCall {
    fn update(&self, used: Vec<(String, f64)>) {
        self.client.send(self.call, &LimitRequest::UpdateOfCall { used });
    }

    fn refund(&self) {
        self.client.send(self.call, &LimitRequest::RefundOfCall);
    }
}
