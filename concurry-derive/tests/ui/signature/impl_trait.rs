use concurry::prelude::*;

#[derive(Worker)]
struct Llm;

#[worker]
impl Llm {
    pub fn new(name: impl Into<String>) -> Self {
        drop(name.into());
        Self
    }

    pub fn call(&self, prompt: impl Into<String>) {
        drop(prompt.into());
    }

    pub fn all(&self) -> impl Iterator<Item = u8> {
        [1].into_iter()
    }
}

#[task]
fn heavy(name: impl Into<String>) {
    drop(name.into());
}

fn main() {}
