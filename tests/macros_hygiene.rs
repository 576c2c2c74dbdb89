//! The macros see nothing of what the user has in scope, and leave nothing there.

#![allow(clippy::unwrap_used)] // a test fails by panicking
#![deny(warnings)]
#![allow(unreachable_pub)] // methods are public as in a library, where they can be reached

/// A module in which everything that generated code could name means something else.
mod shadowed {
    #![allow(dead_code, non_camel_case_types)]

    use ::concurry::prelude::{Mode, Worker, worker};

    pub(super) struct Result;
    struct Option;
    struct Some;
    struct None;
    struct Ok;
    struct Err;
    struct Vec;
    struct Box;
    struct String;
    struct PhantomData;
    struct Future;
    struct Handle;
    struct Options;
    struct Constructor;
    struct TaskFuture;
    struct __private;
    trait Send {}
    trait Sync {}
    trait Sized {}
    trait Clone {}
    trait Debug {}
    trait Fn {}
    trait FnOnce {}
    trait From {}
    trait Into {}
    trait Iterator {}
    trait IntoIterator {}
    mod core {}
    mod std {}
    mod alloc {}
    mod concurry {}
    fn drop() {}
    #[allow(unused_macros)]
    macro_rules! assert {
        ($($tokens:tt)*) => {
            compile_error!("the user's macro was called")
        };
    }

    #[derive(Worker)]
    #[worker(mode = "sync")]
    pub(super) struct Counter(u64);

    #[worker]
    impl Counter {
        pub(super) fn new(args: u64) -> Self {
            Self(args)
        }

        // The parameters are named like the locals of generated code might be.
        pub(super) fn add(&mut self, worker: u64, context: u64) -> u64 {
            self.0 += worker + context;
            self.0
        }

        pub(super) async fn checked(&self, args: u64, raw: u64) -> ::std::result::Result<u64, u64> {
            if self.0 == args {
                ::std::result::Result::Ok(raw)
            } else {
                ::std::result::Result::Err(self.0)
            }
        }

        #[cfg(not(any()))]
        pub(super) fn present(&self) -> ::std::option::Option<u64> {
            ::std::option::Option::Some(self.0)
        }

        #[cfg(any())]
        pub(super) fn absent(&self) -> Missing {}
    }

    #[concurry_task]
    pub(super) fn double(args: u64) -> u64 {
        args * 2
    }
    use ::concurry::prelude::task as concurry_task;

    pub(super) fn pools() -> (CounterHandle, DoublePool) {
        (
            Counter::options(Mode::Thread, 1).init(1).unwrap(),
            double::options(Mode::Thread, 1).init().unwrap(),
        )
    }
}

#[test]
fn shadowed_names_change_nothing() {
    let (counter, double) = shadowed::pools();
    assert_eq!(counter.add(1, 2).result().unwrap(), 4);
    assert_eq!(counter.checked(4, 9).result().unwrap(), 9);
    assert!(counter.checked(5, 9).result().is_err());
    assert_eq!(counter.present().result().unwrap(), Some(4));
    assert_eq!(double.submit(4).result().unwrap() + shadowed::double(1), 10);
}

/// Methods that are named like the locals of generated code.
mod common_names {
    use concurry::prelude::*;

    #[derive(Clone, Worker)]
    pub(super) struct Common;

    macro_rules! common {
        ($($name:ident)*) => {
            #[worker]
            impl Common {
                pub fn one(&self, item: u64, factor: u64) -> Result<u64, String> {
                    Ok(item * factor)
                }

                #[batch(of = "one", max_size = 8)]
                fn other(&self, items: Vec<u64>, factor: u64) -> Vec<Result<u64, String>> {
                    items.into_iter().map(|item| Ok(item * factor)).collect()
                }

                $(pub async fn $name(&self, number: u64) -> Result<u64, String> { Ok(number) })*
            }
        };
    }

    common! {
        answer args arguments context error f failure handle items open outcome output permit pool
        raw rest result verdict visitor worker
    }
}

#[test]
fn methods_may_be_named_like_locals_of_generated_code() {
    use common_names::Common;
    use concurry::prelude::{Mode, WorkerHandle, compute};

    let pool = Common::options(Mode::Thread, 1).init(Common).unwrap();
    let open = pool.open(3).result().unwrap() + pool.result(4).result().unwrap();
    assert_eq!((pool.one(2, 3).result().unwrap(), open), (6, 7));
    let lazy = {
        use concurry::prelude::LazyHandle;
        pool.lazy()
    };
    assert_eq!(compute(lazy.one(lazy.error(5), 2)).unwrap(), 10);
    let numbers = pool.map([1, 2], |pool, number| pool.answer(number)).results().unwrap();
    assert_eq!(numbers, [1, 2]);
}

/// A module that has the library under another path only.
mod elsewhere {
    pub(crate) mod library {
        pub(crate) use ::concurry::__private;
    }

    use ::concurry::prelude::{Mode, Worker, worker};

    #[derive(Worker)]
    #[worker(crate = crate::elsewhere::library)]
    pub(crate) struct Echo;

    #[worker(crate = crate::elsewhere::library)]
    impl Echo {
        pub(crate) fn new() -> Self {
            Self
        }

        pub(crate) fn echo(&self, text: String) -> String {
            text
        }
    }

    pub(crate) fn pool() -> EchoHandle {
        Echo::options(Mode::Thread, 1).init().unwrap()
    }
}

#[test]
fn the_library_may_have_another_path() {
    assert_eq!(elsewhere::pool().echo("hello".to_owned()).result().unwrap(), "hello");
}

/// A worker whose struct and impl live in different modules.
mod apart {
    pub(crate) mod state {
        use concurry::prelude::*;

        #[derive(Worker)]
        pub(crate) struct Apart {
            pub(super) number: u8,
        }
    }

    mod methods {
        use concurry::prelude::*;

        use super::state::{Apart, ApartHandle, ApartLazy, ApartOptions};

        #[worker]
        impl Apart {
            pub(crate) fn new(number: u8) -> Self {
                Self { number }
            }

            pub(crate) fn number(&self) -> u8 {
                self.number
            }
        }
    }
}

#[test]
fn struct_and_impl_may_live_in_different_modules() {
    let apart = apart::state::Apart::options(concurry::prelude::Mode::Thread, 1).init(3).unwrap();
    assert_eq!(apart.number().result().unwrap(), 3);
}

/// Tokens that come out of another macro carry that macro's hygiene.
macro_rules! cell {
    ($name:ident, $task:ident, $ty:ty) => {
        #[derive(Worker)]
        struct $name {
            value: Option<$ty>,
        }

        #[worker]
        impl $name {
            fn new(value: $ty) -> Self {
                Self { value: Some(value) }
            }

            pub fn swap(&mut self, ctx: &CallContext, value: $ty) -> Result<$ty, String> {
                let _ = ctx;
                self.value.replace(value).ok_or_else(String::new)
            }

            pub async fn get(&self) -> Option<$ty> {
                self.value.clone()
            }
        }

        #[task]
        fn $task(left: $ty, right: $ty) -> ($ty, $ty) {
            (right, left)
        }
    };
}

macro_rules! copy {
    ($name:ident) => {
        #[derive(Clone, Worker)]
        struct $name(u8);

        #[worker]
        impl $name {
            pub fn get(&self) -> u8 {
                self.0
            }
        }
    };
}

#[test]
fn a_worker_may_come_out_of_another_macro() {
    use concurry::prelude::*;

    cell!(Text, flip, Vec<String>);
    let text = Text::options(Mode::Thread, 1).init(vec!["a".to_owned()]).unwrap();
    assert_eq!(text.swap(Vec::new()).result().unwrap(), ["a"]);
    assert_eq!(text.get().result().unwrap(), Some(Vec::new()));
    let flips = flip::options(Mode::Thread, 1).init().unwrap();
    let (left, right) = (Vec::new(), vec!["b".to_owned()]);
    assert_eq!(flips.submit(left.clone(), right.clone()).result().unwrap(), flip(left, right));

    copy!(Byte);
    assert_eq!(Byte::options(Mode::Thread, 1).init(Byte(7)).unwrap().get().result().unwrap(), 7);
}
