#[worker]
impl Blocking {
    pub fn new() -> Self {
        Self
    }

    pub fn shared(&self) {}

    pub fn exclusive(&mut self, ctx: &CallContext, text: String) {}
}
