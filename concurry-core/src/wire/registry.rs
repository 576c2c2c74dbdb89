//! The workers of a program, by name: how a process that was just started finds its code.

use std::any::TypeId;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::carry::CarryFailure;
use super::message::Hello;
use crate::serving::{Building, Served, serve};
use crate::worker::{Constructor, ConstructorWires, Worker};

/// Every worker that can run in another process: `#[worker]` adds those without parameters,
/// `register!` instances of others.
#[linkme::distributed_slice]
pub static REGISTERED: [fn() -> Registration];

/// Who a worker is, on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WorkerKey {
    /// The path of its type.
    pub name: &'static str,
    /// Tells types of one path apart, and this build of the program from others.
    pub fingerprint: u64,
}

impl WorkerKey {
    /// Of a worker.
    #[must_use]
    pub fn of<W: Worker>() -> Self {
        // The same in every process that runs this executable: the hasher has no random keys.
        let mut hasher = DefaultHasher::new();
        TypeId::of::<W>().hash(&mut hasher);
        Self { name: std::any::type_name::<W>(), fingerprint: hasher.finish() }
    }
}

/// The code of one worker.
pub struct Registration {
    pub(crate) key: WorkerKey,
    /// Serves calls until the other side wants no more.
    pub(crate) serve: Box<dyn FnOnce(Served, Hello)>,
}

impl Registration {
    /// Of a worker, whose constructor is made of its parameters.
    #[doc(hidden)]
    #[must_use]
    pub fn of<W: Worker, P: 'static, E: Send + 'static>(
        wires: ConstructorWires<P, E>,
        construct: fn(P) -> Constructor<W, E>,
    ) -> Self {
        let serve = move |served: Served, hello: Hello| {
            let read = match wires.parameters {
                Some(wire) => wire.of_bytes(&hello.parameters),
                None => Err(CarryFailure("their types can't be carried".to_owned())),
            };
            let constructor = read.map(construct);
            serve::<W, E>(
                served,
                hello,
                Building { constructor, error: wires.error, error_text: wires.error_text },
            );
        };
        Self { key: WorkerKey::of::<W>(), serve: Box::new(serve) }
    }
}

impl std::fmt::Debug for Registration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registration").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Looks a worker up.
#[must_use]
pub fn registered(name: &str, fingerprint: u64) -> Option<Registration> {
    let mut all = REGISTERED.iter().map(|registration| registration());
    all.find(|known| known.key.name == name && known.key.fingerprint == fingerprint)
}
