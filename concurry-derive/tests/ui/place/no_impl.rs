use concurry::prelude::*;

#[derive(Clone, Worker)]
struct Llm;

fn main() {}
