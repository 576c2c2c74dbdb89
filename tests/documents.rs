//! The documents name tests that exist.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::fs;
use std::path::Path;

#[test]
fn every_test_that_the_semantics_name_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/semantics.md")).unwrap();
    let mut found = 0;
    // The introduction explains the notation; the guarantees begin with the first heading.
    let guarantees = &text[text.find("\n## ").unwrap()..];
    let names = guarantees.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    for (module, test) in names.filter_map(|name| name.rsplit_once("::")) {
        // Types such as `Overflow::Wait` are no tests, and neither is what other crates have.
        if module.starts_with(char::is_uppercase) || module.starts_with("tokio") {
            continue;
        }
        assert!(is_test(root, module, test), "there is no test `{module}::{test}`");
        found += 1;
    }
    assert!(found > 60, "only {found} names were found");
}

/// Where tests of users' promises lie. A module may be a file of tests or a folder of them.
const FOLDERS: [&str; 8] = [
    "tests",
    "tests/conformance",
    "tests/graphs",
    "tests/process",
    "tests/ray",
    "concurry-llm/tests",
    "concurry-limits/tests",
    "concurry-core/src/serving",
];

fn is_test(root: &Path, module: &str, test: &str) -> bool {
    let path = module.replace("::", "/");
    FOLDERS.iter().any(|folder| {
        [format!("{folder}/{path}.rs"), format!("{folder}/{path}/mod.rs")].iter().any(|file| {
            let code = fs::read_to_string(root.join(file)).unwrap_or_default();
            code.contains(&format!("fn {test}("))
        })
    })
}
