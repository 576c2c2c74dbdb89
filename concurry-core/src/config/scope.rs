//! Layers that hold on one thread for as long as a guard lives.

use std::cell::RefCell;
use std::rc::Rc;

use super::layer::Layer;
use super::settings::Settings;
use crate::Mode;

thread_local! {
    /// Outermost first. Borrowed only inside this file, where no foreign code runs.
    static SCOPES: RefCell<Vec<Rc<Scope>>> = const { RefCell::new(Vec::new()) };
}

/// One scope.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) settings: Settings,
    /// `None`: every mode.
    pub(super) mode: Option<Mode>,
}

impl Scope {
    pub(super) fn layer(&self) -> Layer {
        Layer::Scoped(self.mode)
    }
}

/// Ends the scope that [`scoped`](super::scoped) or [`scoped_for`](super::scoped_for) began, when it
/// is dropped: at the end of the block, by `?`, or by a panic.
///
/// It removes its own layer, whatever began or ended in between, so guards may be dropped in any
/// order. It can't leave its thread:
///
/// ```compile_fail,E0277
/// use concurry_core::config::{self, Settings};
///
/// let guard = config::scoped(Settings::new()).unwrap();
/// std::thread::spawn(move || drop(guard));
/// ```
#[derive(Debug)]
#[must_use = "the scope ends when its guard is dropped: `let _guard = config::scoped(…)?;`"]
pub struct ScopeGuard {
    // The `Rc` is the scope's identity, and keeps the guard on its thread.
    scope: Rc<Scope>,
}

/// Begins a scope inside those that there are.
pub(super) fn enter(settings: Settings, mode: Option<Mode>) -> ScopeGuard {
    let scope = Rc::new(Scope { settings, mode });
    SCOPES.with_borrow_mut(|scopes| scopes.push(Rc::clone(&scope)));
    ScopeGuard { scope }
}

/// The scopes of this thread, outermost first. None while the thread ends.
pub(super) fn of_thread() -> Vec<Rc<Scope>> {
    SCOPES.try_with(|scopes| scopes.borrow().clone()).unwrap_or_default()
}

impl Drop for ScopeGuard {
    fn drop(&mut self) {
        // A guard that outlives the list, in another thread-local value, has nothing left to end.
        let _ = SCOPES.try_with(|scopes| {
            scopes.borrow_mut().retain(|scope| !Rc::ptr_eq(scope, &self.scope));
        });
    }
}
