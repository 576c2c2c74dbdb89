//! The documents name tests that exist.

use std::fs;
use std::path::Path;

#[test]
fn every_test_that_the_semantics_name_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/semantics.md")).unwrap();
    let mut found = 0;
    // The introduction explains the notation; the tables begin with the first heading.
    let tables = &text[text.find("\n## ").unwrap()..];
    for name in tables.split('`').filter(|quoted| quoted.contains("::")) {
        let Some((module, test)) = name.rsplit_once("::") else { continue };
        let file = match module.strip_prefix("semantics::") {
            Some(module) => format!("tests/semantics/{module}.rs"),
            None => format!("tests/conformance/{module}.rs"),
        };
        // Types such as `Overflow::Wait` are no tests.
        if module.starts_with(char::is_uppercase) || module.starts_with("tokio") {
            continue;
        }
        let code = fs::read_to_string(root.join(&file)).unwrap_or_else(|_| panic!("no {file}"));
        assert!(code.contains(&format!("fn {test}(")), "{file} has no `{test}`");
        found += 1;
    }
    assert!(found > 60, "only {found} names were found");
}
