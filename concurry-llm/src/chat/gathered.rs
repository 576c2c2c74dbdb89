//! The tokens of a whole answer: a stream that has crossed from another process.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::usage::Usage;

/// The tokens of an answer that has ended.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Gathered {
    pub(super) texts: VecDeque<String>,
    pub(super) usage: Option<Usage>,
    pub(super) finish_reason: Option<String>,
}
