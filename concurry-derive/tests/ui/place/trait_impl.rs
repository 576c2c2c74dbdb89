use concurry::prelude::*;

trait Greet {
    fn greet(&self);
}

struct Llm;

#[worker]
impl Greet for Llm {
    fn greet(&self) {}
}

fn main() {}
