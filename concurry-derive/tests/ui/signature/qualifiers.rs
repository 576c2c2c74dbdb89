use concurry::prelude::*;

#[derive(Clone, Worker)]
struct Llm;

#[worker]
impl Llm {
    pub unsafe fn risky(&self) {}
    pub extern "C" fn foreign(&self) {}
    pub const fn fine(&self) {}
}

#[task]
unsafe fn heavy() {}

fn main() {}
