use concurry::MethodOptions;
use concurry::__private::Idempotent;
use concurry::prelude::*;

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

/// As every option does that runs a method more than once.
fn twice<M: Idempotent>(options: MethodOptions<M>) -> MethodOptions<M> {
    options
}

fn main() {
    let _ = Llm::options(Mode::Thread, 1).on_ask(twice).on_send(twice);
}
