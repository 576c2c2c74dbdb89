use concurry::prelude::*;

#[derive(Worker)]
struct Llm;

#[worker]
impl Llm {
    pub fn new() -> Self {
        Self
    }
    pub fn init(&self) {}
    pub fn init_async(&self) {}
    fn options() {}
}

fn main() {}
