//! The command line that every bench understands.

use std::path::PathBuf;

use clap::Parser;

/// Options of a bench; each bench has the same.
#[derive(Debug, Clone, Parser)]
#[command(version, about = "Measures concurry beside its peers and beside hand-written floors")]
pub struct Options {
    /// A tenth of the calls and two rounds: for a look, not for figures
    #[arg(long)]
    pub quick: bool,

    /// Rounds to take the median of [default: the bench's own, 3 or 5]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub rounds: Option<u32>,

    /// Repeat a sample up to N times while other processes disturb it; the quietest one counts
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub redo: u32,

    /// Calls of every subject [default: the subject's own, shown in the table]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub calls: Option<u64>,

    /// Only this case (may be given several times)
    #[arg(long, value_name = "NAME")]
    pub case: Vec<String>,

    /// Only this subject and the case's floor (may be given several times)
    #[arg(long, value_name = "NAME")]
    pub subject: Vec<String>,

    /// Write one JSON row per case and subject to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

impl Options {
    /// Whether the case was asked for.
    pub(super) fn wants_case(&self, name: &str) -> bool {
        self.case.is_empty() || self.case.iter().any(|wanted| wanted == name)
    }

    /// Whether the subject was asked for.
    pub(super) fn wants_subject(&self, name: &str) -> bool {
        self.subject.is_empty() || self.subject.iter().any(|wanted| wanted == name)
    }

    /// How many rounds to run, given the bench's own choice.
    pub(super) fn rounds(&self, own: u32) -> u32 {
        self.rounds.unwrap_or(if self.quick { own.min(2) } else { own })
    }

    /// How many calls to make, given the subject's own choice.
    pub(super) fn calls(&self, own: u64) -> u64 {
        self.calls.unwrap_or(if self.quick { (own / 10).max(1) } else { own })
    }
}
