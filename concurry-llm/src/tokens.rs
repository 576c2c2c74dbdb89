//! How many tokens a text has, before it is sent.

/// About how many tokens a text has: one for four ASCII characters, and one for each other character.
///
/// Costs nanoseconds and needs no vocabulary. For English text it is within a fifth of what OpenAI's
/// tokenizers count; for code it counts less, for scripts other than Latin somewhat more. Good enough
/// to reserve by, since what was used is settled afterwards. For exact counts see the feature
/// `tokenizer`.
///
/// ```
/// use concurry_llm::estimate_tokens;
///
/// assert_eq!(estimate_tokens("What is the capital of France?"), 8);
/// assert_eq!(estimate_tokens("東京"), 2);
/// assert_eq!(estimate_tokens(""), 0);
/// ```
#[must_use]
pub fn estimate_tokens(text: &str) -> u64 {
    let (mut ascii, mut others) = (0_u64, 0_u64);
    for character in text.chars() {
        if character.is_ascii() { ascii += 1 } else { others += 1 }
    }
    ascii.div_ceil(4) + others
}

#[cfg(feature = "tokenizer")]
pub use exact::{Tokenizer, UnknownModel};

#[cfg(feature = "tokenizer")]
mod exact {
    use std::fmt;

    use thiserror::Error;
    use tiktoken_rs::CoreBPE;

    /// Counts tokens as a model of OpenAI does. The first use of a vocabulary loads it, which takes
    /// a moment; afterwards all share it.
    ///
    /// ```
    /// use concurry_llm::Tokenizer;
    ///
    /// let tokenizer = Tokenizer::of("gpt-4o-mini")?;
    /// assert_eq!(tokenizer.count("What is the capital of France?"), 7);
    /// # Ok::<(), concurry_llm::UnknownModel>(())
    /// ```
    #[derive(Clone, Copy)]
    pub struct Tokenizer(&'static CoreBPE);

    impl Tokenizer {
        /// The tokenizer of a model.
        ///
        /// # Errors
        ///
        /// [`UnknownModel`] for a model that is none of OpenAI's.
        pub fn of(model: &str) -> Result<Self, UnknownModel> {
            tiktoken_rs::bpe_for_model(model)
                .map(Self)
                .map_err(|_| UnknownModel { model: model.to_owned() })
        }

        /// How many tokens a text has. Special tokens in it count as the text that they are.
        #[must_use]
        pub fn count(&self, text: &str) -> u64 {
            self.0.encode_ordinary(text).len() as u64
        }
    }

    impl fmt::Debug for Tokenizer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("Tokenizer").finish_non_exhaustive()
        }
    }

    /// A model whose tokenizer is not known.
    #[derive(Clone, Debug, PartialEq, Eq, Error)]
    #[error("no tokenizer is known for the model `{model}`; `estimate_tokens` needs none")]
    pub struct UnknownModel {
        /// The model.
        pub model: String,
    }
}

#[cfg(all(test, feature = "tokenizer"))]
mod tests {
    use super::*;

    /// What the documentation of `estimate_tokens` promises, held against OpenAI's own count.
    #[test]
    fn the_estimate_of_english_is_within_a_fifth() {
        let tokenizer = Tokenizer::of("gpt-4o-mini").unwrap();
        let text = include_str!("../../README.md");
        let prose: Vec<&str> = text.lines().filter(|line| line.len() > 90).collect();
        let (estimated, exact) = prose.iter().fold((0, 0), |(estimated, exact), line| {
            (estimated + estimate_tokens(line), exact + tokenizer.count(line))
        });
        assert!(exact > 500, "{exact} tokens are too few to tell");
        let ratio = estimated as f64 / exact as f64;
        assert!((0.8..=1.25).contains(&ratio), "{ratio}");
    }

    #[test]
    fn an_unknown_model_is_named() {
        let error = Tokenizer::of("somebody-elses-model").unwrap_err();
        assert!(error.to_string().contains("`somebody-elses-model`"), "{error}");
    }
}
