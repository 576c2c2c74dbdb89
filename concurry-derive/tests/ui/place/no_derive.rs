use concurry::prelude::*;

struct Llm;

#[worker]
impl Llm {
    pub fn new() -> Self {
        Self
    }
}

fn main() {}
