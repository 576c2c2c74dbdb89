use concurry::prelude::*;

#[derive(Clone)]
pub struct Connection;

#[derive(Worker)]
#[worker(process)]
struct Llm;

#[worker]
impl Llm {
    pub fn new(_model: String) -> Self {
        Self
    }

    pub fn ask(&self, prompt: String, _connection: Connection) -> String {
        prompt
    }

    pub async fn ask_all(&mut self, _connections: Vec<Connection>, _name: &'static str) {}

    // Not there.
    #[cfg(any())]
    pub fn other(&self, _connection: Connection) {}

    // Not called remotely.
    #[worker(skip)]
    pub fn same(&self, _connection: &Connection) {}
}

#[derive(Worker)]
struct Unmarked;

#[worker]
impl Unmarked {
    pub fn new(_connection: Connection) -> Self {
        Self
    }

    pub fn ask(&self, connection: Connection) -> Connection {
        connection
    }
}

fn main() {}
