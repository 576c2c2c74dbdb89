use concurry::prelude::*;

#[worker]
fn heavy() {}

#[task]
struct Llm;

fn main() {}
