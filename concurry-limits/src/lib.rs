//! Rate, call and resource limits: exact, fair, atomic over any number of keys.
//!
//! ```
//! use concurry_limits::{CallLimit, LimitSet, RateAlgorithm, RateLimit, ResourceLimit};
//!
//! let limits = LimitSet::builder()
//!     .with(CallLimit::per_minute(500))
//!     .with(RateLimit::per_minute("tokens", 50_000).algorithm(RateAlgorithm::TokenBucket))
//!     .with(ResourceLimit::new("connections", 5))
//!     .build()?;
//! let mut permit = limits.acquire([("tokens", 2_000)]).wait()?; // or `.await`
//! // … call the service …
//! permit.update([("tokens", 1_234)])?; // the rest comes back
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`LimitSet`]: limits that are acquired together or not at all, and shared by cloning.
//! - [`RateLimit`], [`CallLimit`], [`ResourceLimit`]: what a set is built of; [`algorithm`] says
//!   which rule to choose.
//! - [`Permit`]: what was taken; settles what was really used.
//! - [`LimitPool`]: several sets, one for each account or region. [`Limits`]: a set or a pool.
//! - [`KeyedLimits`]: one budget for each user or tenant. [`AdaptiveLimit`]: a capacity that finds
//!   its own value. [`UsageEstimates`]: what to reserve.
//! - [`store`]: where the state lives.

#![warn(unreachable_pub)] // `pub` means public: visibility is read as documentation
#![forbid(unsafe_code)]

mod sync;

mod amount;
mod error;
mod window;

pub mod algorithm;
mod kind;
pub mod store;

mod key;
mod request;

mod account;
mod alarm;
mod credit;
mod ledger;
mod mirrored;
mod queue;
mod shared;

mod acquire;
mod adaptive;
mod builder;
mod control;
mod estimate;
mod headers;
mod keyed;
mod lease;
mod limit_pool;
mod limit_set;
mod limits;
mod permit;
#[doc(hidden)]
pub mod remote;
mod stats;

pub use acquire::Acquire;
pub use adaptive::AdaptiveLimit;
pub use algorithm::RateAlgorithm;
pub use amount::Amount;
pub use builder::LimitSetBuilder;
pub use error::{LimitBuildError, LimitError, PermitError, Refusal};
pub use estimate::{UsageEstimate, UsageEstimates};
pub use headers::parse_wait;
pub use key::{Key, LimitKey};
pub use keyed::KeyedLimits;
pub use kind::{CallLimit, Limit, RateLimit, ResourceLimit};
pub use limit_pool::{LimitPool, LoadBalance};
pub use limit_set::LimitSet;
pub use limits::Limits;
pub use permit::Permit;
pub use stats::{LimitSetStats, LimitStats, Throttled};
pub use window::Window;
