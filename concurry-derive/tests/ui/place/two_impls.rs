use concurry::prelude::*;

#[derive(Clone, Worker)]
struct Llm;

#[worker]
impl Llm {
    pub fn embed(&self) {}
}

#[worker]
impl Llm {
    pub fn chat(&self) {}
}

fn main() {}
