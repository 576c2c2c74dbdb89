//! The attributes on a method that only `#[worker]` and `#[task]` understand.

use syn::{Attribute, LitInt, LitStr, Meta};

use super::written::written;
use crate::errors::Errors;
use crate::model::{Batch, Marks};

/// Takes the marks out of `attributes`, where the compiler would not know them.
pub(crate) fn take_marks(attributes: &mut Vec<Attribute>, errors: &mut Errors) -> Marks {
    let mut marks = Marks::default();
    attributes.retain(|attribute| !take(attribute, &mut marks, errors));
    marks
}

/// Whether the attribute is one of ours.
fn take(attribute: &Attribute, marks: &mut Marks, errors: &mut Errors) -> bool {
    let path = attribute.path();
    let again = if path.is_ident("idempotent") {
        require_no_arguments(attribute, errors);
        marks.idempotent.replace(path.clone()).is_some()
    } else if path.is_ident("pure") {
        require_no_arguments(attribute, errors);
        marks.pure.replace(path.clone()).is_some()
    } else if path.is_ident("batch") {
        let batch = batch(attribute, errors);
        let again = marks.batch.is_some();
        marks.batch = batch;
        again
    } else if path.is_ident("worker") {
        read_skip(attribute, errors);
        marks.skip.replace(path.clone()).is_some()
    } else {
        return false;
    };
    if again {
        errors.at(path, "this attribute is given twice: keep one of the two");
    }
    true
}

fn require_no_arguments(attribute: &Attribute, errors: &mut Errors) {
    if !matches!(attribute.meta, Meta::Path(_)) {
        let name = written(attribute.path());
        errors.at(&attribute.meta, format!("`{name}` takes no arguments: write `#[{name}]`"));
    }
}

fn read_skip(attribute: &Attribute, errors: &mut Errors) {
    let message = "on a method only `#[worker(skip)]` has a meaning: it keeps the method local";
    if let Meta::Path(path) = &attribute.meta {
        return errors.at(path, message);
    }
    errors.ok(attribute.parse_nested_meta(|meta| {
        if meta.path.is_ident("skip") { Ok(()) } else { Err(meta.error(message)) }
    }));
}

fn batch(attribute: &Attribute, errors: &mut Errors) -> Option<Batch> {
    let mut of: Option<LitStr> = None;
    if let Meta::List(_) = &attribute.meta {
        let parsed = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("of") {
                of = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("max_size") {
                require_size(&meta.value()?.parse()?, errors);
            } else if meta.path.is_ident("max_wait") {
                require_duration(&meta.value()?.parse()?, errors);
            } else {
                return Err(meta.error(
                    "unknown argument: `#[batch(…)]` takes `of`, `max_size` and `max_wait`",
                ));
            }
            Ok(())
        });
        errors.ok(parsed);
    }
    if of.is_none() {
        errors.at(
            attribute.path(),
            "a batched method names the method whose calls it takes: write \
             `#[batch(of = \"method\", max_size = 64)]`",
        );
    }
    of.map(|of| Batch { of })
}

fn require_size(size: &LitInt, errors: &mut Errors) {
    if !size.base10_parse::<usize>().is_ok_and(|size| size > 0) {
        errors.at(size, "a batch has at least one call: write a whole number from 1");
    }
}

fn require_duration(text: &LitStr, errors: &mut Errors) {
    let value = text.value();
    let digits = value.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit = &value[digits.len()..];
    if digits.parse::<u64>().is_err() || !["us", "ms", "s"].contains(&unit) {
        errors.at(
            text,
            "a duration is a whole number with its unit: write \"500us\", \"5ms\" or \"1s\"",
        );
    }
}
