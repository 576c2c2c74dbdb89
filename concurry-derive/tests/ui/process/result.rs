use concurry::prelude::*;

mod alias {
    pub type Result<T> = std::result::Result<T, super::Failure>;
}

pub struct Connection;

// An error may lack serde: it crosses as text.
#[derive(Debug)]
pub struct Failure;

#[derive(Worker)]
#[worker(process)]
struct Llm;

#[worker]
impl Llm {
    pub fn new() -> Result<Self, Failure> {
        Ok(Self)
    }

    pub fn plain(&self) -> Connection {
        Connection
    }

    pub fn split(&self) -> Result<Option<Connection>, Failure> {
        Err(Failure)
    }

    pub fn alias(&self) -> alias::Result<Connection> {
        Err(Failure)
    }

    pub fn text(&self) -> alias::Result<String> {
        Err(Failure)
    }
}

fn main() {}
