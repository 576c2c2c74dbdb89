//! Which worker gets a call.
//!
//! - Any pool, by default: [`Balance::AnyIdle`]. One queue for all; whoever is free takes the oldest
//!   call, so no call waits behind a long one while a worker is idle.
//! - Workers with caches, equal calls: [`Balance::RoundRobin`].
//! - Uneven calls, and each worker should keep its own queue: [`Balance::LeastActive`], or with many
//!   workers [`Balance::TwoChoices`], which looks at two only.
//! - Wear should be even: [`Balance::LeastTotal`]. No pattern at all: [`Balance::Random`].

/// Which worker gets a call. With all but the first, each worker has a queue of its own, and a call
/// stays with the worker that was chosen when it was submitted.
///
/// ```
/// use concurry_core::Balance;
///
/// assert_eq!("two choices".parse(), Ok(Balance::TwoChoices));
/// assert_eq!(Balance::default(), Balance::AnyIdle);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Balance {
    /// One queue for the pool; any idle worker takes the oldest call. The default.
    #[default]
    AnyIdle,
    /// Each worker in turn.
    RoundRobin,
    /// The worker with the fewest unfinished calls; the lowest number among equals.
    LeastActive,
    /// The worker that was given the fewest calls so far; the lowest number among equals.
    LeastTotal,
    /// Any worker, all with the same chance.
    Random,
    /// The less busy of two workers drawn at random: nearly as even as looking at all of them, at a
    /// fixed price (M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001).
    TwoChoices,
}

/// A name that is not one of a balancer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` is not a balancer; they are any_idle, round_robin, least_active, least_total, random and two_choices"
)]
pub struct UnknownBalance {
    /// What was given.
    pub name: String,
}

impl std::str::FromStr for Balance {
    type Err = UnknownBalance;

    fn from_str(name: &str) -> Result<Self, UnknownBalance> {
        Ok(match name.trim().to_ascii_lowercase().replace([' ', '-'], "_").as_str() {
            "any_idle" | "any" | "shared" => Self::AnyIdle,
            "round_robin" | "rr" => Self::RoundRobin,
            "least_active" | "active" => Self::LeastActive,
            "least_total" | "total" => Self::LeastTotal,
            "random" | "rand" => Self::Random,
            "two_choices" | "p2c" => Self::TwoChoices,
            _ => return Err(UnknownBalance { name: name.to_owned() }),
        })
    }
}
