use std::rc::Rc;

use concurry::prelude::*;

#[derive(Worker)]
struct Llm;

#[worker]
impl Llm {
    pub fn new() -> Self {
        Self
    }

    pub fn argument(&self, number: u8, shared: Rc<u8>) {
        drop((number, shared));
    }

    pub fn result(&self) -> Result<Rc<u8>, String> {
        Ok(Rc::new(1))
    }
}

fn main() {}
