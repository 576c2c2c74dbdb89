#[derive(Worker)]
struct Counter {
    count: u64,
}

#[worker]
impl Counter {
    fn new(count: u64) -> Self {
        Self { count }
    }

    /// Adds to the count and returns it.
    pub fn add(&mut self, amount: u64) -> u64 {
        self.count += amount;
        self.count
    }
}
