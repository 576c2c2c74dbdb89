//! Reads `#[batch(…)]`.

use std::time::Duration;

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Expr, ExprPath, Lit, LitInt, LitStr, Meta};

use crate::errors::Errors;
use crate::model::{Batch, Weight};

/// What is read so far.
#[derive(Default)]
struct Read {
    of: Option<LitStr>,
    max_size: Option<LitInt>,
    max_wait: Option<Duration>,
    bisect: bool,
    weight: Option<(LitStr, Option<Expr>)>,
    max_weight: Option<Lit>,
    limit: Option<LitStr>,
}

/// The attribute, if it names the method whose calls are batched.
pub(super) fn batch(attribute: &Attribute, errors: &mut Errors) -> Option<Batch> {
    let mut read = Read::default();
    if let Meta::List(_) = &attribute.meta {
        let parsed = attribute.parse_nested_meta(|meta| argument(&meta, &mut read, errors));
        errors.ok(parsed);
    }
    if read.of.is_none() {
        errors.at(
            attribute.path(),
            "a batched method names the method whose calls it takes: write \
             `#[batch(of = \"method\", max_size = 64)]`",
        );
    }
    let weight = weight(&mut read, errors);
    let Read { of, max_size, max_wait, bisect, .. } = read;
    of.map(|of| Batch { of, max_size, max_wait, bisect, weight })
}

fn argument(meta: &ParseNestedMeta<'_>, read: &mut Read, errors: &mut Errors) -> syn::Result<()> {
    if meta.path.is_ident("of") {
        read.of = Some(meta.value()?.parse()?);
    } else if meta.path.is_ident("max_size") {
        read.max_size = size(meta.value()?.parse()?, errors);
    } else if meta.path.is_ident("max_wait") {
        read.max_wait = duration(&meta.value()?.parse()?, errors);
    } else if meta.path.is_ident("bisect") {
        read.bisect = true;
    } else if meta.path.is_ident("weight") {
        let text: LitStr = meta.value()?.parse()?;
        let path = text.parse::<ExprPath>().map(Expr::Path);
        if path.is_err() {
            errors.at(&text, "write the path of a function here, such as \"tokens_of\"");
        }
        read.weight = Some((text, path.ok()));
    } else if meta.path.is_ident("max_weight") {
        read.max_weight = number(meta.value()?.parse()?, errors);
    } else if meta.path.is_ident("limit") {
        read.limit = Some(meta.value()?.parse()?);
    } else {
        return Err(meta.error(
            "unknown argument: `#[batch(…)]` takes `of`, `max_size`, `max_wait`, `weight`, \
             `max_weight`, `limit` and `bisect`",
        ));
    }
    Ok(())
}

fn weight(read: &mut Read, errors: &mut Errors) -> Option<Weight> {
    match (read.weight.take(), read.max_weight.take()) {
        (Some((_, function)), Some(most)) => {
            let most = Expr::Lit(syn::ExprLit { attrs: Vec::new(), lit: most });
            function.map(|function| Weight { function, most, limit: read.limit.take() })
        }
        (Some((text, _)), None) => {
            errors.at(text, "a weight needs a bound: add `max_weight = 8_000`");
            None
        }
        (None, Some(most)) => {
            errors.at(most, "a bound needs a weight: add `weight = \"path::of::a::function\"`");
            None
        }
        (None, None) => {
            if let Some(limit) = &read.limit {
                errors.at(limit, "a call reserves its weight of this limit: add `weight = \"…\"`");
            }
            None
        }
    }
}

fn size(size: LitInt, errors: &mut Errors) -> Option<LitInt> {
    let legal = size.base10_parse::<usize>().is_ok_and(|size| size > 0);
    if !legal {
        errors.at(&size, "a batch has at least one call: write a whole number from 1");
    }
    legal.then_some(size)
}

fn number(number: Lit, errors: &mut Errors) -> Option<Lit> {
    let positive = match &number {
        Lit::Int(number) => number.base10_parse::<f64>(),
        Lit::Float(number) => number.base10_parse::<f64>(),
        _ => Ok(0.0),
    };
    let legal = positive.is_ok_and(|number| number > 0.0);
    if !legal {
        errors.at(&number, "a batch weighs something: write a number above 0");
    }
    legal.then_some(number)
}

fn duration(text: &LitStr, errors: &mut Errors) -> Option<Duration> {
    let value = text.value();
    let digits = value.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit: fn(u64) -> Duration = match &value[digits.len()..] {
        "us" => Duration::from_micros,
        "ms" => Duration::from_millis,
        "s" => Duration::from_secs,
        _ => |_| Duration::MAX,
    };
    let duration = digits.parse::<u64>().ok().map(unit).filter(|&found| found < Duration::MAX);
    if duration.is_none() {
        errors.at(
            text,
            "a duration is a whole number with its unit: write \"500us\", \"5ms\" or \"1s\"",
        );
    }
    duration
}
