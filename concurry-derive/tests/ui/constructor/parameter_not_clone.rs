use concurry::prelude::*;

struct Key(String);

#[derive(Worker)]
struct Llm {
    key: Key,
}

#[worker]
impl Llm {
    pub fn new(name: String, key: Key) -> Self {
        drop(name);
        Self { key }
    }
}

fn main() {}
