//! Outcomes in the order in which they come.

use std::fmt;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::source::{Next, Source, timed_out};
use crate::future::Outcome;

/// Outcomes as they come, each with the number of its future. Made by `as_completed`.
///
/// After a timeout it yields one last [`CallError::TimedOut`](crate::CallError::TimedOut) with the
/// number after the last one.
#[must_use = "iterators do nothing until they are asked for the next item"]
pub struct AsCompleted<T, E> {
    source: Option<Source<T, E>>,
}

impl<T: Send + 'static, E: Send + 'static> AsCompleted<T, E> {
    pub(super) fn new(source: Source<T, E>) -> Self {
        Self { source: Some(source) }
    }
}

impl<T: Send + 'static, E: Send + 'static> Iterator for AsCompleted<T, E> {
    type Item = (usize, Outcome<T, E>);

    fn next(&mut self) -> Option<Self::Item> {
        match self.source.as_mut()?.step() {
            ControlFlow::Continue(item) => Some(item),
            ControlFlow::Break(last) => {
                self.source = None;
                last
            }
        }
    }
}

impl<T, E> fmt::Debug for AsCompleted<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted").field("ended", &self.source.is_none()).finish()
    }
}

/// The same as a stream. Made by `stream`.
#[must_use = "streams do nothing unless polled"]
pub struct CompletionStream<T, E> {
    source: Option<Source<T, E>>,
}

impl<T: Send + 'static, E: Send + 'static> CompletionStream<T, E> {
    pub(super) fn new(source: Source<T, E>) -> Self {
        Self { source: Some(source) }
    }
}

impl<T: Send + 'static, E: Send + 'static> Stream for CompletionStream<T, E> {
    type Item = (usize, Outcome<T, E>);

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(source) = self.source.as_mut() else { return Poll::Ready(None) };
        match source.poll_next(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Next::Done(number, outcome)) => Poll::Ready(Some((number, outcome))),
            Poll::Ready(Next::End) => {
                self.source = None;
                Poll::Ready(None)
            }
            Poll::Ready(Next::TimedOut) => {
                let taken = source.taken();
                self.source = None;
                Poll::Ready(Some((taken, Err(timed_out()))))
            }
        }
    }
}

impl<T, E> Unpin for CompletionStream<T, E> {}

impl<T, E> fmt::Debug for CompletionStream<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompletionStream").field("ended", &self.source.is_none()).finish()
    }
}
