#![allow(unused_variables)]

use concurry::prelude::*;

#[derive(Clone, Worker)]
struct Llm;

#[worker]
impl Llm {
    pub fn complete(&self, prompt: String) -> String {
        prompt
    }

    #[batch]
    fn unnamed(&self, prompts: Vec<String>) -> Vec<String> {
        prompts
    }

    #[batch(of = "compleet")]
    fn misspelt(&self, prompts: Vec<String>) -> Vec<String> {
        prompts
    }

    #[batch(of = "complete", max_size = 0, max_wait = "5", max_weight = 0)]
    fn empty(&self, prompts: Vec<String>) -> Vec<String> {
        prompts
    }

    #[batch(of = "complete", size = 3)]
    fn unknown(&self, prompts: Vec<String>) -> Vec<String> {
        prompts
    }

    pub fn embed(&self, text: String) -> usize {
        text.len()
    }

    #[batch(of = "embed", weight = "3 + 4")]
    fn no_path(&self, texts: Vec<String>) -> Vec<usize> {
        texts.iter().map(String::len).collect()
    }

    pub fn count(&self) -> usize {
        0
    }

    #[batch(of = "count", limit = "tokens")]
    fn nothing(&self, texts: Vec<()>) -> Vec<usize> {
        vec![0; texts.len()]
    }

    pub fn judge(&self, text: String, strict: bool) -> bool {
        strict && text.is_empty()
    }

    #[batch(of = "judge")]
    fn too_many(&self, texts: Vec<String>, strict: bool, more: u8) -> Vec<bool> {
        vec![strict; texts.len()]
    }

    #[batch(of = "judge")]
    fn no_vector(&self) -> Vec<bool> {
        Vec::new()
    }

    #[batch(of = "too_many")]
    fn of_a_batch(&self, texts: Vec<Vec<String>>) -> Vec<Vec<bool>> {
        Vec::new()
    }
}

fn main() {}
