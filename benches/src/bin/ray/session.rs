//! The cluster of the bench, and the connection that its pools share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use concurry::ray::{RayConnection, RayOptions};
use concurry_testkit::RayCluster;

use super::python::Peer;

static SESSION: Mutex<Option<Session>> = Mutex::new(None);

/// What lives as long as the bench.
pub(super) struct Session {
    pub(super) peer: Peer,
    _connection: RayConnection,
    cluster: RayCluster,
}

impl Session {
    /// How pools reach the cluster, by the connection that is kept.
    pub(super) fn options(&self) -> RayOptions {
        let address = self.cluster.address();
        RayOptions::new().address(address).python(self.cluster.python()).num_cpus(0.01)
    }

    /// The Python that has Ray, and the address of the cluster.
    pub(super) fn place(&self) -> (std::path::PathBuf, String) {
        (self.cluster.python(), self.cluster.address().to_owned())
    }
}

fn lock() -> MutexGuard<'static, Option<Session>> {
    SESSION.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Uses the session, which begins with its first use.
pub(super) fn with<R>(work: impl FnOnce(&mut Session) -> R) -> R {
    work(lock().get_or_insert_with(|| {
        let cluster = RayCluster::start().unwrap_or_else(|why| panic!("no Ray cluster: {why}"));
        let options = RayOptions::new().address(cluster.address()).python(cluster.python());
        let connection = RayConnection::open(&options).expect("the cluster is there");
        let peer = Peer::start(&cluster.python(), cluster.address());
        Session { peer, _connection: connection, cluster }
    }))
}

/// Ends the cluster.
pub(super) fn end() {
    *lock() = None;
}
