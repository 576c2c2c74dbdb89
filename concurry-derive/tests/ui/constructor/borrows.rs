use concurry::prelude::*;

#[derive(Worker)]
struct Llm {
    model: String,
}

#[worker]
impl Llm {
    pub fn new(model: &str) -> Self {
        Self { model: model.to_owned() }
    }
}

fn main() {}
