//! The three graphs, as lists of what each call depends on.

/// Which graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// No call depends on another.
    Wide,
    /// Each depends on the one before.
    Deep,
    /// Each depends on two of the 1,000 before it.
    Random,
}

/// How far back a random dependency lies at most.
const WINDOW: u64 = 1_000;

impl Shape {
    /// The case's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Deep => "deep",
            Self::Random => "random",
        }
    }

    /// The name of the case that measures memory.
    pub(crate) const fn memory_name(self) -> &'static str {
        match self {
            Self::Wide => "wide-memory",
            Self::Deep => "deep-memory",
            Self::Random => "random-memory",
        }
    }

    /// The two calls before that a call of the random graph depends on.
    pub(crate) fn inputs(self, call: u64) -> (u64, u64) {
        let window = call.min(WINDOW);
        let mixed = mix(call);
        (call - 1 - mixed % window, call - 1 - (mixed >> 32) % window)
    }

    /// What the graph gives.
    pub(crate) fn expected(self, calls: u64) -> u64 {
        match self {
            Self::Wide => (0..calls).map(|call| call + 1).sum(),
            Self::Deep => calls,
            Self::Random => {
                let mut values: Vec<u64> = vec![1];
                for call in 1..calls {
                    let (a, b) = self.inputs(call);
                    values.push(combine(values[a as usize], values[b as usize]));
                }
                values.last().copied().unwrap_or(0)
            }
        }
    }
}

/// What a call of the random graph makes of its arguments.
pub(crate) fn combine(a: u64, b: u64) -> u64 {
    (a + 3 * b + 1) % 1_000_003
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
