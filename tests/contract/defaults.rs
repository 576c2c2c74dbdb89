//! The layered defaults.

use concurry::config::{self, Settings};
use concurry::prelude::*;

use crate::llm::Other;

#[test]
fn a_default_holds_for_a_block_and_an_option_beats_it() {
    #[derive(Clone, Worker)]
    #[worker(mode = "thread")]
    struct Plain;
    #[worker]
    impl Plain {
        pub fn nothing(&self) {}
    }
    let workers = || Plain::init(Plain).unwrap().stats().workers;
    let block = config::scoped_for(Mode::Thread, Settings::new().max_workers(3)).unwrap();
    assert_eq!(workers(), 3);
    let explicit = Other::options(Mode::Thread, 2).init(Other).unwrap();
    assert_eq!(explicit.stats().workers, 2);
    drop(block);
    assert_ne!(workers(), 3);
}
