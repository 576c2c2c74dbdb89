//! What the macros tell the engine of a worker and its methods.

#![allow(clippy::unwrap_used)] // a test fails by panicking
#![allow(unreachable_pub)] // methods are public as in a library, where they can be reached

use std::cell::Cell;
use std::rc::Rc;

use concurry::__private::{
    Method, MethodSpec, MethodVisitor, Mode, TypeDefaults, Worker as Described, WorkerType,
};
use concurry::prelude::*;

#[derive(Debug)]
struct NotClone;

#[derive(Worker)]
#[worker(mode = "Asynchronous", max_workers = 2 + 1)]
struct Llm {
    calls: Cell<u64>,
    model: Rc<str>,
}

#[worker]
impl Llm {
    pub fn new() -> Self {
        Self { calls: Cell::new(0), model: "small".into() }
    }

    #[cfg(any())]
    pub fn never_built(&self) {}

    #[cfg(not(any()))]
    #[idempotent]
    pub async fn chat(&self, ctx: &CallContext, prompt: String) -> Result<String, NotClone> {
        let _ = ctx;
        self.calls.set(self.calls.get() + 1);
        Ok(format!("{}: {prompt}", self.model))
    }

    #[pure]
    pub fn r#type(&mut self, left: NotClone) -> NotClone {
        left
    }
}

/// Collects what the engine reads of each method.
#[derive(Default)]
struct Seen {
    specs: Vec<MethodSpec>,
    copies_arguments: Vec<bool>,
}

impl<W: Described> MethodVisitor<W> for Seen {
    fn visit<M: Method<Worker = W>>(&mut self) {
        self.specs.push(M::SPEC);
        self.copies_arguments.push(M::abilities().clone_args.is_some());
    }
}

#[test]
fn the_engine_sees_each_method_with_its_facts() {
    let mut seen = Seen::default();
    Llm::visit_methods(&mut seen);
    let common = MethodSpec {
        worker: "Llm",
        name: "chat",
        index: 0,
        exclusive: false,
        asynchronous: true,
        uses_context: true,
        idempotent: true,
        pure: false,
    };
    let typed = MethodSpec {
        name: "type",
        index: 1,
        exclusive: true,
        asynchronous: false,
        uses_context: false,
        idempotent: false,
        pure: true,
        ..common
    };
    assert_eq!(seen.specs, [common, typed]);
    assert_eq!(<Llm as Described>::METHODS, 2, "a method that is not built is not counted");
    assert_eq!(seen.copies_arguments, [true, false]);
}

#[test]
fn the_engine_sees_the_types_own_options_and_its_state() {
    let expected = TypeDefaults { mode: Some(Mode::Async), max_workers: Some(3), process: false };
    assert_eq!(Llm::DEFAULTS, expected);
    assert_eq!(Llm::NAME, "Llm");
    let state = <Llm as Described>::STATE;
    assert!(!state.send && !state.sync, "{}", Llm::new().model);
}

#[task(mode = "procs")]
fn heavy(number: u64) -> u64 {
    number
}

#[task]
async fn light() {}

#[test]
fn a_plain_task_can_be_called_without_its_pool() {
    use concurry::__private::TaskFunction;

    assert_eq!(heavy::DEFAULTS.mode, Some(Mode::Process));
    let direct = <heavy as TaskFunction>::DIRECT.unwrap();
    assert_eq!(direct(heavy::into_args(3)), Ok(3));
    assert!(<light as TaskFunction>::DIRECT.is_none());
}
