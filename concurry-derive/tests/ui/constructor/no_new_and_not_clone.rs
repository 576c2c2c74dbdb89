use concurry::prelude::*;

#[derive(Worker)]
struct Llm {
    model: String,
}

#[worker]
impl Llm {
    pub fn model(&self) -> String {
        self.model.clone()
    }
}

fn main() {}
