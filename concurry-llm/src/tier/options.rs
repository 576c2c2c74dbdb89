//! What a tier sets for each client.

use concurry_core::WorkerOptions;

use super::Tier;
use crate::{
    ChatClientHandle, ChatClientOptions, CompletionClientHandle, CompletionClientOptions,
    EmbeddingClientOptions,
};

// `until` below accepts everything: it is the place where every answer comes by.

impl ChatClientOptions {
    /// Sets limits, reservations and retries for what an account may use.
    pub fn tier(self, tier: &Tier) -> Self {
        let [complete, chat, stream, learner, reader] = [(); 5].map(|()| tier.clone());
        tier.common(self)
            .on_complete(|options| {
                options.reserve(move |(prompt,)| complete.request(complete.count(prompt))).until(
                    move |text| {
                        reader.learn_text(text);
                        true
                    },
                )
            })
            .on_chat(|options| {
                options
                    .reserve(move |(request,)| {
                        chat.request(request.count_tokens(&|text| chat.count(text)))
                    })
                    .until(move |reply| {
                        learner.learn(reply.usage);
                        true
                    })
            })
            .on_stream(|options| {
                options.reserve(move |(request,)| {
                    stream.request(request.count_tokens(&|text| stream.count(text)))
                })
            })
    }

    /// As [`tier`](Self::tier); and what fails after all attempts, `other` is asked, at once while the
    /// tier's breaker is open. Deadline and cancel go along.
    ///
    /// ```no_run
    /// use concurry_core::Mode;
    /// use concurry_llm::{ChatClient, Endpoint, Tier};
    ///
    /// let endpoint = Endpoint::openai();
    /// let tier = Tier::per_minute(500, 200_000).build()?;
    /// let small_tier = Tier::per_minute(5_000, 2_000_000).build()?;
    /// let small = ChatClient::options(Mode::Async, 1)
    ///     .tier(&small_tier)
    ///     .init(endpoint.clone(), "gpt-4o-mini".into())?;
    /// let llm = ChatClient::options(Mode::Async, 1)
    ///     .tier_with_fallback(&tier, &small)
    ///     .init(endpoint, "gpt-4o".into())?;
    /// # drop(llm);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn tier_with_fallback(self, tier: &Tier, other: &ChatClientHandle) -> Self {
        let [complete, chat, stream] = [(); 3].map(|()| other.clone());
        self.tier(tier)
            .breaker(tier.breaker.clone())
            .on_complete(|options| {
                options.fallback_to(move |_error, (prompt,)| complete.complete(prompt))
            })
            .on_chat(|options| options.fallback_to(move |_error, (request,)| chat.chat(request)))
            .on_stream(|options| {
                options.fallback_to(move |_error, (request,)| stream.stream(request))
            })
    }
}

impl CompletionClientOptions {
    /// As [`tier`](Self::tier); and what fails after all attempts, `other` is asked, at once while the
    /// tier's breaker is open. Deadline and cancel go along.
    pub fn tier_with_fallback(self, tier: &Tier, other: &CompletionClientHandle) -> Self {
        let [complete, generate] = [(); 2].map(|()| other.clone());
        self.tier(tier)
            .breaker(tier.breaker.clone())
            .on_complete(|options| {
                options.fallback_to(move |_error, (prompt,)| complete.complete(prompt))
            })
            .on_generate(|options| {
                options.fallback_to(move |_error, (prompt,)| generate.generate(prompt))
            })
    }

    /// Sets limits, reservations and retries for what an account may use.
    pub fn tier(self, tier: &Tier) -> Self {
        let [complete, generate, batch, learner, reader] = [(); 5].map(|()| tier.clone());
        tier.common(self)
            .on_complete(|options| {
                options.reserve(move |(prompt,)| complete.request(complete.count(prompt))).until(
                    move |text| {
                        reader.learn_text(text);
                        true
                    },
                )
            })
            .on_generate(|options| {
                options.reserve(move |(prompt,)| generate.request(generate.count(prompt))).until(
                    move |reply| {
                        learner.learn(reply.usage);
                        true
                    },
                )
            })
            .on_complete_batch(|options| {
                options.reserve(move |(prompts,)| {
                    let tokens = prompts.iter().map(|prompt| batch.count(prompt)).sum();
                    batch.answered(tokens, prompts.len() as u64)
                })
            })
    }
}

impl EmbeddingClientOptions {
    /// Sets limits, reservations and retries for what an account may use.
    pub fn tier(self, tier: &Tier) -> Self {
        let [one, all] = [(); 2].map(|()| tier.clone());
        tier.common(self)
            .on_embed(|options| options.reserve(move |(text,)| one.read(one.count(text))))
            .on_embed_all(|options| {
                options.reserve(move |(texts,)| {
                    all.read(texts.iter().map(|text| all.count(text)).sum())
                })
            })
    }
}

impl Tier {
    fn common<O: WorkerOptions>(&self, options: O) -> O {
        options.limits(&self.limits).retry(self.retry.clone())
    }
}
