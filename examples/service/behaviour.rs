//! How the service behaves: how long an answer takes, which requests fail, what it says.

use std::time::Duration;

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Behaviour {
    pub latency: Duration,
    pub fails: bool,
}

/// Draws the behaviour of the `number`-th request: the same in every run.
///
/// 60 to 120 ms as a rule, up to 450 ms for one in twenty; and one in fifty fails.
pub fn of_request(number: u64) -> Behaviour {
    let usual = 60.0 + 60.0 * uniform(3 * number);
    let tail = uniform(3 * number + 1);
    // The slowest twentieth: the closer to 1, the longer, as the square.
    let extra = if tail > 0.95 { 330.0 * ((tail - 0.95) / 0.05).powi(2) } else { 0.0 };
    Behaviour {
        latency: Duration::from_secs_f64((usual + extra) / 1e3),
        fails: uniform(3 * number + 2) < 0.02,
    }
}

/// A number in `0..1`, by SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
fn uniform(draw: u64) -> f64 {
    const SEED: u64 = 20_261_121;
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut z = SEED.wrapping_add(STEP.wrapping_mul(draw + 1));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    (z >> 11) as f64 / (1_u64 << 53) as f64
}

/// What the model says. The same prompt always gets the same answer.
pub fn answer(prompt: &str) -> String {
    let topic = topic(prompt);
    let sentences = [
        format!("Let us talk about {topic}."),
        format!("Ask three people about {topic} and you will hear four opinions."),
        format!("Some visit {topic} for the food, some for the people, most for both."),
        "A model that lives on a loopback port has not travelled far, so take this with salt."
            .to_owned(),
    ];
    let length = 1 + prompt.len() % sentences.len();
    sentences[..length].join(" ")
}

/// How many tokens a text has, at about four characters each.
pub fn tokens(text: &str) -> u32 {
    u32::try_from(text.len().div_ceil(4)).unwrap_or(u32::MAX)
}

/// The longest run of capitalised words: `Shanghai, China`.
fn topic(prompt: &str) -> String {
    let is_name = |word: &str| word.starts_with(char::is_uppercase);
    let words: Vec<&str> = prompt.split_whitespace().collect();
    let runs = words.chunk_by(|word, next| is_name(word) && is_name(next) && !word.ends_with('.'));
    let names = runs.filter(|run| is_name(run[0]));
    let longest = names.max_by_key(|run| run.len()).map_or("this".to_owned(), |run| run.join(" "));
    longest.trim_end_matches(|end: char| !end.is_alphanumeric()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_have_the_promised_shape_and_a_fiftieth_of_the_requests_fails() {
        let drawn: Vec<_> = (0..10_000).map(of_request).collect();
        let slow = |limit: u64| {
            let limit = Duration::from_millis(limit);
            drawn.iter().filter(|behaviour| behaviour.latency > limit).count()
        };
        assert_eq!(slow(59), 10_000);
        assert!((200..600).contains(&slow(120)), "{} above 120 ms", slow(120));
        assert!(slow(300) > 50 && slow(450) == 0);
        let failures = drawn.iter().filter(|behaviour| behaviour.fails).count();
        assert!((150..250).contains(&failures), "{failures} failures");
    }

    #[test]
    fn the_answer_is_about_what_the_prompt_names() {
        assert_eq!(topic("In one sentence, what is Shanghai, China known for?"), "Shanghai, China");
        assert_eq!(topic("An hour in New York. Suggest one thing."), "New York");
        assert_eq!(topic("what now?"), "this");
        assert!(answer("Tell me about Oslo, Norway.").contains("Oslo, Norway"));
    }
}
