//! Keys: by name, or resolved once.

use std::fmt;
use std::sync::Arc;

use crate::kind::Definition;

/// The key of one limit of one set, resolved once: cheaper than its name in a hot loop.
///
/// Made by [`LimitSet::key`](crate::LimitSet::key). In another set it is looked up by its name.
///
/// ```
/// use concurry_limits::{LimitSet, RateLimit};
///
/// let limits = LimitSet::builder().with(RateLimit::per_second("tokens", 10)).build()?;
/// let tokens = limits.key("tokens")?;
/// assert!(limits.try_acquire([(&tokens, 3)]).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Key {
    pub(crate) keys: Arc<Keys>,
    pub(crate) index: usize,
}

impl Key {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.keys.limits[self.index].key
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.name()).finish()
    }
}

/// What names a limit in a request: a text or a [`Key`].
pub trait LimitKey: sealed::Resolve {}

impl<T: sealed::Resolve> LimitKey for T {}

/// The limits of one set, in the order in which they were given.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) limits: Box<[Definition]>,
    /// The call limit: its key is fixed, so there is at most one.
    pub(crate) calls: Option<usize>,
    pub(crate) resources: Box<[usize]>,
}

impl Keys {
    pub(crate) fn new(limits: Vec<Definition>) -> Self {
        let calls = limits.iter().position(|limit| limit.kind.is_calls());
        let resources = limits.iter().enumerate().filter(|(_, limit)| limit.kind.is_resource());
        let resources = resources.map(|(index, _)| index).collect();
        Self { limits: limits.into(), calls, resources }
    }

    /// Looks a name up, one after the other: sets are small.
    #[inline]
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.limits.iter().position(|definition| definition.key == name)
    }

    /// The names, for messages.
    pub(crate) fn names(&self) -> String {
        if self.limits.is_empty() {
            return "none".to_owned();
        }
        let names: Vec<_> = self.limits.iter().map(|limit| format!("`{}`", limit.key)).collect();
        names.join(", ")
    }
}

pub(crate) mod sealed {
    use super::{Arc, Key, Keys};

    /// Finds a limit in the set of the request.
    pub trait Resolve {
        #[doc(hidden)]
        #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
        fn index_in(&self, keys: &Arc<Keys>) -> Option<usize>;

        #[doc(hidden)]
        fn name(&self) -> &str;
    }

    impl<T: AsRef<str>> Resolve for T {
        #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
        #[inline]
        fn index_in(&self, keys: &Arc<Keys>) -> Option<usize> {
            keys.find(self.as_ref())
        }

        fn name(&self) -> &str {
            self.as_ref()
        }
    }

    impl Resolve for Key {
        #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
        #[inline]
        fn index_in(&self, keys: &Arc<Keys>) -> Option<usize> {
            if Arc::ptr_eq(&self.keys, keys) { Some(self.index) } else { keys.find(self.name()) }
        }

        fn name(&self) -> &str {
            Key::name(self)
        }
    }

    impl Resolve for &Key {
        #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
        #[inline]
        fn index_in(&self, keys: &Arc<Keys>) -> Option<usize> {
            (*self).index_in(keys)
        }

        fn name(&self) -> &str {
            Key::name(self)
        }
    }
}
