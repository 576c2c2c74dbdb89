//! Turns the JSON of benches into the Markdown tables of the README: a row for each subject.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;

use clap::Parser;
use serde::Deserialize;

/// Prints Markdown tables of figures that benches wrote with `--json`
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// JSON files
    #[arg(required = true)]
    files: Vec<std::path::PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Row {
    bench: String,
    case: String,
    subject: String,
    median: f64,
    unit: String,
    ratio_to_floor: Option<f64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    for file in Options::parse().files {
        let rows: Vec<Row> = serde_json::from_str(&fs::read_to_string(file)?)?;
        print_table(&rows);
    }
    Ok(())
}

/// Prints one bench: subjects down, cases across, each in the order of the file.
fn print_table(rows: &[Row]) {
    let Some(first) = rows.first() else { return };
    let subjects = in_order(rows.iter().map(|row| row.subject.as_str()));
    let cases = in_order(rows.iter().map(|row| row.case.as_str()));
    let units: BTreeMap<_, _> =
        rows.iter().map(|row| (row.case.as_str(), row.unit.as_str())).collect();
    println!("\n### {}\n", first.bench);
    let heads = cases.iter().map(|case| format!(" {case}, {} |", units[case]));
    println!("| subject |{}", heads.collect::<String>());
    println!("|---|{}", "---:|".repeat(cases.len()));
    for subject in subjects {
        let cell = |case: &&str| {
            let row = rows.iter().find(|row| row.subject == subject && row.case == *case);
            format!(" {} |", row.map_or_else(|| "–".to_owned(), figure))
        };
        println!("| {subject} |{}", cases.iter().map(cell).collect::<String>());
    }
}

/// The median, and its ratio to the floor's where it is not the floor itself.
fn figure(row: &Row) -> String {
    let median = match row.median.abs() {
        size if size >= 100.0 => format!("{:.0}", row.median),
        size if size >= 10.0 => format!("{:.1}", row.median),
        _ => format!("{:.2}", row.median),
    };
    match row.ratio_to_floor {
        Some(ratio) if (ratio - 1.0).abs() > f64::EPSILON => format!("{median} (×{ratio:.2})"),
        _ => median,
    }
}

/// Each name once, where it first appears.
fn in_order<'rows>(names: impl Iterator<Item = &'rows str>) -> Vec<&'rows str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}
