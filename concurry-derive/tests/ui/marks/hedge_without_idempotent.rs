use concurry::prelude::*;

#[derive(Worker)]
struct Llm;

#[worker]
impl Llm {
    pub fn new() -> Self {
        Self
    }

    pub fn send(&self, message: String) {
        drop(message);
    }
}

fn main() {
    let _ = Llm::options(Mode::Thread, 1).on_send(|send| send.hedge(Hedge::redundant(2)));
}
