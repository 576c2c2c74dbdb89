//! Shared values: put into the cluster once, brought to each worker once, and freed when they are gone.

use std::sync::Arc;
use std::task::{Wake, Waker};

use concurry_core::remote::SharedValue;
use concurry_core::wire::Kind;

use super::Pump;
use crate::cluster::{Letter, Mailbox};
use crate::protocol::{Forget, Keep, Order, hex};

/// Leaves a letter when a value is gone.
struct Gone {
    number: u64,
    mailbox: Arc<Mailbox>,
}

impl Wake for Gone {
    fn wake(self: Arc<Self>) {
        self.mailbox.post(Letter::ValueGone { number: self.number });
    }
}

impl Pump {
    /// The numbers of those values that a worker does not have and is to get now. They are in the
    /// cluster then.
    pub(super) fn values_to_bring(&mut self, index: usize, values: &[SharedValue]) -> Vec<u64> {
        let Some(gateway) = &self.gateway else { return Vec::new() };
        let mut missing = Vec::new();
        for value in values {
            let number = value.number();
            if self.values.insert(number) {
                let head = hex(&value.head());
                let keep = Keep { number, head, path: value.path() };
                gateway.tell(Order::Keep, self.desk, &keep);
                let mailbox = Arc::clone(&self.mailbox);
                value.watch(Waker::from(Arc::new(Gone { number, mailbox })));
            }
            if self.workers[index].values.insert(number) {
                missing.push(number);
            }
        }
        missing
    }

    /// No call has that value any more, and none can name it again.
    pub(super) fn value_gone(&mut self, number: u64) {
        let Some(gateway) = self.gateway.clone() else { return };
        if self.values.remove(&number) {
            gateway.tell(Order::Forget, self.desk, &Forget { number });
        }
        for worker in &mut self.workers {
            if worker.values.remove(&number) && worker.is_alive() {
                worker.tell(&gateway, Kind::Forget, number);
            }
        }
    }
}
