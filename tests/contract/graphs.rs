//! Lazy graphs.

use concurry::llm::{Prompt, context};
use concurry::prelude::*;

#[derive(Worker)]
struct Model(&'static str);

#[worker]
impl Model {
    fn new(name: &'static str) -> Self {
        Self(name)
    }

    pub fn complete(&self, prompt: String) -> Result<String, String> {
        Ok(format!("{} says: {prompt}", self.0))
    }

    #[batch(of = "complete", max_size = 64)]
    fn complete_batch(&self, prompts: Vec<String>) -> Vec<Result<String, String>> {
        prompts.into_iter().map(|prompt| self.complete(prompt)).collect()
    }

    pub async fn generate(&self, prompt: String) -> Result<String, String> {
        self.complete(prompt)
    }
}

#[derive(Worker)]
struct Judge;

#[worker]
impl Judge {
    fn new() -> Self {
        Self
    }

    pub fn pick(&self, one: String, other: String) -> String {
        if one.len() > other.len() { one } else { other }
    }

    pub fn of(&self, texts: Vec<String>) -> usize {
        texts.len()
    }
}

#[test]
fn two_models_answer_and_a_judge_picks() -> Result<(), Box<dyn std::error::Error>> {
    let openai = Model::options(Mode::Thread, 1).init("openai")?;
    let cohere = Model::options(Mode::Async, 1).init("cohere")?;
    let judge = Judge::options(Mode::Thread, 1).init()?;
    let summary = judge.clone();
    let prompt = Prompt::new("Question: {{ question }}")?;

    let question = prompt.lazy(context! { question => "Who are you?" });
    let a = openai.lazy().complete(question.clone()); // nothing runs yet; arguments are values or other nodes
    let b = cohere.lazy().generate(question);
    let c = judge.lazy().pick(a.clone(), b);
    let all = summary.lazy().of(vec![a.clone(), c.clone()]); // containers of nodes; deeper ones by `Lazy::join(…)`
    let (text, verdict) = compute((a, c.clone()))?; // optimised, then run in parallel on the pools
    assert_eq!(text, "openai says: Question: Who are you?");
    assert!(verdict.contains("Who are you?"));
    assert_eq!(all.compute()?, 2);

    let file = std::env::temp_dir().join(format!("concurry-graph-{}.svg", std::process::id()));
    c.graph().write_svg(&file)?;
    assert!(std::fs::read_to_string(&file)?.contains("pick"));
    std::fs::remove_file(file)?;

    let eagerly = eager(|| judge.lazy().pick("a".to_owned(), "bb".to_owned()));
    assert_eq!(eagerly.compute()?, "bb");
    Ok(())
}

#[test]
fn an_error_names_its_node_and_keeps_its_type() -> Result<(), Box<dyn std::error::Error>> {
    let pool = TaskPool::new(Mode::Thread, 1)?;
    let failed = pool.submit(|| "x".parse::<u32>()).flatten();
    let error = compute(Lazy::join(failed)).unwrap_err();
    assert!(error.downcast_ref::<CallError<std::num::ParseIntError>>().is_some());
    Ok(())
}
