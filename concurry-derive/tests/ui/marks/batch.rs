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

    #[batch(of = "complete", max_size = 0, max_wait = "5")]
    fn empty(&self, prompts: Vec<String>) -> Vec<String> {
        prompts
    }

    #[batch(of = "complete", size = 3)]
    fn unknown(&self, prompts: Vec<String>) -> Vec<String> {
        prompts
    }
}

fn main() {}
