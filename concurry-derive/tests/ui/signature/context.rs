use concurry::prelude::*;

#[derive(Worker)]
struct Llm;

#[worker]
impl Llm {
    pub fn new(_ctx: &CallContext) -> Self {
        Self
    }
    pub fn last(&self, _prompt: String, _ctx: &CallContext) {}
    pub fn by_value(&self, _ctx: CallContext) {}
    pub fn exclusive(&self, _ctx: &mut CallContext) {}
}

#[task]
fn heavy(_item: u8, _ctx: &CallContext) {}

fn main() {}
