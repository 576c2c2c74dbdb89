use concurry::prelude::*;

#[derive(Clone, Worker)]
#[worker(workers = 4)]
struct Llm;

#[worker(mode = "thread")]
impl Llm {}

#[task(process)]
fn heavy() {}

fn main() {}
