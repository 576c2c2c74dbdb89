//! From keys and amounts as the caller names them to what is taken.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::amount::Amount;
use crate::error::LimitError;
use crate::key::{Keys, LimitKey};
use crate::kind::{Definition, Kind};
use crate::store::Take;

/// What is taken, in the order of the set's limits. Three fit without allocation.
pub(crate) type Takes = SmallVec<[Take; 3]>;

/// Which limits a request takes without naming them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scope {
    /// One of every call limit and one of every resource.
    #[default]
    Standalone,
    /// Inside a call, which the pool has counted already: one of every resource.
    InsideCall,
    /// Before a call is dispatched: one of every call limit.
    BeforeCall,
    /// Nothing else.
    Exact,
}

impl Scope {
    #[inline]
    fn adds(self, kind: Kind) -> bool {
        match self {
            Self::Standalone => kind.is_calls() || kind.is_resource(),
            Self::InsideCall => kind.is_resource(),
            Self::BeforeCall => kind.is_calls(),
            Self::Exact => false,
        }
    }
}

/// Looks the keys up and checks the amounts.
#[inline]
pub(crate) fn resolve<K: LimitKey, A: Amount>(
    keys: &Arc<Keys>,
    scope: Scope,
    request: impl IntoIterator<Item = (K, A)>,
) -> Result<Takes, LimitError> {
    let mut takes = Takes::new();
    if keys.0.is_empty() {
        // No limits at all: code that asks for some runs without them, too.
        return Ok(takes);
    }
    for (key, amount) in request {
        let take = find(keys, &key, amount)?;
        if takes.iter().any(|other| other.index == take.index) {
            return Err(LimitError::DuplicateKey { key: keys.0[take.index].key.clone() });
        }
        takes.push(take);
    }
    if takes.is_empty() && scope == Scope::Standalone {
        let rate = keys.0.iter().find(|limit| matches!(limit.kind, Kind::Rate { .. }));
        if let Some(rate) = rate {
            return Err(LimitError::NothingRequested { key: rate.key.clone() });
        }
    }
    if scope != Scope::Exact {
        for (index, limit) in keys.0.iter().enumerate() {
            if scope.adds(limit.kind) && !takes.iter().any(|take| take.index == index) {
                takes.push(Take { index, amount: 1.0 });
            }
        }
    }
    if takes.len() > 1 {
        takes.sort_unstable_by_key(|take| take.index);
    }
    Ok(takes)
}

/// Looks up one rate that is spent for good.
#[inline]
pub(crate) fn resolve_one<K: LimitKey>(
    keys: &Arc<Keys>,
    key: &K,
    amount: impl Amount,
) -> Result<Take, LimitError> {
    let take = find(keys, key, amount)?;
    if keys.0[take.index].kind.is_resource() {
        return Err(LimitError::Resource { key: key.name().to_owned() });
    }
    Ok(take)
}

#[inline]
fn find<K: LimitKey>(keys: &Arc<Keys>, key: &K, amount: impl Amount) -> Result<Take, LimitError> {
    let index = key.index_in(keys).ok_or_else(|| unknown(key.name(), keys))?;
    let amount = amount.to_f64();
    check(&keys.0[index], amount)?;
    Ok(Take { index, amount })
}

pub(crate) fn unknown(name: &str, keys: &Keys) -> LimitError {
    LimitError::UnknownKey { key: name.to_owned(), known: keys.names() }
}

#[inline]
fn check(limit: &Definition, amount: f64) -> Result<(), LimitError> {
    let legal = match limit.kind.illegal(amount) {
        None if amount > 0.0 => return Ok(()),
        None => "above zero",
        Some(legal) => legal,
    };
    Err(LimitError::BadAmount { key: limit.key.clone(), amount, legal })
}
