use concurry::prelude::*;

#[derive(Clone, Worker)]
#[worker(mode = "threaded")]
struct Llm;

#[worker]
impl Llm {}

#[task(mode = "gpu")]
fn heavy() {}

fn main() {}
