use concurry::prelude::*;

#[derive(Clone, Worker)]
struct Llm {
    name: String,
}

#[worker]
impl Llm {
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn maybe(&self) -> Result<Option<&String>, String> {
        Ok(Some(&self.name))
    }
}

fn main() {}
