use concurry::prelude::*;

#[derive(Clone, Worker)]
#[worker]
struct Llm;

#[worker]
impl Llm {}

fn main() {}
