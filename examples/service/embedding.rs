//! How the service embeds: texts that share words get vectors that are close to each other.

use std::hash::{DefaultHasher, Hash, Hasher};

/// How many numbers a vector has.
pub const DIMENSIONS: usize = 256;

/// The vector of a text: its words, each in a place of its own, scaled to length one.
pub fn embed(text: &str) -> Vec<f32> {
    let mut vector = vec![0.0_f32; DIMENSIONS];
    let words = text.split(|end: char| !end.is_alphanumeric()).filter(|word| !word.is_empty());
    for word in words {
        let mut hasher = DefaultHasher::new();
        word.to_lowercase().hash(&mut hasher);
        let hash = hasher.finish();
        let sign = if hash & 1 == 0 { 1.0 } else { -1.0 };
        vector[(hash >> 1) as usize % DIMENSIONS] += sign;
    }
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|number| *number /= length);
    }
    vector
}
