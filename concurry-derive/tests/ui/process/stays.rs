//! A worker that is marked `#[worker(process)]` and takes or gives what can't leave the process.

use concurry::prelude::*;

#[derive(Clone)]
pub struct Connection;

#[derive(Worker)]
#[worker(process)]
struct Llm;

#[worker]
impl Llm {
    pub fn new(connection: Connection) -> Self {
        drop(connection);
        Self
    }

    pub fn ask(&self, connection: Connection, prompt: String) -> Result<Connection, String> {
        Err(prompt)
    }
}

fn main() {}
