//! The pieces as layers around a [tower] service (feature `tower`).
//!
//! Put them in the order of the crate's documentation: retries outside of the breaker, the breaker
//! outside of hedges.
//!
//! ```
//! use concurry_retry::tower::{BreakerLayer, RetryLayer};
//! use concurry_retry::{CircuitBreaker, RetryPolicy};
//! use std::time::Duration;
//! use tower_layer::Layer;
//!
//! # #[derive(Clone)] struct HttpClient;
//! let breaker = CircuitBreaker::builder("pricing").build()?;
//! let policy = RetryPolicy::exponential(Duration::from_millis(50));
//! let guarded = BreakerLayer::new(&breaker).layer(HttpClient);
//! let retried = RetryLayer::new(policy).layer(guarded);
//! # let _ = retried;
//! # Ok::<(), concurry_retry::BreakerConfigError>(())
//! ```
//!
//! [tower]: https://docs.rs/tower

mod breaker;
mod hedge;
mod retry;
#[cfg(test)]
mod tests;

use std::future::{Future, poll_fn};
use std::pin::Pin;

use tower_service::Service;

pub use breaker::{BreakerLayer, BreakerService};
pub use hedge::{HedgeLayer, HedgeService};
pub use retry::{RetryLayer, RetryService};

/// The future of a layered service.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Makes one call on a service of its own: waits until it is ready, then calls it.
async fn oneshot<S: Service<Request>, Request>(
    mut service: S,
    request: Request,
) -> Result<S::Response, S::Error> {
    poll_fn(|context| service.poll_ready(context)).await?;
    service.call(request).await
}

/// Takes the service that was polled ready, and leaves a clone that was not in its place.
fn take_ready<S: Clone>(service: &mut S) -> S {
    let clone = service.clone();
    std::mem::replace(service, clone)
}
