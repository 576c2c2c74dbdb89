//! A connection to a cluster that outlives single pools.

use std::sync::Arc;

use crate::cluster::Gateway;
use crate::error::RayError;
use crate::options::RayOptions;

/// A connection to a cluster, kept while this value lives.
///
/// Pools connect by themselves, and share a connection while they live. Keep one for pools that come
/// and go: joining a cluster takes about a second.
///
/// # Example
///
/// ```no_run
/// use concurry_ray::{RayConnection, RayOptions};
///
/// let options = RayOptions::new().address("10.0.0.1:6379");
/// let cluster = RayConnection::open(&options)?;
/// println!("{} nodes run Ray {}", cluster.nodes(), cluster.version());
/// # Ok::<(), concurry_ray::RayError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RayConnection {
    gateway: Arc<Gateway>,
}

impl RayConnection {
    /// Joins the cluster that the options name. Pools with the same address, namespace and Python
    /// share this connection.
    ///
    /// # Errors
    ///
    /// Why that can't be, with the remedy: no Python, no Ray, no cluster at the address.
    pub fn open(options: &RayOptions) -> Result<Self, RayError> {
        options.check().map_err(|text| RayError::Refused { text })?;
        Gateway::to(&options.cluster).map(|gateway| Self { gateway })
    }

    /// The version of Ray.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.gateway.connected.ray
    }

    /// The version of the gateway's Python, which has to be that of the cluster but for the last part.
    #[must_use]
    pub fn python_version(&self) -> &str {
        &self.gateway.connected.python
    }

    /// Where the cluster was found.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.gateway.connected.address
    }

    /// How many nodes it had when it was joined.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.gateway.connected.nodes
    }
}
