//! Threads that nobody joins.

use std::io;
use std::sync::mpsc::{self, Receiver};
use std::thread;

/// Starts a thread that nobody joins.
///
/// It does not end before its handle is gone: `pthread_detach` of glibc looks at a thread once more
/// after that one is marked as detached, and the memory of one that ends at this very moment may have
/// been given back by then (<https://sourceware.org/bugzilla/show_bug.cgi?id=19951>).
///
/// # Errors
///
/// If the system has no thread. Then `run` is dropped.
pub fn spawn_detached(name: String, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let (detached, is_detached) = mpsc::channel();
    let thread = thread::Builder::new().name(name).spawn(move || {
        let _ends_detached = UntilDetached(is_detached);
        run();
    })?;
    drop(thread);
    drop::<mpsc::Sender<()>>(detached);
    Ok(())
}

/// Keeps a thread, also one that panics, until the other end is dropped.
struct UntilDetached(Receiver<()>);

impl Drop for UntilDetached {
    fn drop(&mut self) {
        // Nothing is ever sent.
        let _ = self.0.recv();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_under_its_name_and_may_panic() {
        let (sender, receiver) = mpsc::channel();
        spawn_detached("detached-1".to_owned(), move || {
            sender.send(thread::current().name().map(str::to_owned)).unwrap();
            std::panic::resume_unwind(Box::new(sender));
        })
        .unwrap();
        assert_eq!(receiver.recv().unwrap().as_deref(), Some("detached-1"));
        assert!(receiver.recv().is_err(), "it has unwound");
    }

    #[test]
    fn threads_that_end_at_once_hurt_nobody() {
        let (sender, receiver) = mpsc::channel();
        for number in 0..2_000 {
            let sender = sender.clone();
            spawn_detached(String::new(), move || sender.send(number).unwrap()).unwrap();
        }
        drop(sender);
        assert_eq!(receiver.iter().count(), 2_000);
    }
}
