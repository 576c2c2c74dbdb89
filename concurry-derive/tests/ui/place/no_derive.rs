use concurry::prelude::*;

struct Translator;

#[worker]
impl Translator {
    pub fn new() -> Self {
        Self
    }
}

fn main() {}
