//! All layers as they are at one moment, seen from one thread.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{PoisonError, RwLock};

use super::check::narrow;
use super::environment::{self, Lookup};
use super::error::ConfigError;
use super::layer::Layer;
use super::resolved::Resolved;
use super::scope::{self, Scope};
use super::settings::Settings;
use crate::Mode;

/// What was set for the whole process. Never held while anything but its own maps is touched.
static STORED: RwLock<Stored> = RwLock::new(Stored::new());

/// The layers that are set for the whole process.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) global: Settings,
    pub(super) modes: BTreeMap<Mode, Settings>,
}

impl Stored {
    pub(super) const fn new() -> Self {
        Self { global: Settings::new(), modes: BTreeMap::new() }
    }

    /// Changes what holds for the whole process.
    pub(super) fn change(change: impl FnOnce(&mut Self)) {
        // A panic can't leave it half-changed: each change is one assignment.
        change(&mut STORED.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// All layers as they are at one moment, seen from one thread.
pub(super) struct Stack<'a> {
    pub(super) stored: Stored,
    pub(super) environment: Lookup<'a>,
    /// Outermost first.
    pub(super) scopes: Vec<Rc<Scope>>,
}

impl Stack<'static> {
    /// Now, for this thread.
    pub(super) fn current() -> Self {
        Self {
            stored: STORED.read().unwrap_or_else(PoisonError::into_inner).clone(),
            environment: &environment::of_process,
            scopes: scope::of_thread(),
        }
    }
}

impl Stack<'_> {
    /// The layers that hold in a mode, weakest first, without the library's own. Each is reduced to
    /// what it says to that mode.
    pub(super) fn layers(&self, mode: Mode) -> Result<Vec<(Layer, Settings)>, ConfigError> {
        let mut layers = vec![(Layer::Global, self.stored.global.clone())];
        if let Some(settings) = self.stored.modes.get(&mode) {
            layers.push((Layer::Mode(mode), settings.clone()));
        }
        for of in [None, Some(mode)] {
            layers.push((Layer::Environment(of), environment::read(self.environment, of)?));
        }
        for scope in &self.scopes {
            if scope.mode.is_none_or(|of| of == mode) {
                layers.push((scope.layer(), scope.settings.clone()));
            }
        }
        for (layer, settings) in &mut layers {
            if layer.mode().is_none() {
                *settings = narrow(std::mem::take(settings), mode);
            }
        }
        Ok(layers)
    }

    pub(super) fn resolve(&self, mode: Mode) -> Result<Resolved, ConfigError> {
        let layers = self.layers(mode)?;
        Ok(layers
            .iter()
            .fold(Resolved::LIBRARY, |resolved, (_, settings)| resolved.overlaid(settings)))
    }

    /// The mode of pools that are given none, and where it was set.
    pub(super) fn default_mode(&self) -> Result<Option<(Mode, Layer)>, ConfigError> {
        let scoped = self.scopes.iter().rev().find_map(|scope| {
            let mode = scope.settings.mode?;
            Some((mode, scope.layer()))
        });
        if scoped.is_some() {
            return Ok(scoped);
        }
        let environment = environment::read(self.environment, None)?.mode;
        let global = self.stored.global.mode;
        Ok(environment
            .map(|mode| (mode, Layer::Environment(None)))
            .or(global.map(|mode| (mode, Layer::Global))))
    }
}
