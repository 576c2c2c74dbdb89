//! What the macros write, in builds without processes.

use crate::worker::{Constructor, ConstructorWires, Worker};

/// The code of one worker, which nobody will ask for.
#[derive(Debug)]
pub struct Registration(());

impl Registration {
    /// Of a worker.
    #[must_use]
    pub fn of<W: Worker, P: 'static, E: Send + 'static>(
        _: ConstructorWires<P, E>,
        _: fn(P) -> Constructor<W, E>,
    ) -> Self {
        Self(())
    }
}
