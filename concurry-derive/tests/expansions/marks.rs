#[worker]
impl Llm {
    #[idempotent]
    #[pure]
    #[cfg(feature = "chat")]
    #[deprecated = "use `embed`"]
    #[must_use]
    pub fn chat(&self, prompt: String) -> String {
        prompt
    }

    #[worker(skip)]
    pub fn length(&self, prompt: &str) -> usize {
        prompt.len()
    }

    #[batch(of = "chat", max_size = 64, max_wait = "5ms")]
    fn chat_batch(&self, prompts: Vec<String>) -> Vec<String> {
        prompts
    }

    #[inline]
    pub fn r#type(&self) {}
}
