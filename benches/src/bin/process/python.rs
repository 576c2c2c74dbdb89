//! Python's own pools: `multiprocessing`'s `imap` with chunks of 1,000, and the executor for trips.

use std::process::Command;

use concurry_benches::harness::{Measurement, Stopwatch};

const PROGRAM: &str = r#"
import sys, time, multiprocessing
from concurrent.futures import ProcessPoolExecutor

def same(x):
    return x

def main():
    case, calls = sys.argv[1], int(sys.argv[2])
    if case == "roundtrip":
        with ProcessPoolExecutor(1) as pool:
            pool.submit(same, 1).result()
            trips, total = [], 0
            for x in range(calls):
                start = time.perf_counter()
                total += pool.submit(same, x).result()
                trips.append(time.perf_counter() - start)
        trips.sort()
        print(trips[len(trips) // 2] * 1e6, total)
    elif case == "start-2":
        start = time.perf_counter()
        with multiprocessing.Pool(2) as pool:
            pool.map(same, range(2), 1)
            print((time.perf_counter() - start) * 1e3, 0)
    else:
        with multiprocessing.Pool(1 if case == "imap-1" else 2) as pool:
            list(pool.imap(same, range(1000), 1000))
            start = time.perf_counter()
            total = sum(pool.imap(same, range(calls), 1000))
            print((time.perf_counter() - start) / calls * 1e9, total)

if __name__ == "__main__":
    main()
"#;

pub(super) fn run(case: &str, calls: u64) -> Measurement {
    let watch = Stopwatch::start();
    let file = std::env::temp_dir().join(format!("concurry-bench-{}.py", std::process::id()));
    std::fs::write(&file, PROGRAM).expect("a temporary file");
    let ran = Command::new("python3").arg(&file).args([case, &calls.to_string()]).output();
    let _ = std::fs::remove_file(&file);
    let ran = ran.expect("this bench needs python3");
    let text = String::from_utf8_lossy(&ran.stdout);
    let (value, sum) = text.trim().split_once(' ').expect("a figure and a sum");
    let value = value.parse().expect("a figure");
    watch.stop().with_value(value, sum.parse().expect("a sum"))
}
