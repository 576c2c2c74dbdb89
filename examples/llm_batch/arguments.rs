//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use concurry::Mode;

const MORE_HELP: &str = "\
Without --base-url it talks to an endpoint of its own on a loopback port, so that it runs offline
and costs nothing. Ctrl-C stops it and keeps every answer so far.

Examples:
  llm_batch --mode async --workers 200
  llm_batch --base-url https://api.openai.com/v1 --limit 50 --requests 500 --per minute";

/// Answers a file of prompts with a language model: many at once, under the service's limits, with
/// retries and progress bars
#[derive(Debug, Parser)]
#[command(name = "llm_batch", max_term_width = 100, after_help = MORE_HELP)]
pub struct Arguments {
    /// Where the workers run: a thread each, as overlapping async calls, or at the call
    #[arg(long, default_value = "thread", value_parser = mode())]
    pub mode: Mode,

    /// How many prompts are worked on at once (in sync mode always one)
    #[arg(long, default_value = "100", value_name = "N")]
    pub workers: NonZeroUsize,

    /// The prompts: one JSON object with `id` and `prompt` a line
    #[arg(long, default_value = "examples/data/prompts.jsonl", value_name = "FILE")]
    pub input: PathBuf,

    /// Where to write the answers: one JSON object a line, in the order of the prompts
    #[arg(long, default_value = "llm_batch_results.jsonl", value_name = "FILE")]
    pub output: PathBuf,

    /// Only the first N prompts
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,

    /// How many prompts to ask one by one first, to estimate what all would take (0: no estimate)
    #[arg(long, default_value = "20", value_name = "N")]
    pub sample: usize,

    /// How often to try a prompt again
    #[arg(long, default_value = "5", value_name = "N")]
    pub retries: u32,

    /// Print the summary as one JSON object on standard output
    #[arg(long)]
    pub json: bool,

    /// Requests in each period at most
    #[arg(long, default_value = "600", value_name = "N", help_heading = "Limits")]
    pub requests: u32,

    /// Tokens in each period at most
    #[arg(long, default_value = "40000", value_name = "N", help_heading = "Limits")]
    pub tokens: u32,

    /// The period of both limits
    #[arg(long, default_value = "second", value_name = "PERIOD", help_heading = "Limits",
        value_parser = ["second", "minute", "hour", "day"])]
    pub per: String,

    /// An OpenAI-compatible service, such as https://api.openai.com/v1
    #[arg(long, value_name = "URL", help_heading = "Service")]
    pub base_url: Option<String>,

    /// The model to ask
    #[arg(long, default_value = "gpt-4o-mini", help_heading = "Service")]
    pub model: String,

    /// The environment variable that holds the service's key
    #[arg(long, default_value = "OPENAI_API_KEY", value_name = "NAME", help_heading = "Service")]
    pub api_key_env: String,
}

fn mode() -> impl TypedValueParser<Value = Mode> {
    PossibleValuesParser::new(["thread", "async", "sync"]).try_map(|name| name.parse::<Mode>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn no_workers_and_unknown_modes_are_refused() {
        assert!(Arguments::try_parse_from(["llm_batch", "--workers", "0"]).is_err());
        assert!(Arguments::try_parse_from(["llm_batch", "--mode", "gpu"]).is_err());
        let parsed = Arguments::try_parse_from(["llm_batch", "--mode", "async"]);
        assert_eq!(parsed.unwrap().mode, Mode::Async);
    }
}
