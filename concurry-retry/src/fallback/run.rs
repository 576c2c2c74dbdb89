//! A chain of calls, each made when the one before has failed.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

/// Starts a chain of fallbacks with the call to make first.
///
/// ```
/// use concurry_retry::{CircuitBreaker, fallback};
///
/// # concurry_time::block_on(async {
/// let breaker = CircuitBreaker::builder("pricing").build()?;
/// let price = fallback(breaker.call(|| async { Err::<u32, _>("pricing is down") }))
///     .or_else(|_| async { Err("the cache is cold") })
///     .or_value(|error: &str| if error.contains("cold") { 100 } else { 0 })
///     .await;
/// assert_eq!(price, 100);
/// # Ok::<(), concurry_retry::BreakerConfigError>(())
/// # });
/// ```
pub fn fallback<F: IntoFuture>(first: F) -> Fallback<F::IntoFuture> {
    Fallback { call: first.into_future() }
}

pin_project! {
    /// A call with fallbacks, made by [`fallback`]. Await it for the first success, or the error
    /// of the last call.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Fallback<Fut> {
        #[pin]
        call: Fut,
    }
}

impl<Fut, T, E> Fallback<Fut>
where
    Fut: Future<Output = Result<T, E>>,
{
    /// Makes another call when everything before has failed. The closure gets the last error; the
    /// call may have another error type.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops whichever call runs.
    pub fn or_else<Next, F, E2>(self, next: F) -> Fallback<OrElse<Fut, F, Next::IntoFuture>>
    where
        F: FnOnce(E) -> Next,
        Next: IntoFuture<Output = Result<T, E2>>,
    {
        Fallback { call: OrElse::First { call: self.call, next: Some(next) } }
    }

    /// Answers with a value made from the last error: then nothing can fail any more.
    pub fn or_value<F: FnOnce(E) -> T>(self, value: F) -> OrValue<Fut, F> {
        OrValue { call: self.call, value: Some(value) }
    }
}

impl<Fut: Future> Future for Fallback<Fut> {
    type Output = Fut::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().call.poll(context)
    }
}

pin_project! {
    /// One call, and another if it fails. See [`Fallback::or_else`].
    ///
    /// # Panics
    ///
    /// When it is polled again after the closure panicked.
    #[project = OrElseProj]
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub enum OrElse<Fut, F, Next> {
        #[doc(hidden)]
        First { #[pin] call: Fut, next: Option<F> },
        #[doc(hidden)]
        Second { #[pin] call: Next },
    }
}

impl<Fut, F, Next, T, E, E2> Future for OrElse<Fut, F, Next::IntoFuture>
where
    Fut: Future<Output = Result<T, E>>,
    F: FnOnce(E) -> Next,
    Next: IntoFuture<Output = Result<T, E2>>,
{
    type Output = Result<T, E2>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match self.as_mut().project() {
                OrElseProj::First { call, next } => match ready!(call.poll(context)) {
                    Ok(value) => return Poll::Ready(Ok(value)),
                    Err(error) => {
                        let next = next.take().expect("polled again after a panic");
                        let call = next(error).into_future();
                        self.set(OrElse::Second { call });
                    }
                },
                OrElseProj::Second { call } => return call.poll(context),
            }
        }
    }
}

pin_project! {
    /// One call, and a value if it fails. See [`Fallback::or_value`].
    ///
    /// # Panics
    ///
    /// When it is polled again after it was ready.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct OrValue<Fut, F> {
        #[pin]
        call: Fut,
        value: Option<F>,
    }
}

impl<Fut, F, T, E> Future for OrValue<Fut, F>
where
    Fut: Future<Output = Result<T, E>>,
    F: FnOnce(E) -> T,
{
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let this = self.project();
        let result = ready!(this.call.poll(context));
        Poll::Ready(result.unwrap_or_else(|error| {
            let value = this.value.take().expect("polled again after it was ready");
            value(error)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CircuitBreaker;
    use concurry_time::{FakeClock, block_on};
    use std::cell::RefCell;
    use std::future::ready;
    use std::time::Duration;

    #[test]
    fn the_chain_stops_at_the_first_success() {
        let made = RefCell::new(Vec::new());
        let call = |name: &'static str, result: Result<u32, &'static str>| {
            made.borrow_mut().push(name);
            ready(result)
        };
        let chain = fallback(call("first", Err("a")))
            .or_else(|error| call("second", if error == "a" { Ok(2) } else { Err("?") }))
            .or_else(|_| call("third", Ok(3)));
        assert_eq!(block_on(chain), Ok(2));
        assert_eq!(*made.borrow(), ["first", "second"]);
    }

    #[test]
    fn the_last_error_comes_out_when_all_fail() {
        let chain = fallback(ready(Err::<(), _>(1))).or_else(|error| ready(Err(error + 1)));
        assert_eq!(block_on(chain), Err(2));
    }

    #[test]
    fn a_default_answers_while_the_circuit_is_open_and_the_service_comes_back_by_itself() {
        let fake = FakeClock::new();
        let breaker = CircuitBreaker::builder("quotes")
            .minimum_calls(2)
            .open_for(Duration::from_secs(5))
            .open_jitter(0.0)
            .clock(&fake.clock())
            .build()
            .unwrap();
        let called = std::cell::Cell::new(0);
        let quote = |up: bool| {
            let call = breaker.call(|| {
                called.set(called.get() + 1);
                ready(if up { Ok("live") } else { Err("down") })
            });
            block_on(fallback(call).or_value(|_| "default"))
        };
        assert_eq!([quote(false), quote(false), quote(true)], ["default"; 3]);
        assert_eq!(called.get(), 2, "the third met an open circuit");
        fake.advance(Duration::from_secs(5));
        assert_eq!(quote(true), "live");
    }
}
