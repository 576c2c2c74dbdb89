//! The memory of this process that is really there.

use std::fs;

/// Resident bytes, counted page by page (`VmRSS` is only an estimate on recent kernels).
pub(crate) fn bytes() -> u64 {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup").expect("Linux tells a process");
    let kibibytes = rollup
        .lines()
        .find_map(|line| line.strip_prefix("Rss:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.expect("the kernel counts resident memory in kB") * 1_024
}
