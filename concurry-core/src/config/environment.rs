//! Values from environment variables.

use std::ffi::OsString;

use super::check::check;
use super::error::ConfigError;
use super::field::{FIELDS, Field, MODE};
use super::layer::Layer;
use super::settings::Settings;
use crate::Mode;

/// Looks a variable up: in the process's environment, or in a test's own.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Looks a variable up in the process's environment.
pub(super) fn of_process(variable: &str) -> Option<OsString> {
    std::env::var_os(variable)
}

/// `CONCURRY_MAX_WORKERS`, or of one mode `CONCURRY_THREAD_MAX_WORKERS`.
pub(super) fn variable(field: &str, mode: Option<Mode>) -> String {
    let name = match mode {
        None => format!("CONCURRY_{field}"),
        Some(mode) => format!("CONCURRY_{mode}_{field}"),
    };
    name.to_ascii_uppercase()
}

/// The variables of every mode, or of one. Only names that are ours are looked at, so others that
/// begin with `CONCURRY_` do no harm; an empty variable counts as unset.
pub(super) fn read(lookup: Lookup<'_>, mode: Option<Mode>) -> Result<Settings, ConfigError> {
    let mut settings = Settings::new();
    if mode.is_none() {
        read_field(lookup, &MODE, None, &mut settings)?;
    }
    for field in &FIELDS {
        read_field(lookup, field, mode, &mut settings)?;
    }
    check(&settings, Layer::Environment(mode))?;
    Ok(settings)
}

fn read_field(
    lookup: Lookup<'_>,
    field: &Field,
    mode: Option<Mode>,
    settings: &mut Settings,
) -> Result<(), ConfigError> {
    let variable = variable(field.name, mode);
    let Some(value) = lookup(&variable).filter(|value| !value.is_empty()) else {
        return Ok(());
    };
    if value.to_str().is_some_and(|text| (field.parse)(settings, text.trim())) {
        return Ok(());
    }
    let got = value.to_string_lossy().into_owned();
    Err(ConfigError::Variable { variable, got, legal: field.legal })
}
