//! What `#[derive(Worker)]` and `#[worker]` make of ordinary workers.

#![allow(clippy::unwrap_used)] // a test fails by panicking
#![allow(unreachable_pub)] // methods are public as in a library, where they can be reached

use std::fmt::Debug;

use concurry::prelude::*;

/// An error like those of the libraries that hide their own behind an alias.
#[derive(Debug, PartialEq)]
struct Failure(&'static str);

mod alias {
    pub(crate) type Result<T> = std::result::Result<T, super::Failure>;
}

#[derive(Worker)]
#[worker(mode = "thread", max_workers = 1)]
struct Account {
    owner: String,
    balance: i64,
}

#[worker]
impl Account {
    fn new(owner: String, balance: i64) -> Result<Self, Failure> {
        match balance {
            0.. => Ok(Self { owner, balance }),
            _ => Err(Failure("in debt from the start")),
        }
    }

    pub fn owner(&self) -> String {
        self.owner.clone()
    }

    pub fn deposit(&mut self, mut amount: i64, fee: Option<i64>) -> i64 {
        amount -= fee.unwrap_or(0);
        self.balance += amount;
        self.balance
    }

    pub fn withdraw(&mut self, amount: i64) -> Result<i64, Failure> {
        match self.balance - amount {
            rest @ 0.. => {
                self.balance = rest;
                Ok(rest)
            }
            _ => Err(Failure("too little")),
        }
    }

    pub async fn audit(&self, least: i64) -> alias::Result<i64> {
        std::future::ready(()).await;
        if self.balance < least { Err(Failure("audit")) } else { Ok(self.balance) }
    }

    pub async fn close(&mut self, _ctx: &CallContext) -> i64 {
        std::future::ready(()).await;
        std::mem::take(&mut self.balance)
    }

    pub fn richer(&self, ctx: &CallContext, others: Vec<(String, i64)>) -> Vec<String> {
        let _: &dyn Debug = ctx;
        let richer = others.into_iter().filter(|(_, balance)| *balance > self.balance);
        richer.map(|(owner, _)| owner).collect()
    }

    // The names of the handle's own methods come from a trait, so that they are free here.
    pub fn map(&self, factor: i64) -> i64 {
        self.balance * factor
    }

    pub fn stop(&self) -> &'static str {
        "a method of the account"
    }

    pub fn with(&self, other: i64) -> i64 {
        self.balance + other
    }

    #[worker(skip)]
    pub fn initial(&self) -> Option<&str> {
        self.owner.get(..1)
    }

    fn private(&self) -> bool {
        self.balance == 0
    }
}

fn account(balance: i64) -> AccountHandle {
    Account::init("Ada".to_owned(), balance).unwrap()
}

#[test]
fn every_receiver_colour_and_return_type_is_callable() {
    let account = account(10);
    assert_eq!(account.owner().result().unwrap(), "Ada");
    assert_eq!(account.deposit(5, None).result().unwrap(), 15);
    assert_eq!(account.deposit(5, Some(1)).result().unwrap(), 19);
    assert_eq!(account.withdraw(9).result().unwrap(), 10);
    assert_eq!(account.audit(10).result().unwrap(), 10);
    assert_eq!(account.close().result().unwrap(), 10);
    assert_eq!(account.owner().result().unwrap(), "Ada");
    let others = vec![("Bob".to_owned(), 1), ("Eve".to_owned(), -1)];
    assert_eq!(account.richer(others).result().unwrap(), ["Bob"]);
}

#[test]
fn a_methods_own_error_keeps_its_type_also_through_an_alias() {
    let account = account(1);
    let Err(CallError::Failed(written)) = account.withdraw(2).result() else {
        panic!("the account holds less")
    };
    let Err(CallError::Failed(through_alias)) = account.audit(2).result() else {
        panic!("the account holds less")
    };
    assert_eq!([written, through_alias], [Failure("too little"), Failure("audit")]);
}

#[test]
fn methods_may_be_named_like_those_of_every_handle() {
    let account = account(2);
    assert_eq!(account.map(3).result().unwrap(), 6);
    assert_eq!(account.stop().result().unwrap(), "a method of the account");
    assert_eq!(account.with(1).result().unwrap(), 3);
}

#[test]
fn the_struct_stays_an_ordinary_struct() {
    let mut account = Account::new("Ada".to_owned(), 0).unwrap();
    assert!(account.private());
    assert_eq!(account.deposit(3, None), 3);
    assert_eq!(account.initial(), Some("A"));
}

#[test]
fn a_failing_constructor_fails_the_pool() {
    assert!(Account::init("Ada".to_owned(), -1).is_err());
    assert!(Account::options(Mode::Thread, 2).init("Ada".to_owned(), -1).is_err());
}

#[test]
fn handles_are_cheap_to_share_and_to_print() {
    fn shared<T: Clone + Send + Sync + Debug + 'static>(value: &T) -> T {
        value.clone()
    }
    let account = account(1);
    let clone = shared(&account);
    account.deposit(1, None).result().unwrap();
    assert_eq!(clone.deposit(1, None).result().unwrap(), 3);
    assert!(format!("{clone:?}").starts_with("AccountHandle"));
    assert!(format!("{:?}", Account::options(Mode::Sync, 1)).starts_with("AccountOptions"));
}

#[test]
fn waiting_for_a_pool_may_move_between_threads() {
    fn movable<F: Future + Send + 'static>(future: F) -> F {
        future
    }
    drop(movable(Account::init_async("Ada".to_owned(), 1)));
    drop(movable(Account::options(Mode::Async, 1).init_async("Ada".to_owned(), 1)));
}

#[derive(Clone, Worker)]
enum Switch {
    On,
    Off,
}

#[worker]
impl Switch {
    pub fn toggle(&mut self) -> bool {
        *self = match self {
            Self::On => Self::Off,
            Self::Off => Self::On,
        };
        matches!(self, Self::On)
    }

    pub fn twin(&self, twin: Self) -> Self {
        twin
    }
}

#[test]
fn an_enum_without_a_constructor_starts_as_a_clone() {
    let switch = Switch::options(Mode::Thread, 1).init(Switch::Off).unwrap();
    assert!(switch.toggle().result().unwrap());
    assert!(!switch.toggle().result().unwrap());
    assert!(matches!(switch.twin(Switch::On).result().unwrap(), Switch::On));
}

#[derive(Worker)]
struct Slow(u8);

#[worker]
impl Slow {
    pub async fn new(value: u8) -> alias::Result<Self> {
        std::future::ready(()).await;
        if value == 0 { Err(Failure("zero")) } else { Ok(Self(value)) }
    }

    pub fn value(&self) -> u8 {
        self.0
    }
}

#[test]
fn a_constructor_may_be_asynchronous_and_return_an_alias() {
    let slow = Slow::options(Mode::Thread, 1);
    assert_eq!(slow.init(7).unwrap().value().result().unwrap(), 7);
    assert!(Slow::options(Mode::Thread, 1).init(0).is_err());
}

#[test]
fn a_worker_may_be_declared_inside_a_function() {
    #[derive(Worker)]
    struct Local(u8);

    #[worker]
    impl Local {
        fn new() -> Self {
            Self(1)
        }

        pub fn next(&mut self) -> u8 {
            self.0 += 1;
            self.0
        }
    }

    let local = Local::options(Mode::Thread, 1).init().unwrap();
    assert_eq!(local.next().result().unwrap(), 2);
}

/// All of it can leave the process, but for an error, which crosses as text.
#[derive(Clone, Worker, serde::Deserialize, serde::Serialize)]
#[worker(process)]
struct Leaving {
    prefix: String,
}

#[worker]
impl Leaving {
    pub fn prefixed(&self, text: String) -> String {
        format!("{}{text}", self.prefix)
    }

    pub async fn all(&self, texts: Vec<String>) -> alias::Result<Vec<Self>> {
        std::future::ready(()).await;
        match texts.is_empty() {
            true => Err(Failure("nothing to do")),
            false => Ok(texts.into_iter().map(|prefix| Self { prefix }).collect()),
        }
    }

    #[cfg(any())]
    pub fn absent(&self, stays: std::rc::Rc<u8>) {}
}

#[test]
fn a_worker_that_is_marked_for_processes_runs_in_every_mode() {
    for mode in [Mode::Sync, Mode::Thread, Mode::Async, Mode::Process] {
        let leaving = Leaving::options(mode, 1).init(Leaving { prefix: "a".to_owned() }).unwrap();
        assert_eq!(leaving.prefixed("b".to_owned()).result().unwrap(), "ab", "{mode}");
        let all = leaving.all(vec!["c".to_owned()]).result().unwrap();
        assert_eq!(all[0].prefix, "c", "{mode}");
        assert!(leaving.all(Vec::new()).result().is_err(), "{mode}");
    }
}
