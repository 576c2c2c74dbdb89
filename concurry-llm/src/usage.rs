//! What a request used, and how the limits learn of it.

use concurry_core::CallContext;
use concurry_limits::PermitError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// The key of a limit that counts HTTP requests. What a pool has not reserved of it, a client takes
/// itself before it sends: so many calls that become one request count as one. (A
/// [`CallLimit`](concurry_limits::CallLimit) counts calls.)
pub const REQUESTS: &str = "requests";
/// The key of a limit that counts the tokens of prompt and answer together.
pub const TOKENS: &str = "tokens";
/// The key of a limit that counts the tokens of prompts alone.
pub const INPUT_TOKENS: &str = "input_tokens";
/// The key of a limit that counts the tokens of answers alone.
pub const OUTPUT_TOKENS: &str = "output_tokens";

/// The tokens of a request, as the service counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Of the prompt.
    pub prompt_tokens: u64,
    /// Of the answer.
    pub completion_tokens: u64,
    /// Of both together. Some services count more than the sum, such as hidden reasoning.
    pub total_tokens: u64,
}

impl Usage {
    /// Settles what was reserved under the keys of this module. Keys that were not reserved are left
    /// alone: which limits there are is the pool's business. Of a service that does not tell what was
    /// used, what was reserved counts as used.
    pub(crate) fn settle(
        self,
        mut update: impl FnMut(&'static str, u64) -> Result<(), PermitError>,
    ) {
        if self == Self::default() {
            return;
        }
        for (key, used) in [
            (TOKENS, self.total_tokens),
            (INPUT_TOKENS, self.prompt_tokens),
            (OUTPUT_TOKENS, self.completion_tokens),
        ] {
            // Whole numbers are always legal, so the only error is a key that was not reserved.
            let _ = update(key, used);
        }
    }

    /// Adds what another part of the same work used. Where nobody tells of a part, nobody tells of the whole.
    pub(crate) fn add_to(self, total: &mut Option<Self>) {
        *total = Some(total.map_or(self, |total| total.plus(self)));
    }

    fn plus(self, other: Self) -> Self {
        if [self, other].contains(&Self::default()) {
            return Self::default();
        }
        Self {
            prompt_tokens: self.prompt_tokens.saturating_add(other.prompt_tokens),
            completion_tokens: self.completion_tokens.saturating_add(other.completion_tokens),
            total_tokens: self.total_tokens.saturating_add(other.total_tokens),
        }
    }

    /// Settles the permit that the pool took for the call.
    pub(crate) fn settle_call(self, context: &CallContext) {
        self.settle(|key, used| context.permit().update([(key, used)]));
    }
}

/// More tokens than any request has. A larger number is a mistake, and would hold a limit up for days.
const MOST_TOKENS: u64 = 100_000_000;

/// Reads what a service reports. What is no usage (negative, huge, a text) is as good as none, and no
/// reason to lose the answer that it comes with.
pub(crate) fn reported<'de, D, Wire>(deserializer: D) -> Result<Option<Usage>, D::Error>
where
    D: Deserializer<'de>,
    Wire: DeserializeOwned + Into<Usage>,
{
    let value = Value::deserialize(deserializer)?;
    let usage: Option<Usage> = Wire::deserialize(value).ok().map(Into::into);
    Ok(usage.filter(|usage| usage.total_tokens <= MOST_TOKENS))
}

/// How OpenAI-compatible services report it. Fields that are missing count as zero.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct WireUsage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}

impl From<WireUsage> for Usage {
    fn from(wire: WireUsage) -> Self {
        let WireUsage { prompt_tokens, completion_tokens, total_tokens } = wire;
        let sum = prompt_tokens.saturating_add(completion_tokens);
        Self { prompt_tokens, completion_tokens, total_tokens: total_tokens.max(sum) }
    }
}
