//! The attributes on a method that only `#[worker]` and `#[task]` understand.

use syn::{Attribute, Meta};

use super::batch::batch;
use super::written::written;
use crate::errors::Errors;
use crate::model::Marks;

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
