//! What answers when a call has failed.

use std::sync::atomic::Ordering;

use super::arguments::{Arguments, Spare};
use super::drive::Drive;
use super::failure::{Ending, Failure};
use super::types::types;
use super::waiting::until;
use crate::CallError;
use crate::error::Timeout;
use crate::event::Event;
use crate::future::{Done, TaskFuture, UntypedFuture};
use crate::shared::running::Within;
use crate::worker::Method;

/// One step of a method's chain of fallbacks.
pub(crate) struct Fallback {
    kind: Kind,
    answer: Box<Answer>,
}

/// Answers a failure of a call of the method, to which the arguments belong.
type Answer = dyn Fn(Failure, Option<Box<dyn Arguments>>) -> UntypedFuture + Send + Sync;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A value made from the error.
    Value,
    /// A value made from the error and the arguments.
    WithArguments,
    /// Another call.
    Call,
}

impl Fallback {
    /// A value made from the error.
    pub(crate) fn value<M: Method>(
        value: impl Fn(&CallError<M::Error>) -> M::Output + Send + Sync + 'static,
    ) -> Self {
        let answer = move |failure: Failure, _: Option<Box<dyn Arguments>>| {
            // SAFETY: by the contract of `Answer`.
            let error = unsafe { failure.into_error::<M::Output, M::Error>() };
            ready::<M>(value(&error))
        };
        Self { kind: Kind::Value, answer: Box::new(answer) }
    }

    /// A value made from the error and the arguments.
    pub(crate) fn with_arguments<M: Method>(
        value: impl Fn(&CallError<M::Error>, M::Args) -> M::Output + Send + Sync + 'static,
    ) -> Self {
        let answer = move |failure: Failure, arguments: Option<Box<dyn Arguments>>| {
            // SAFETY: by the contract of `Answer`.
            let error = unsafe { failure.into_error::<M::Output, M::Error>() };
            ready::<M>(value(&error, taken::<M>(arguments)))
        };
        Self { kind: Kind::WithArguments, answer: Box::new(answer) }
    }

    /// Another call.
    pub(crate) fn call<M: Method>(
        call: impl Fn(&CallError<M::Error>, M::Args) -> TaskFuture<M::Output, M::Error>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let answer = move |failure: Failure, arguments: Option<Box<dyn Arguments>>| {
            // SAFETY: by the contract of `Answer`.
            let error = unsafe { failure.into_error::<M::Output, M::Error>() };
            call(&error, taken::<M>(arguments)).untyped(types::<M>().site())
        };
        Self { kind: Kind::Call, answer: Box::new(answer) }
    }

    /// Whether it needs a copy of the arguments.
    pub(crate) fn takes_arguments(&self) -> bool {
        self.kind != Kind::Value
    }
}

fn ready<M: Method>(output: M::Output) -> UntypedFuture {
    Done::new::<M::Output, M::Error>(types::<M>().site(), Ok(output)).into_future()
}

fn taken<M: Method>(arguments: Option<Box<dyn Arguments>>) -> M::Args {
    let taken = arguments.and_then(|mut arguments| {
        arguments.take().downcast_mut::<Option<M::Args>>().and_then(Option::take)
    });
    taken.unwrap_or_else(|| unreachable!("it is given the arguments of its method"))
}

impl Drive {
    /// Asks the fallbacks in their order, each with the error before it. What is cancelled, and what
    /// comes too late, is not answered.
    pub(super) async fn fall_back(&self, failure: Failure, spare: Option<Spare>) -> Ending {
        let mut failure = failure;
        for (index, fallback) in self.layers().fallbacks.iter().enumerate() {
            let spare = spare.as_ref().filter(|_| fallback.takes_arguments());
            let arguments = spare.map(Spare::copy);
            if arguments.is_none() && fallback.takes_arguments() {
                continue;
            }
            let answer = {
                let calls = fallback.kind == Kind::Call;
                let _within = calls.then(|| Within::enter(self.deadline));
                (fallback.answer)(failure, arguments)
            };
            let ending = self.answered(answer).await;
            let shared = self.shared();
            shared.events.emit(|| Event::FellBack {
                call: self.call,
                site: self.site(),
                step: index + 1,
                ok: ending.is_ok(),
            });
            match ending {
                Ok(done) => {
                    shared.layer_counters.fallbacks.fetch_add(1, Ordering::Relaxed);
                    return Ok(done);
                }
                Err(next) => failure = next,
            }
        }
        Err(failure)
    }

    /// Waits for the call of a fallback, by the deadline.
    async fn answered(&self, answer: UntypedFuture) -> Ending {
        let mut answer = answer;
        let clock = &self.shared().clock;
        match self.unless_stopped(until(clock, self.deadline, &mut answer)).await? {
            // SAFETY: it answers a call of the method.
            Some(done) => unsafe { self.types().judge(done) },
            None => Err(Failure::timed_out(Timeout::Deadline)),
        }
    }
}
