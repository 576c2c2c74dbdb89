//! Calls that one worker makes, one after the other, as one unit.

use std::sync::Mutex;
use std::task::Waker;
use std::time::Instant;

use concurry_core::__private::{SlabArc, Visitor};

use super::pace::Pace;
use crate::error::Cause;
use crate::journal::Ledger;
use crate::node::{About, AnyNode, Header, Place, Progress, SharedNode, Stage, VisitAsker};
use crate::sync::lock;

/// Calls that one worker makes, one after the other.
pub(super) struct Chain {
    header: Header,
    /// The last link first.
    links: Mutex<Vec<SharedNode>>,
    /// When the link began that is an ordinary call on its way.
    began: Mutex<Instant>,
    /// Ordinary calls that succeeded and failed since it was last said how many.
    counted: Mutex<(u32, u32)>,
    about: About,
    place: Place,
}

impl Chain {
    pub(super) fn of(mut links: Vec<SharedNode>) -> SharedNode {
        let (about, place) = (links[0].about(), links[0].place());
        links.reverse();
        let header = Header::new(Stage::New, true, false);
        let cost: f32 = links.iter().filter_map(|link| link.header().cost()).sum();
        if cost > 0.0 {
            header.set_cost(std::time::Duration::from_secs_f32(cost));
        }
        let (links, began) = (Mutex::new(links), Mutex::new(Instant::now()));
        let counted = Mutex::default();
        SlabArc::new(Self { header, links, began, counted, about, place }).see_as(|cell| cell as _)
    }

    /// Makes a link's call, or goes on with it. Its pool sends no workers, so the links are ordinary
    /// calls, one after the other.
    fn call(&self, link: &dyn AnyNode, waker: &Waker, is_begun: bool) -> Progress {
        let progress = if is_begun {
            link.go_on(waker, None)
        } else {
            *lock(&self.began) = Instant::now();
            link.begin(waker, None)
        };
        if progress != Progress::Pending {
            link.header().note_took(lock(&self.began).elapsed());
        }
        progress
    }

    /// What `work` does with each link, up to one that is not over at once.
    fn each(&self, mut work: impl FnMut(&dyn AnyNode) -> Progress) -> Progress {
        let (mut done, mut failed) = std::mem::take(&mut *lock(&self.counted));
        loop {
            let Some(link) = lock(&self.links).pop() else {
                return Progress::Over { done, failed };
            };
            let progress = work(&*link);
            self.header.set_stage(link.header().stage());
            let Progress::Over { done: more, failed: more_failed } = progress else {
                lock(&self.links).push(link);
                *lock(&self.counted) = (done, failed);
                return Progress::Pending;
            };
            done += more;
            failed += more_failed;
        }
    }
}

impl AnyNode for Chain {
    fn header(&self) -> &Header {
        &self.header
    }

    fn about(&self) -> About {
        self.about
    }

    fn place(&self) -> Place {
        self.place
    }

    fn begin(&self, waker: &Waker, _: Option<&mut Ledger>) -> Progress {
        self.each(|link| self.call(link, waker, false))
    }

    fn go_on(&self, waker: &Waker, _: Option<&mut Ledger>) -> Progress {
        let mut first = true;
        self.each(|link| self.call(link, waker, std::mem::replace(&mut first, false)))
    }

    fn run_on(&self, visitor: &mut Visitor<'_>, leave: &dyn Fn(bool) -> bool) -> Progress {
        let (mut done, mut failed) = (0, 0);
        let mut pace = Pace::new();
        loop {
            let Some(link) = lock(&self.links).pop() else {
                return Progress::Over { done, failed };
            };
            // After a panic the worker is not used again; the links after it fail without it.
            if done + failed > 0 && !visitor.is_spoilt() && leave(pace.is_new()) {
                lock(&self.links).push(link);
                return Progress::Unfinished { done, failed };
            }
            if let Progress::Over { done: more, failed: more_failed } = link.run_on(visitor, leave)
            {
                done += more;
                failed += more_failed;
            }
            self.header.set_stage(link.header().stage());
            pace.add(link);
        }
    }

    fn cancel(&self) {
        let running = lock(&self.links).pop();
        if let Some(link) = running {
            link.cancel();
            link.unclaim();
        }
    }

    fn unclaim(&self) {
        lock(&self.links).iter().for_each(|link| link.unclaim());
    }

    fn abort(&self, _: Cause) {
        // Which of the links it was is not known any more; those after it find it without a value.
        self.each(|link| {
            link.abort(Cause::Cancelled);
            Progress::Over { done: 0, failed: 1 }
        });
    }

    fn visit_asker(&self) -> Option<VisitAsker> {
        lock(&self.links).last().and_then(|link| link.visit_asker())
    }
}
