use concurry::prelude::*;

#[derive(Clone, Worker)]
struct Llm;

#[worker]
impl Llm {
    pub fn pair(&self, (left, right): (u8, u8)) -> u8 {
        left + right
    }
    pub fn ignored(&self, _: u8) {}
    pub fn fine(&self, mut number: u8) -> u8 {
        number += 1;
        number
    }
}

fn main() {}
