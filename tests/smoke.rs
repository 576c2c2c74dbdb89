//! smoke
use concurry::prelude::*;

#[derive(Worker)]
struct Counter {
    total: u64,
}

#[worker]
impl Counter {
    pub fn new(start: u64) -> Self {
        Self { total: start }
    }
    /// Adds.
    pub fn add(&mut self, x: u64) -> u64 {
        self.total += x;
        self.total
    }
    pub fn get(&self) -> u64 {
        self.total
    }
    pub fn fail(&self, m: String) -> Result<u64, String> {
        Err(m)
    }
    pub async fn slow(&self, x: u64) -> u64 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        x
    }
    pub fn boom(&self) -> u64 {
        panic!("boom {}", self.total)
    }
}

#[test]
fn works() {
    for mode in [Mode::Sync, Mode::Thread, Mode::Async] {
        eprintln!("{mode}");
        let c = Counter::options(mode, 1).init(5).unwrap();
        assert_eq!(c.add(2).result().unwrap(), 7);
        assert_eq!(c.add(2).result().unwrap(), 9);
        assert_eq!(c.get().result().unwrap(), 9);
        assert_eq!(c.slow(3).result().unwrap(), 3);
        assert_eq!(c.fail("x".into()).result().unwrap_err().to_string(), "x");
        let e = c.boom().result().unwrap_err();
        eprintln!("{e}");
        assert_eq!(c.get().result().unwrap(), 5);
        let all = gather((0..1000).map(|x| c.add(x))).results().unwrap();
        assert_eq!(all.len(), 1000);
        eprintln!("{:?}", c.stats());
        eprintln!("{:?}", c.stop().result());
        eprintln!("{:?}", c.get().result());
    }
}
