//! Who watches a pool, and is told of its events.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::event::{Event, EventHook};

/// Who watches a pool. While nobody does, an event is not even made.
#[derive(Clone, Default)]
pub(crate) struct Events {
    hook: Option<Arc<EventHook>>,
    #[cfg(feature = "tracing")]
    trace: Arc<super::trace::Trace>,
}

impl Events {
    pub(crate) fn new(hook: Option<Arc<EventHook>>) -> Self {
        Self {
            hook,
            #[cfg(feature = "tracing")]
            trace: Arc::default(),
        }
    }

    /// Whether anybody would be told.
    #[inline]
    pub(crate) fn are_watched(&self) -> bool {
        #[cfg(feature = "tracing")]
        let traced = self.trace.watches();
        #[cfg(not(feature = "tracing"))]
        let traced = false;
        // Nobody can ask the metrics facade whether a recorder is installed.
        self.hook.is_some() || traced || cfg!(feature = "metrics")
    }

    #[inline]
    pub(crate) fn emit(&self, event: impl FnOnce() -> Event) {
        if self.are_watched() {
            self.tell(&event());
        }
    }

    fn tell(&self, event: &Event) {
        // Who panics must not take a worker along, nor keep the others from hearing of it.
        let caught = |tell: &dyn Fn()| {
            let _ = catch_unwind(AssertUnwindSafe(tell));
        };
        if let Some(hook) = &self.hook {
            caught(&|| hook(event));
        }
        #[cfg(feature = "tracing")]
        caught(&|| self.trace.tell(event));
        #[cfg(feature = "metrics")]
        caught(&|| super::meter::count(event));
    }

    /// The span of a call's running attempt.
    #[cfg(feature = "tracing")]
    pub(crate) fn span(&self, call: crate::CallId) -> tracing::Span {
        self.trace.span(call)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("are_watched", &self.are_watched()).finish()
    }
}
