//! What a tier sets for each client.

use concurry_core::WorkerOptions;

use super::Tier;
use crate::{ChatClientOptions, CompletionClientOptions, EmbeddingClientOptions};

impl ChatClientOptions {
    /// Sets limits, reservations and retries for what an account may use.
    pub fn tier(self, tier: &Tier) -> Self {
        let [complete, chat, stream, learner] = [(); 4].map(|()| tier.clone());
        tier.common(self)
            .on_complete(|options| {
                options.reserve(move |(prompt,)| complete.reservation(complete.count(prompt), 1))
            })
            .on_chat(|options| {
                options
                    .reserve(move |(request,)| {
                        chat.reservation(request.count_tokens(&|text| chat.count(text)), 1)
                    })
                    // Accepts everything: the place where every answer comes by.
                    .until(move |reply| {
                        learner.learn(reply.usage);
                        true
                    })
            })
            .on_stream(|options| {
                options.reserve(move |(request,)| {
                    stream.reservation(request.count_tokens(&|text| stream.count(text)), 1)
                })
            })
    }
}

impl CompletionClientOptions {
    /// Sets limits, reservations and retries for what an account may use.
    pub fn tier(self, tier: &Tier) -> Self {
        let [complete, generate, batch, learner] = [(); 4].map(|()| tier.clone());
        tier.common(self)
            .on_complete(|options| {
                options.reserve(move |(prompt,)| complete.reservation(complete.count(prompt), 1))
            })
            .on_generate(|options| {
                options
                    .reserve(move |(prompt,)| generate.reservation(generate.count(prompt), 1))
                    .until(move |reply| {
                        learner.learn(reply.usage);
                        true
                    })
            })
            .on_complete_batch(|options| {
                options.reserve(move |(prompts,)| {
                    let tokens = prompts.iter().map(|prompt| batch.count(prompt)).sum();
                    batch.reservation(tokens, prompts.len() as u64)
                })
            })
    }
}

impl EmbeddingClientOptions {
    /// Sets limits, reservations and retries for what an account may use.
    pub fn tier(self, tier: &Tier) -> Self {
        let [one, all] = [(); 2].map(|()| tier.clone());
        tier.common(self)
            .on_embed(|options| {
                options.reserve(move |(text,)| one.prompt_reservation(one.count(text)))
            })
            .on_embed_all(|options| {
                options.reserve(move |(texts,)| {
                    all.prompt_reservation(texts.iter().map(|text| all.count(text)).sum())
                })
            })
    }
}

impl Tier {
    fn common<O: WorkerOptions>(&self, options: O) -> O {
        options.limits(&self.limits).retry(self.retry.clone())
    }
}
