use std::borrow::Cow;
use std::fmt::Debug;
use std::path::Path;

use concurry::prelude::*;

#[derive(Clone, Worker)]
struct Llm;

#[worker]
impl Llm {
    pub fn text(&self, _text: &str) {}
    pub fn slice(&self, _numbers: &[u64]) {}
    pub fn path(&self, _path: &Path) {}
    pub fn value(&self, _value: &Vec<String>) {}
    pub fn changed(&self, _value: &mut Vec<String>) {}
    pub fn dynamic(&self, _value: &dyn Debug) {}
    pub fn nested(&self, _values: Vec<Option<&str>>) {}
    pub fn cow(&self, _text: Cow<'_, str>) {}
    pub fn owned(&self, _text: &'static str, _call: fn(&str), _boxed: Box<dyn Fn(&str) + Send>) {}
}

#[task]
fn heavy(_text: &str) {}

fn main() {}
