use concurry::prelude::*;

struct Llm;

impl Llm {
    #[task]
    pub fn call(&self) {}
}

fn main() {}
