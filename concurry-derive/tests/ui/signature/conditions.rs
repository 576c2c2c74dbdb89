use std::fmt::Debug;

use concurry::prelude::*;

#[derive(Worker)]
struct Holder<T>(T);

#[worker]
impl<T: Send> Holder<T> {
    #[cfg(unix)]
    pub fn new(value: T) -> Self {
        Self(value)
    }

    pub fn print(&self) -> String
    where
        T: Debug,
    {
        format!("{:?}", self.0)
    }
}

fn main() {}
