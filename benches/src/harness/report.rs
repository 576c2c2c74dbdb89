//! Rows of figures: as a table on the terminal and as JSON.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::Serialize;

use super::measurement::{Measurement, Unit};
use super::statistics::{median, range};

/// The figures of one subject in one case.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The bench.
    pub bench: &'static str,
    /// The case.
    pub case: &'static str,
    /// The subject.
    pub subject: &'static str,
    /// Median of the rounds.
    pub median: f64,
    /// Smallest sample.
    pub min: f64,
    /// Largest sample.
    pub max: f64,
    /// Unit of the three.
    pub unit: &'static str,
    /// Median divided by the floor's median, where the case has a floor.
    pub ratio_to_floor: Option<f64>,
    /// Calls, items or permits of one sample.
    pub calls: u64,
    /// Processors that the process kept busy, median.
    pub busy_cpus: f64,
    /// Processors that others kept busy, median.
    pub other_cpus: f64,
}

impl Row {
    /// Sums up the samples of one subject.
    pub(super) fn new(
        bench: &'static str,
        case: &'static str,
        subject: &'static str,
        unit: Unit,
        calls: u64,
        samples: &[Measurement],
    ) -> Self {
        let (min, max) = range(samples.iter().map(|sample| sample.value));
        Self {
            bench,
            case,
            subject,
            median: median(samples.iter().map(|sample| sample.value)),
            min,
            max,
            unit: unit.name(),
            ratio_to_floor: None,
            calls,
            busy_cpus: median(samples.iter().map(|sample| sample.busy_cpus)),
            other_cpus: median(samples.iter().map(|sample| sample.other_cpus)),
        }
    }
}

/// Divides each median by that of the floor.
pub(super) fn set_ratios(rows: &mut [Row], floor: &str) {
    let Some(base) = rows.iter().find(|row| row.subject == floor).map(|row| row.median) else {
        return;
    };
    for row in rows {
        row.ratio_to_floor = Some(row.median / base);
    }
}

/// Prints the rows of one case.
pub(super) fn print_table(bench: &str, case: &str, rounds: u32, rows: &[Row]) {
    let unit = rows.first().map_or("", |row| row.unit);
    println!("\n{bench} / {case}, {unit}, median of {rounds}");
    println!(
        "  {:<20} {:>10} {:>21} {:>9} {:>10} {:>10}",
        "subject", "median", "min .. max", "x floor", "calls", "busy CPUs"
    );
    for row in rows {
        let spread = format!("{} .. {}", figure(row.min), figure(row.max));
        let ratio = row.ratio_to_floor.map_or_else(|| "-".to_owned(), |r| format!("{r:.2}"));
        println!(
            "  {:<20} {:>10} {spread:>21} {ratio:>9} {:>10} {:>10.2}",
            row.subject,
            figure(row.median),
            row.calls,
            row.busy_cpus
        );
    }
}

/// Names the rows of one case that other processes disturbed.
pub(super) fn print_disturbances(rows: &[Row]) {
    let disturbed: Vec<_> = rows
        .iter()
        .filter(|row| row.other_cpus > Measurement::SUSPECT_LOAD)
        .map(|row| row.subject)
        .collect();
    if !disturbed.is_empty() {
        let most = rows.iter().map(|row| row.other_cpus).fold(0.0, f64::max);
        println!("  disturbed by other processes (up to {most:.1} CPUs): {}", disturbed.join(", "));
    }
}

/// Writes the rows as a JSON array, one row a line.
pub(super) fn write_json(path: &Path, rows: &[Row]) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for (index, row) in rows.iter().enumerate() {
        file.write_all(if index == 0 { b"[\n" } else { b",\n" })?;
        serde_json::to_writer(&mut file, row)?;
    }
    file.write_all(b"\n]\n")?;
    file.flush()
}

/// A figure with three or four significant digits.
fn figure(value: f64) -> String {
    match value.abs() {
        size if size >= 1_000.0 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.1}"),
        size if size >= 10.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Row, figure, write_json};
    use crate::harness::{Measurement, Unit};

    #[test]
    fn figures_keep_their_significant_digits() {
        assert_eq!(
            [0.04321, 12.345, 432.16, 98_765.4].map(figure),
            ["0.043", "12.35", "432.2", "98765"]
        );
    }

    #[test]
    fn json_holds_one_object_per_case_and_subject() {
        let sample = Measurement { value: 2.5, sum: 0, busy_cpus: 1.0, other_cpus: 0.0 };
        let row = Row::new("demo", "adds", "fast", Unit::Microseconds, 10, &[sample]);
        let path = std::env::temp_dir().join(format!("rows-{}.json", std::process::id()));
        write_json(&path, &[row.clone(), row]).expect("the temporary directory is writable");
        let text = std::fs::read_to_string(&path).expect("the file was just written");
        std::fs::remove_file(&path).expect("the file was just written");
        let rows: Vec<serde_json::Value> = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[1]["median"], 2.5);
        assert_eq!(rows[1]["unit"], "us");
        assert!(rows[1]["ratio_to_floor"].is_null());
    }
}
