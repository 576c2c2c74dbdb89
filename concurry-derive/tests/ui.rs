//! What the compiler says when a rule is broken: one folder a cause, one file a rule.
//!
//! The messages are those of the toolchain in `rust-version`. `TRYBUILD=overwrite` rewrites them.

#![allow(clippy::unwrap_used)] // a test fails by panicking

#[test]
fn broken_rules_are_explained_at_the_users_token() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}
