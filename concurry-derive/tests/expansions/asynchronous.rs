#[worker]
impl Asynchronous {
    pub async fn new() -> Self {
        Self
    }

    pub async fn shared(&self, text: String) -> String {
        text
    }

    pub async fn exclusive(&mut self, ctx: &CallContext, text: String) -> String {
        text
    }
}
