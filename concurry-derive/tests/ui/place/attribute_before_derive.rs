use concurry::prelude::*;

#[worker(mode = "thread")]
#[derive(Clone, Worker)]
struct Llm;

#[worker]
impl Llm {}

fn main() {}
