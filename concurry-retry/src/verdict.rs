//! What an error says about trying again.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

/// What to do after a failed attempt, as the error itself knows it.
///
/// ```
/// use concurry_retry::Verdict;
/// use std::time::Duration;
///
/// let throttled = Verdict::Throttle(Some(Duration::from_secs(2)));
/// assert!(throttled.is_retryable());
/// assert_eq!(throttled.hint(), Some(Duration::from_secs(2)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Trying again may help: a reset connection, an overloaded server.
    Retry,
    /// Trying again may help, but not before this long: the server said so.
    RetryAfter(Duration),
    /// We were throttled (HTTP 429): try again after the wait the server named, if it named one.
    /// Says nothing about the health of the service, so it opens no circuit breaker.
    Throttle(Option<Duration>),
    /// Trying again gives the same error: a bad request, an exhausted quota.
    Fatal,
    /// The arguments themselves break whoever works on them: never send them anywhere again.
    Poison,
}

impl Verdict {
    /// Whether another attempt is allowed at all.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Retry | Self::RetryAfter(_) | Self::Throttle(_))
    }

    /// How long the other side asked us to wait, if it did.
    #[must_use]
    pub const fn hint(&self) -> Option<Duration> {
        match self {
            Self::RetryAfter(wait) => Some(*wait),
            Self::Throttle(hint) => *hint,
            Self::Retry | Self::Fatal | Self::Poison => None,
        }
    }
}

/// An error that knows whether trying again may help.
///
/// ```
/// use concurry_retry::{Retryable, Verdict};
/// use std::time::Duration;
///
/// struct ApiError { status: u16, retry_after: Option<Duration> }
///
/// impl Retryable for ApiError {
///     fn verdict(&self) -> Verdict {
///         match (self.status, self.retry_after) {
///             (429, hint) => Verdict::Throttle(hint),
///             (500.., Some(wait)) => Verdict::RetryAfter(wait),
///             (500.., None) => Verdict::Retry,
///             _ => Verdict::Fatal,
///         }
///     }
/// }
///
/// assert_eq!(ApiError { status: 400, retry_after: None }.verdict(), Verdict::Fatal);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say whether it may be retried",
    note = "implement `Retryable` for it, or give a predicate with `retry_if`"
)]
pub trait Retryable {
    /// Tells what to do after this error.
    fn verdict(&self) -> Verdict;

    /// Whether the arguments may be at fault: where many share one call, it may pass without some of
    /// them. Unless told otherwise, so it is with what is [`Fatal`](Verdict::Fatal) or
    /// [`Poison`](Verdict::Poison); an error that is fatal for other reasons, such as a wrong key, says
    /// so here.
    fn blames_arguments(&self) -> bool {
        matches!(self.verdict(), Verdict::Fatal | Verdict::Poison)
    }
}

impl Retryable for Infallible {
    fn verdict(&self) -> Verdict {
        match *self {}
    }
}

impl<E: Retryable + ?Sized> Retryable for Box<E> {
    fn verdict(&self) -> Verdict {
        (**self).verdict()
    }

    fn blames_arguments(&self) -> bool {
        (**self).blames_arguments()
    }
}

/// Lost connections, interruptions and time-outs may pass; anything else is fatal.
impl Retryable for io::Error {
    fn verdict(&self) -> Verdict {
        use io::ErrorKind::{
            BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable,
            Interrupted, NetworkDown, NetworkUnreachable, NotConnected, ResourceBusy, TimedOut,
            UnexpectedEof, WouldBlock,
        };
        match self.kind() {
            BrokenPipe | ConnectionAborted | ConnectionRefused | ConnectionReset
            | HostUnreachable | Interrupted | NetworkDown | NetworkUnreachable | NotConnected
            | ResourceBusy | TimedOut | UnexpectedEof | WouldBlock => Verdict::Retry,
            _ => Verdict::Fatal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_connection_may_pass_and_a_missing_file_does_not() {
        let verdict = |kind| io::Error::from(kind).verdict();
        assert_eq!(verdict(io::ErrorKind::ConnectionReset), Verdict::Retry);
        assert_eq!(verdict(io::ErrorKind::NotFound), Verdict::Fatal);
    }

    #[test]
    fn only_a_wait_named_by_the_other_side_is_a_hint() {
        let wait = Duration::from_secs(3);
        assert_eq!(Verdict::RetryAfter(wait).hint(), Some(wait));
        assert_eq!(Verdict::Throttle(Some(wait)).hint(), Some(wait));
        assert_eq!(Verdict::Throttle(None).hint(), None);
        assert!(Verdict::Throttle(None).is_retryable());
        assert!(!Verdict::Poison.is_retryable());
    }
}
