use concurry::prelude::*;

#[derive(Worker)]
struct Llm;

#[worker]
impl Llm {
    pub fn new() -> Self {
        Self
    }
}

#[worker]
impl Llm {
    pub fn new() -> Self {
        Self
    }

    pub fn call(&self) {}
}

fn main() {}
