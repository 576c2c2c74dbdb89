use concurry::prelude::*;
use std::time::Duration;

#[derive(Worker)]
struct Llm;

#[worker]
impl Llm {
    pub fn new() -> Self {
        Self
    }

    #[idempotent]
    pub fn ask(&self) {}

    pub fn send(&self, message: String) {
        drop(message);
    }
}

fn main() {
    let _ = Llm::options(Mode::Thread, 1)
        .on_ask(|ask| ask.hedge(Hedge::after(Duration::from_secs(1))))
        .on_send(|send| send.hedge(Hedge::redundant(2)));
}
