//! From keys and amounts as the caller names them to what is taken.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::amount::Amount;
use crate::credit::whole_units;
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
    /// What is taken without being named.
    #[inline]
    fn implied(self, keys: &Keys) -> impl Iterator<Item = usize> {
        let calls = matches!(self, Self::Standalone | Self::BeforeCall);
        let resources = matches!(self, Self::Standalone | Self::InsideCall);
        let resources: &[usize] = if resources { &keys.resources } else { &[] };
        keys.calls.filter(|_| calls).into_iter().chain(resources.iter().copied())
    }
}

/// Finds the take of a request that takes one limit only, in whole units. `None` for all others,
/// also for what is an error: a look at one word and a number, for the fast path.
#[inline]
pub(crate) fn resolve_units<K: LimitKey>(
    keys: &Arc<Keys>,
    scope: Scope,
    key: &K,
    amount: f64,
) -> Option<(Take, i64)> {
    let units = whole_units(amount)?;
    let index = key.index_in(keys)?;
    let alone = scope.implied(keys).all(|implied| implied == index);
    alone.then_some((Take { index, amount }, units))
}

/// Looks the keys up and checks the amounts.
pub(crate) fn resolve<K: LimitKey, A: Amount>(
    keys: &Arc<Keys>,
    scope: Scope,
    request: impl IntoIterator<Item = (K, A)>,
) -> Result<Takes, LimitError> {
    let mut takes = Takes::new();
    resolve_into(&mut takes, keys, scope, request)?;
    Ok(takes)
}

/// The same, in place. `takes` is empty before, and worth nothing after an error.
#[inline]
pub(crate) fn resolve_into<K: LimitKey, A: Amount>(
    takes: &mut Takes,
    keys: &Arc<Keys>,
    scope: Scope,
    request: impl IntoIterator<Item = (K, A)>,
) -> Result<(), LimitError> {
    if keys.limits.is_empty() {
        // No limits at all: code that asks for some runs without them, too.
        return Ok(());
    }
    let (mut in_order, mut next) = (true, 0);
    for (key, amount) in request {
        let take = find(keys, &key, amount.to_f64())?;
        in_order &= take.index >= next;
        next = take.index + 1;
        takes.push(take);
    }
    if takes.is_empty() && scope == Scope::Standalone {
        named_nothing(keys)?;
    }
    for index in scope.implied(keys) {
        if !takes.iter().any(|take| take.index == index) {
            takes.push(Take { index, amount: 1.0 });
            in_order = false;
        }
    }
    if !in_order {
        put_in_order(keys, takes)?;
    }
    Ok(())
}

/// An error if there is a rate: nobody can guess how much of it is needed.
fn named_nothing(keys: &Keys) -> Result<(), LimitError> {
    let rate = keys.limits.iter().find(|limit| matches!(limit.kind, Kind::Rate { .. }));
    match rate {
        Some(rate) => Err(LimitError::NothingRequested { key: rate.key.clone() }),
        None => Ok(()),
    }
}

fn put_in_order(keys: &Keys, takes: &mut Takes) -> Result<(), LimitError> {
    takes.sort_unstable_by_key(|take| take.index);
    match takes.windows(2).find(|pair| pair[0].index == pair[1].index) {
        Some(pair) => Err(LimitError::DuplicateKey { key: keys.limits[pair[0].index].key.clone() }),
        None => Ok(()),
    }
}

/// Looks up one rate that is spent for good.
#[inline]
pub(crate) fn resolve_one<K: LimitKey>(
    keys: &Arc<Keys>,
    key: &K,
    amount: f64,
) -> Result<Take, LimitError> {
    let take = find(keys, key, amount)?;
    if keys.limits[take.index].kind.is_resource() {
        return Err(LimitError::Resource { key: key.name().to_owned() });
    }
    Ok(take)
}

#[inline(always)] // called in one place that matters, three times in a row
fn find<K: LimitKey>(keys: &Arc<Keys>, key: &K, amount: f64) -> Result<Take, LimitError> {
    let index = key.index_in(keys).ok_or_else(|| unknown(key.name(), keys))?;
    if whole_units(amount).is_none() {
        check(&keys.limits[index], amount)?; // whole units of anything are legal
    }
    Ok(Take { index, amount })
}

pub(crate) fn unknown(name: &str, keys: &Keys) -> LimitError {
    LimitError::UnknownKey { key: name.to_owned(), known: keys.names() }
}

#[inline(never)] // seldom needed
fn check(limit: &Definition, amount: f64) -> Result<(), LimitError> {
    let legal = match limit.kind.illegal(amount) {
        None if amount > 0.0 => return Ok(()),
        None => "above zero",
        Some(legal) => legal,
    };
    Err(LimitError::BadAmount { key: limit.key.clone(), amount, legal })
}
