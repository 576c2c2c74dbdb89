use concurry::prelude::*;

#[derive(Worker)]
union Bits {
    number: u32,
    bytes: [u8; 4],
}

fn main() {}
