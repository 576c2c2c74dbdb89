//! What the macros make of typical workers, compared with files that are reviewed as code.
//!
//! `tests/expansions/NAME.rs` holds what a user writes, `NAME.expanded.rs` what it becomes. After a
//! change that is meant, run the tests with `UPDATE_EXPANSIONS=1` and read the difference.

use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Item, Meta, Stmt};

use crate::run;

#[test]
fn expansions_are_those_that_were_reviewed() {
    let update = std::env::var_os("UPDATE_EXPANSIONS").is_some();
    let mut differing = Vec::new();
    let inputs = inputs();
    assert_eq!(inputs.len(), 10, "every typical worker has its file");
    for input in inputs {
        let expanded = expand(&std::fs::read_to_string(&input).unwrap());
        let expected = input.with_extension("expanded.rs");
        if update {
            std::fs::write(expected, expanded).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != expanded {
            differing.push(expected);
        }
    }
    assert!(differing.is_empty(), "run with UPDATE_EXPANSIONS=1 and read: {differing:?}");
}

#[test]
fn a_library_under_another_name_is_the_only_one_named() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expansions");
    let expanded = expand(&std::fs::read_to_string(folder.join("generic.rs")).unwrap());
    assert!(expanded.contains("crate::facade::__private::Worker"));
    assert!(!expanded.contains("concurry"), "a path leads to the default name");
}

fn inputs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expansions");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| !file.to_string_lossy().ends_with(".expanded.rs")).collect()
}

/// The file after all of our macros in it.
fn expand(source: &str) -> String {
    let mut tokens = TokenStream::new();
    for item in syn::parse_file(source).unwrap().items {
        tokens.extend(expand_item(item));
    }
    prettyplease::unparse(&syn::parse2(with_graph(tokens)).unwrap())
}

/// The items with those in `with_graph!`, as if the library were built with graphs.
fn with_graph(tokens: TokenStream) -> TokenStream {
    let mut file: syn::File = syn::parse2(tokens).unwrap();
    WithGraph.visit_file_mut(&mut file);
    file.into_token_stream()
}

struct WithGraph;

impl VisitMut for WithGraph {
    fn visit_file_mut(&mut self, file: &mut syn::File) {
        file.items = unwrapped(std::mem::take(&mut file.items));
        visit_mut::visit_file_mut(self, file);
    }

    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        let statements = std::mem::take(&mut block.stmts);
        for statement in statements {
            match statement {
                Stmt::Macro(statement) if is_with_graph(&statement.mac) => {
                    block.stmts.extend(inside(&statement.mac).into_iter().map(Stmt::Item));
                }
                Stmt::Item(item) => {
                    block.stmts.extend(unwrapped(vec![item]).into_iter().map(Stmt::Item));
                }
                other => block.stmts.push(other),
            }
        }
        visit_mut::visit_block_mut(self, block);
    }
}

fn is_with_graph(call: &syn::Macro) -> bool {
    call.path.segments.last().is_some_and(|last| last.ident == "with_graph")
}

fn inside(call: &syn::Macro) -> Vec<Item> {
    syn::parse2::<syn::File>(call.tokens.clone()).unwrap().items
}

fn unwrapped(items: Vec<Item>) -> Vec<Item> {
    let each = items.into_iter().flat_map(|item| match item {
        Item::Macro(item) if is_with_graph(&item.mac) => inside(&item.mac),
        other => vec![other],
    });
    each.collect()
}

fn expand_item(mut item: Item) -> TokenStream {
    match &mut item {
        Item::Struct(structure) => {
            let derived = run::derive_worker(structure.to_token_stream());
            structure.attrs.clear();
            let kept = structure.to_token_stream();
            [kept, derived].into_iter().collect()
        }
        Item::Impl(block) => {
            let arguments = take(&mut block.attrs, "worker");
            run::worker(arguments, block.to_token_stream())
        }
        Item::Fn(function) => {
            let arguments = take(&mut function.attrs, "task");
            run::task(arguments, function.to_token_stream())
        }
        other => panic!("no macro here: {}", other.to_token_stream()),
    }
}

/// The arguments of our attribute, which the compiler takes off before it calls the macro.
fn take(attributes: &mut Vec<Attribute>, name: &str) -> TokenStream {
    let place = attributes.iter().position(|attribute| attribute.path().is_ident(name)).unwrap();
    match attributes.remove(place).meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    }
}
