//! When the entries of a run are written: in groups, as they are and as somebody has time.

use std::pin::Pin;
use std::task::Context;
use std::time::{Duration, Instant};

use concurry_time::{Clock, Sleep};

use super::{Journal, JournalError};

/// How long an entry waits for others before it is written.
const GROUP: Duration = Duration::from_millis(1);

/// A journal, and when what waits in it is to be written. Before a call is made, all but a few of
/// those that have ended are: so a run that is killed makes few calls again beside those in flight.
#[doc(hidden)]
#[derive(Debug)]
pub struct GroupedJournal {
    journal: Journal,
    /// Entries that may be unwritten when a call is made.
    slack: usize,
    clock: Clock,
    flushed: Instant,
    /// When the entries that wait are to be written.
    due: Option<Sleep>,
}

impl GroupedJournal {
    /// For a run of which so many calls are in flight at a time.
    #[must_use]
    pub fn new(journal: Journal, in_flight: usize) -> Self {
        let clock = Clock::system();
        Self { journal, slack: in_flight / 32, flushed: clock.now(), clock, due: None }
    }

    /// The journal itself.
    pub fn journal(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// A call is about to be made.
    ///
    /// # Errors
    ///
    /// As [`Journal::flush`].
    pub fn before_call(&mut self) -> Result<(), JournalError> {
        if self.journal.unwritten() > self.slack { self.flush() } else { Ok(()) }
    }

    /// Nothing is to be done at the moment: entries are written that have waited long enough.
    ///
    /// # Errors
    ///
    /// As [`Journal::flush`].
    pub fn poll_idle(&mut self, context: &mut Context<'_>) -> Result<(), JournalError> {
        if self.journal.unwritten() == 0 {
            return Ok(());
        }
        if self.clock.now().saturating_duration_since(self.flushed) >= GROUP {
            return self.flush();
        }
        let (clock, flushed) = (&self.clock, self.flushed);
        let due = self.due.get_or_insert_with(|| clock.sleep_until(flushed + GROUP));
        if Pin::new(due).poll(context).is_ready() { self.flush() } else { Ok(()) }
    }

    /// Writes what is not written.
    ///
    /// # Errors
    ///
    /// As [`Journal::flush`].
    pub fn flush(&mut self) -> Result<(), JournalError> {
        self.due = None;
        self.flushed = self.clock.now();
        self.journal.flush()
    }
}
