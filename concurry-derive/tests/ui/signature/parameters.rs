use concurry::prelude::*;

#[derive(Clone, Worker)]
struct Llm;

#[worker]
impl Llm {
    pub fn typed<T: Send>(&self, _value: T) {}
    pub fn sized<const N: usize>(&self, _value: [u8; N]) {}
    pub fn lent<'a>(&'a self, value: &'a str) -> &'a str {
        value
    }
}

#[task]
fn heavy<T: Send>(_value: T) {}

fn main() {}
