use concurry::prelude::*;

type Fallible<T> = Result<T, String>;

#[derive(Worker)]
struct Llm;

#[worker]
impl Llm {
    pub fn new() -> Self {
        Self
    }

    pub fn call(&self) -> Fallible<u8> {
        Ok(1)
    }
}

#[task]
fn heavy() -> Fallible<u8> {
    Ok(1)
}

fn main() {}
