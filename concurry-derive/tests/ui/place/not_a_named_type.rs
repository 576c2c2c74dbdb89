use concurry::prelude::*;

trait Local {}

#[worker]
impl dyn Local {
    pub fn greet(&self) {}
}

fn main() {}
