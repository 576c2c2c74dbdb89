//! What answers when a call has failed.

use std::sync::atomic::Ordering;

use super::arguments::Spare;
use super::drive::Drive;
use super::waiting::until;
use crate::CallError;
use crate::error::Timeout;
use crate::event::Event;
use crate::future::{Outcome, TaskFuture};
use crate::shared::running::Within;
use crate::worker::Method;

/// One step of a method's chain of fallbacks.
pub(crate) enum Fallback<M: Method> {
    /// A value made from the error.
    Value(Box<dyn Fn(&CallError<M::Error>) -> M::Output + Send + Sync>),
    /// A value made from the error and the arguments.
    WithArguments(Box<dyn Fn(&CallError<M::Error>, M::Args) -> M::Output + Send + Sync>),
    /// Another call.
    #[allow(clippy::type_complexity)] // spelled out once, here
    Call(Box<dyn Fn(&CallError<M::Error>, M::Args) -> Answer<M> + Send + Sync>),
}

/// What a fallback that calls somebody else gives.
pub(crate) type Answer<M> = TaskFuture<<M as Method>::Output, <M as Method>::Error>;

impl<M: Method> Fallback<M> {
    /// Whether it needs a copy of the arguments.
    pub(crate) fn takes_arguments(&self) -> bool {
        !matches!(self, Self::Value(_))
    }
}

impl<M: Method> Drive<M> {
    /// Asks the fallbacks in their order, each with the error before it. What is cancelled, and what
    /// comes too late, is not answered.
    pub(super) async fn fall_back(
        &self,
        error: CallError<M::Error>,
        spare: Option<Spare<M>>,
    ) -> Outcome<M::Output, M::Error> {
        let mut error = error;
        for (index, fallback) in self.layers().fallbacks.iter().enumerate() {
            let outcome = match fallback {
                Fallback::Value(value) => Ok(value(&error)),
                Fallback::WithArguments(value) => match spare.as_ref().map(Spare::copy) {
                    Some(arguments) => Ok(value(&error, arguments)),
                    None => continue,
                },
                Fallback::Call(call) => match spare.as_ref().map(Spare::copy) {
                    Some(arguments) => {
                        let answer = {
                            let _within = Within::enter(self.deadline);
                            call(&error, arguments)
                        };
                        self.answered(answer).await
                    }
                    None => continue,
                },
            };
            let shared = self.shared();
            shared.events.emit(|| Event::FellBack {
                call: self.call,
                site: Self::site(),
                step: index + 1,
                ok: outcome.is_ok(),
            });
            match outcome {
                Ok(output) => {
                    shared.layer_counters.fallbacks.fetch_add(1, Ordering::Relaxed);
                    return Ok(output);
                }
                Err(next) => error = next,
            }
        }
        Err(error)
    }

    /// Waits for the call of a fallback, by the deadline.
    async fn answered(&self, answer: Answer<M>) -> Outcome<M::Output, M::Error> {
        let mut answer = answer.cancel_on_drop();
        let clock = &self.shared().clock;
        match self.unless_stopped(until(clock, self.deadline, &mut answer)).await? {
            Some(outcome) => outcome,
            None => Err(CallError::TimedOut(Timeout::Deadline)),
        }
    }
}
