//! Runs the cases of a bench: warm-up, interleaved rounds, every result checked.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;

use super::case::{Case, Expected, Subject};
use super::measurement::Measurement;
use super::options::Options;
use super::report::{self, Row};

/// How long into a bench disturbed samples are still repeated, so that each ends within a minute.
const REPEAT_FOR: Duration = Duration::from_secs(15);

/// Why a bench failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// A subject computed something else than its calls should have returned.
    #[error("{subject} in case {case} returned the sum {found}, expected {low} to {high}")]
    WrongSum {
        /// The case.
        case: &'static str,
        /// The subject.
        subject: &'static str,
        /// The sum that the run returned.
        found: u64,
        /// The smallest legal sum.
        low: u64,
        /// The largest legal sum.
        high: u64,
    },
    /// The options leave nothing to measure.
    #[error("no such case or subject; this bench has {available}")]
    NothingToRun {
        /// The cases and their subjects.
        available: String,
    },
    /// The JSON file could not be written.
    #[error("cannot write {path}")]
    Json {
        /// The file that was asked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A bench: a name, its cases and how often to repeat them.
#[derive(Debug)]
pub struct Bench {
    name: &'static str,
    rounds: u32,
    depends_on_load: bool,
    works_here: bool,
    cases: Vec<Case>,
}

impl Bench {
    /// A bench of five rounds after a warm-up, without cases.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, rounds: 5, depends_on_load: true, works_here: true, cases: Vec::new() }
    }

    /// Sets the number of rounds that are run unless told otherwise.
    #[must_use]
    pub const fn rounds(mut self, rounds: u32) -> Self {
        self.rounds = rounds;
        self
    }

    /// For figures such as memory: one round, no warm-up, no sample repeated because of load.
    #[must_use]
    pub const fn independent_of_load(mut self) -> Self {
        self.rounds = 1;
        self.depends_on_load = false;
        self
    }

    /// For work that other processes do for this one: what they use is no disturbance, so no sample is
    /// repeated because of it.
    #[must_use]
    pub const fn works_elsewhere(mut self) -> Self {
        self.works_here = false;
        self
    }

    /// Adds a case.
    #[must_use]
    pub fn case(mut self, case: Case) -> Self {
        self.cases.push(case);
        self
    }

    /// Runs the bench as the command line asks and prints the tables.
    #[must_use]
    pub fn main(self) -> ExitCode {
        let options = Options::parse();
        match self.run(&options) {
            Ok(_) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        }
    }

    /// Runs the cases that the options ask for; prints a table after each.
    ///
    /// # Errors
    ///
    /// [`BenchError::WrongSum`] as soon as a result is wrong, [`BenchError::NothingToRun`] if no
    /// case is left, [`BenchError::Json`] if the rows cannot be written.
    pub fn run(mut self, options: &Options) -> Result<Vec<Row>, BenchError> {
        let available = self.available();
        let repeat_until = Instant::now() + REPEAT_FOR;
        let rounds = options.rounds(self.rounds);
        let mut rows = Vec::new();
        for case in self.cases.iter_mut().filter(|case| options.wants_case(case.name)) {
            let floor = case.floor;
            case.subjects.retain(|subject| {
                options.wants_subject(subject.name) || Some(subject.name) == floor
            });
            let asked_for = |subject: &Subject| options.wants_subject(subject.name);
            if !case.subjects.iter().any(asked_for) {
                continue;
            }
            if self.depends_on_load {
                warm_up(case, options);
            }
            let redo = if self.depends_on_load && self.works_here { options.redo } else { 0 };
            let samples = sample_in_turn(case, rounds, options, redo, repeat_until)?;
            let case_rows = summarise(self.name, case, options, &samples);
            report::print_table(self.name, case.name, rounds, &case_rows);
            if self.works_here {
                report::print_disturbances(&case_rows);
            }
            rows.extend(case_rows);
        }
        if rows.is_empty() {
            return Err(BenchError::NothingToRun { available });
        }
        if let Some(path) = &options.json {
            report::write_json(path, &rows)
                .map_err(|source| BenchError::Json { path: path.clone(), source })?;
        }
        Ok(rows)
    }

    /// The cases with their subjects, for the error that names them.
    fn available(&self) -> String {
        let describe = |case: &Case| {
            let subjects: Vec<_> = case.subjects.iter().map(|subject| subject.name).collect();
            format!("{} ({})", case.name, subjects.join(", "))
        };
        self.cases.iter().map(describe).collect::<Vec<_>>().join("; ")
    }
}

/// Lets every subject touch its code and memory once, with a tenth of the calls.
fn warm_up(case: &mut Case, options: &Options) {
    for subject in &mut case.subjects {
        (subject.measure)((options.calls(subject.calls) / 10).max(1));
    }
}

/// Measures subjects A, B, C, then A, B, C again, so that drift of the machine hits all of them.
fn sample_in_turn(
    case: &mut Case,
    rounds: u32,
    options: &Options,
    redo: u32,
    repeat_until: Instant,
) -> Result<Vec<Vec<Measurement>>, BenchError> {
    let mut samples: Vec<Vec<Measurement>> = case.subjects.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (subject, samples) in case.subjects.iter_mut().zip(&mut samples) {
            let calls = options.calls(subject.calls);
            let redo = if Instant::now() < repeat_until { redo } else { 0 };
            samples.push(quietest(case.name, subject, calls, redo, &case.expected)?);
        }
    }
    Ok(samples)
}

/// Turns the samples of each subject into its row.
fn summarise(
    bench: &'static str,
    case: &Case,
    options: &Options,
    samples: &[Vec<Measurement>],
) -> Vec<Row> {
    let row = |(subject, samples): (&Subject, &Vec<Measurement>)| {
        let calls = options.calls(subject.calls);
        Row::new(bench, case.name, subject.name, case.unit, calls, samples)
    };
    let mut rows: Vec<Row> = case.subjects.iter().zip(samples).map(row).collect();
    if let Some(floor) = case.floor {
        report::set_ratios(&mut rows, floor);
    }
    rows
}

/// One sample, repeated while other processes disturb it; every repetition is checked.
fn quietest(
    case: &'static str,
    subject: &mut Subject,
    calls: u64,
    redo: u32,
    expected: &Expected,
) -> Result<Measurement, BenchError> {
    let mut best: Option<Measurement> = None;
    for _ in 0..=redo {
        let sample = (subject.measure)(calls);
        let legal = expected(calls);
        if !legal.contains(&sample.sum) {
            return Err(BenchError::WrongSum {
                case,
                subject: subject.name,
                found: sample.sum,
                low: *legal.start(),
                high: *legal.end(),
            });
        }
        let quietest = best.get_or_insert(sample);
        if sample.other_cpus < quietest.other_cpus {
            *quietest = sample;
        }
        if quietest.other_cpus <= Measurement::SUSPECT_LOAD {
            break;
        }
    }
    Ok(best.expect("the loop runs at least once"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{Bench, BenchError};
    use crate::harness::{Case, Measurement, Options, Unit};

    fn sample(value: f64, sum: u64) -> Measurement {
        Measurement { value, sum, busy_cpus: 1.0, other_cpus: 0.0 }
    }

    #[test]
    fn a_disturbed_sample_is_repeated_and_the_quietest_one_counts() {
        let mut loads = [0.9, 0.4, 0.0, 0.9].into_iter();
        let bench = Bench::new("demo").case(Case::new("adds", Unit::NanosecondsPerCall).subject(
            "only",
            10,
            move |_| {
                let load = loads.next().expect("a warm-up and three samples");
                Measurement { other_cpus: load, ..sample(load, 45) }
            },
        ));
        let options = Options::parse_from(["demo", "--rounds", "1", "--redo", "2"]);
        let rows = bench.run(&options).expect("the sums are right");
        assert_eq!((rows[0].median, rows[0].other_cpus), (0.0, 0.0));
    }

    fn bench() -> Bench {
        Bench::new("demo").case(
            Case::new("adds", Unit::NanosecondsPerCall)
                .floor("fast")
                .subject("fast", 10, |calls| sample(2.0, calls * (calls - 1) / 2))
                .subject("slow", 10, |calls| sample(6.0, calls * (calls - 1) / 2)),
        )
    }

    #[test]
    fn ratios_refer_to_the_median_of_the_floor() {
        let rows = bench().run(&Options::parse_from(["demo"])).expect("the sums are right");
        assert_eq!(rows[1].ratio_to_floor, Some(3.0));
    }

    #[test]
    fn asking_for_one_subject_still_measures_its_floor() {
        let options = Options::parse_from(["demo", "--subject", "slow", "--rounds", "1"]);
        let rows = bench().run(&options).expect("the sums are right");
        let subjects: Vec<_> = rows.iter().map(|row| row.subject).collect();
        assert_eq!(subjects, ["fast", "slow"]);
    }

    #[test]
    fn a_wrong_sum_stops_the_bench() {
        let wrong = Bench::new("demo").case(Case::new("adds", Unit::NanosecondsPerCall).subject(
            "liar",
            10,
            |_| sample(1.0, 44),
        ));
        let error = wrong.run(&Options::parse_from(["demo"])).expect_err("45 was expected");
        assert!(matches!(error, BenchError::WrongSum { found: 44, low: 45, .. }), "{error}");
    }

    #[test]
    fn an_unknown_case_is_an_error_that_names_the_known_ones() {
        let options = Options::parse_from(["demo", "--case", "nothing"]);
        let error = bench().run(&options).expect_err("there is no such case");
        assert!(error.to_string().contains("adds (fast, slow)"), "{error}");
    }
}
