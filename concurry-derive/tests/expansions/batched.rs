#[worker]
impl Llm {
    pub async fn complete(&self, prompt: String, temperature: f32) -> Result<String, LlmError> {
        Ok(prompt)
    }

    #[batch(of = "complete", max_size = 64, max_wait = "5ms", bisect)]
    async fn complete_batch(
        &self,
        ctx: &CallContext,
        prompts: Vec<String>,
        temperature: f32,
    ) -> Result<Vec<Result<String, LlmError>>, LlmError> {
        Ok(prompts)
    }
}
