/// Squares a number.
#[task(mode = "process", max_workers = 4)]
pub fn square(number: u64) -> u64 {
    number * number
}
