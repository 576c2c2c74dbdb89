#[worker]
impl Adder {
    #[cfg(feature = "add")]
    pub fn add(&self, left: u64, right: u64) -> u64 {
        left + right
    }

    #[batch(of = "add", weight = "Self::size", max_weight = 8_000, limit = "tokens")]
    pub fn add_all(&mut self, pairs: Vec<(u64, u64)>) -> Vec<u64> {
        pairs
    }
}
