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

    #[inline]
    pub fn r#type(&self) {}
}
