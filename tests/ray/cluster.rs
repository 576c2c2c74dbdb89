//! The cluster of the tests.

use std::sync::{Mutex, MutexGuard, PoisonError};

use concurry::prelude::*;
use concurry::ray::RayConnection;
use concurry_testkit::RayCluster;

/// Of pools that say nothing of Ray.
static KEPT: Mutex<Option<RayConnection>> = Mutex::new(None);
static CLUSTER: Mutex<Option<(RayCluster, Option<RayConnection>)>> = Mutex::new(None);

fn lock() -> MutexGuard<'static, Option<(RayCluster, Option<RayConnection>)>> {
    CLUSTER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps the cluster for the tests, or says why there is none.
pub(crate) fn start(cluster: Result<RayCluster, String>) -> Option<String> {
    match cluster {
        Ok(cluster) => {
            let known = [
                ("RAY_ADDRESS", cluster.address().into()),
                ("CONCURRY_RAY_PYTHON", cluster.python()),
                // How long its head may be away, in seconds: one test waits for that.
                ("RAY_gcs_rpc_server_reconnect_timeout_s", "3".into()),
            ];
            for (name, value) in known {
                // SAFETY: `main` calls this before there is a second thread.
                unsafe { std::env::set_var(name, value) };
            }
            *lock() = Some((cluster, None));
            None
        }
        Err(why) => Some(why),
    }
}

/// Ends it.
pub(crate) fn stop() {
    *lock() = None;
}

/// Keeps the connection of pools that say nothing of Ray: they find the cluster by themselves.
pub(crate) fn keep_default_connection() {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.is_none() {
        *kept = Some(RayConnection::open(&RayOptions::new()).unwrap());
    }
}

/// Does something to the cluster itself.
pub(crate) fn with<R>(work: impl FnOnce(&mut RayCluster) -> R) -> R {
    work(&mut lock().as_mut().expect("tests run while there is a cluster").0)
}

/// Ends the connection that is kept, with the last pool that uses it.
pub(crate) fn forget_connection() {
    *KEPT.lock().unwrap_or_else(PoisonError::into_inner) = None;
    if let Some((_, connection)) = &mut *lock() {
        *connection = None;
    }
}

/// How pools reach it that are to have a connection of their own.
pub(crate) fn options_without_connection() -> RayOptions {
    with(|cluster| RayOptions::new().address(cluster.address()).python(cluster.python()))
        .num_cpus(0.01)
}

/// How pools reach it. The connection is kept, so that not every test has to join.
pub(crate) fn options() -> RayOptions {
    let mut known = lock();
    let (cluster, connection) = known.as_mut().expect("tests run while there is a cluster");
    let options = RayOptions::new().address(cluster.address()).python(cluster.python());
    if connection.is_none() {
        *connection = Some(RayConnection::open(&options).unwrap());
    }
    options.num_cpus(0.01)
}
