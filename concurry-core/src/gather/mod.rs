//! Collecting many futures: in order, as they complete, bounded, awaited or blocked on.
//!
//! Nothing polls. All futures of a collection share one completion queue ([`in_flight`]): the
//! worker that completes a call puts it there, and wakes the collector only if it sleeps.

mod as_completed;
mod collect;
mod container;
#[cfg_attr(not(feature = "process"), path = "ungathered.rs")]
mod gathered;
mod in_flight;
#[cfg(feature = "journal")]
mod journaled;
#[cfg(feature = "journal")]
mod journaled_calls;
mod map;
mod map_calls;
mod room;
mod source;
mod wait;
mod watch;

pub use as_completed::{AsCompleted, CompletionStream};
pub use collect::{Gather, gather};
pub use container::{GatherContainer, GatherMap, gather_map};
#[cfg(feature = "journal")]
pub use journaled::{JournaledCompletions, JournaledMap, JournaledMapError};
#[cfg(feature = "journal")]
pub use journaled_calls::is_final;
pub use map::Map;
pub use wait::{ReturnWhen, Wait, Waited, wait};
#[cfg(feature = "rayon")]
pub(crate) use watch::Watch;
