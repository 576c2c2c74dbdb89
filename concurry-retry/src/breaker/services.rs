//! The breakers of this process by the name of the service they guard.

use std::sync::OnceLock;

use crate::breaker::{CircuitBreaker, KeyedBreakers};

/// How many services are remembered; beyond that a closed breaker makes room.
const MAX_SERVICES: usize = 4096;

fn services() -> &'static KeyedBreakers<String> {
    static SERVICES: OnceLock<KeyedBreakers<String>> = OnceLock::new();
    SERVICES.get_or_init(|| {
        KeyedBreakers::from_checked(CircuitBreaker::builder("").max_keys(MAX_SERVICES))
    })
}

/// The breaker of a service, the same for everybody in this process: `#[resilient(service = …)]`
/// asks it. One with the default options is made when a name is first used;
/// [`CircuitBreaker::register`] puts another in its place.
///
/// ```
/// use concurry_retry::{BreakerState, CircuitBreaker, service};
///
/// CircuitBreaker::builder("pricing").failure_ratio(0.2).build()?.register();
/// service("pricing").isolate();
/// assert_eq!(service("pricing").state(), BreakerState::Isolated);
/// assert_eq!(service("shipping").state(), BreakerState::Closed);
/// # Ok::<(), concurry_retry::BreakerConfigError>(())
/// ```
#[must_use]
pub fn service(name: &str) -> CircuitBreaker {
    services().get_by(name, str::to_owned)
}

impl CircuitBreaker {
    /// Makes it the breaker of the [`service`] of its name. Calls that asked the one before finish
    /// with that.
    pub fn register(&self) {
        services().put(self.name().to_owned(), self.clone());
    }
}
