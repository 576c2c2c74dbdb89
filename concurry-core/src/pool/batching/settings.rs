//! How calls of a method are batched.

use std::time::Duration;

use crate::worker::BatchSettings;

/// Calls of a batch, unless the attribute or the options say otherwise.
const MAX_SIZE: usize = 64;

/// How long a call waits for company, unless the attribute or the options say otherwise.
const MAX_WAIT: Duration = Duration::from_millis(5);

/// How calls of a method are batched, given with [`MethodOptions::batch`](crate::MethodOptions::batch).
/// What it leaves open is as `#[batch(…)]` says.
///
/// ```
/// use concurry_core::Batching;
/// use std::time::Duration;
///
/// let small = Batching::new().max_size(16).max_wait(Duration::from_millis(1));
/// assert_ne!(small, Batching::off());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "it does nothing until it is given to the options of a method"]
pub struct Batching {
    off: bool,
    max_size: Option<usize>,
    max_wait: Option<Duration>,
    max_weight: Option<f64>,
    bisect: Option<bool>,
}

impl Batching {
    /// As the attribute says.
    pub fn new() -> Self {
        Self::default()
    }

    /// No batching: every call runs by itself.
    pub fn off() -> Self {
        Self { off: true, ..Self::default() }
    }

    /// How many calls a batch has at most: 64 unless set. At least 1.
    pub fn max_size(mut self, calls: usize) -> Self {
        self.max_size = Some(calls);
        self
    }

    /// How long a call waits for company while a worker is free for it: 5 ms unless set. It waits
    /// only if other calls are expected, so a lone call never does. With zero a batch has what came
    /// while all workers were taken.
    pub fn max_wait(mut self, wait: Duration) -> Self {
        self.max_wait = Some(wait);
        self
    }

    /// What the calls of a batch weigh at most, by the `weight` function of the attribute. A call that
    /// weighs more has a batch of its own.
    pub fn max_weight(mut self, weight: f64) -> Self {
        self.max_weight = Some(weight);
        self
    }

    /// Whether a batch that fails as a whole is called again in halves, until the calls that make it
    /// fail are alone. Not unless set: a call may run more than once then. An error that is
    /// [`Retryable`](concurry_retry::Retryable) and does not
    /// [blame the arguments](concurry_retry::Retryable::blames_arguments) is that of all calls at once:
    /// a throttled service is not asked more often.
    pub fn bisect(mut self, bisect: bool) -> Self {
        self.bisect = Some(bisect);
        self
    }
}

/// What holds for a pool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) max_size: usize,
    pub(crate) max_wait: Duration,
    pub(crate) max_weight: f64,
    pub(crate) bisect: bool,
}

/// What does not fit: the problem and the remedy.
pub(crate) type Misfit = (String, &'static str);

impl Plan {
    /// The attribute's settings with those of the options before them. `None`: no batching.
    pub(crate) fn new(
        batching: Option<&Batching>,
        settings: BatchSettings,
        items_are_clone: bool,
    ) -> Result<Option<Self>, Misfit> {
        let unset = Batching::default();
        let batching = batching.unwrap_or(&unset);
        if batching.off {
            return Ok(None);
        }
        let max_size = batching.max_size.or(settings.max_size).unwrap_or(MAX_SIZE);
        if max_size == 0 {
            return Err(("`max_size` is 0".into(), "give a batch at least one call"));
        }
        if batching.max_weight.is_some() && settings.max_weight.is_none() {
            let problem = "`max_weight` is set, and nothing says what a call weighs".into();
            return Err((problem, "add `weight = \"…\", max_weight = …` to `#[batch(…)]`"));
        }
        let max_weight = batching.max_weight.or(settings.max_weight).unwrap_or(f64::INFINITY);
        if max_weight.is_nan() || max_weight <= 0.0 {
            let problem = format!("`max_weight` is {max_weight}");
            return Err((problem, "give a batch a weight above 0"));
        }
        let bisect = batching.bisect.unwrap_or(settings.bisect);
        if bisect && !items_are_clone {
            let problem =
                "to bisect a batch needs copies of its items, which are not `Clone`".into();
            return Err((problem, "make the batched arguments `Clone`, or leave `bisect` out"));
        }
        let max_wait = batching.max_wait.or(settings.max_wait).unwrap_or(MAX_WAIT);
        Ok(Some(Self { max_size, max_wait, max_weight, bisect }))
    }
}
