use concurry::prelude::*;

#[derive(Clone)]
pub struct Connection;

#[derive(Worker)]
#[worker(process)]
struct Llm;

#[worker]
impl Llm {
    pub fn new(_model: String, _connection: Connection) -> Self {
        Self
    }
}

// Each worker starts with a clone of the value given.
#[derive(Clone, Worker)]
#[worker(process)]
struct Value;

#[worker]
impl Value {
    pub fn ask(&self) {}
}

fn main() {}
