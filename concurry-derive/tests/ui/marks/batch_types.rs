#![allow(unused_variables)]

use concurry::prelude::*;

#[derive(Clone)]
struct Style;

#[derive(Clone, Worker)]
struct Llm;

#[worker]
impl Llm {
    pub fn complete(&self, prompt: String) -> Result<String, std::fmt::Error> {
        Ok(prompt)
    }

    #[batch(of = "complete")]
    fn other_items(&self, prompts: Vec<u64>) -> Vec<String> {
        Vec::new()
    }

    pub fn embed(&self, text: String) -> u64 {
        text.len() as u64
    }

    #[batch(of = "embed")]
    fn other_results(&self, texts: Vec<String>) -> Vec<u32> {
        Vec::new()
    }

    pub fn judge(&self, text: String, strict: bool) -> Result<bool, std::fmt::Error> {
        Ok(strict && text.is_empty())
    }

    #[batch(of = "judge")]
    fn other_rest(&self, texts: Vec<String>, strict: u8) -> Result<Vec<bool>, std::fmt::Error> {
        Ok(Vec::new())
    }

    pub fn draw(&self, text: String) -> Result<u8, std::fmt::Error> {
        Ok(1)
    }

    #[batch(of = "draw")]
    fn other_error(&self, texts: Vec<String>) -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }

    pub fn paint(&self, text: String, style: Style) -> u8 {
        1
    }

    #[batch(of = "paint")]
    fn not_comparable(&self, texts: Vec<String>, style: Style) -> Vec<u8> {
        Vec::new()
    }
}

fn main() {}
