use concurry::prelude::*;

#[derive(Clone, Worker)]
struct Llm<'a> {
    name: &'a str,
}

fn main() {}
