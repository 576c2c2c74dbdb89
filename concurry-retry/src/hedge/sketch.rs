//! A decaying sketch of latencies that answers percentiles.

use std::time::{Duration, Instant};

/// Latencies in buckets that grow by 3 to 7 % each, so that every answer is within 5 % and none is
/// too long for the sketch (the idea of DDSketch: Masson, Rim and Lee, 2019; but with sixteen buckets of
/// one width between powers of two, which are found without a logarithm). Old calls weigh
/// less: a call's weight doubles with every half-life after the start, which leaves all older ones
/// where they are ("forward decay": Cormode et al., 2009).
#[derive(Debug)]
pub(crate) struct Sketch {
    weights: Vec<f64>,
    total: f64,
    samples: u32,
    /// The moment at which a new call weighs 1.
    landmark: Option<Instant>,
    /// What a call weighed when that was last worked out.
    weighed: Option<Weighed>,
}

#[derive(Clone, Copy, Debug)]
struct Weighed {
    at: Instant,
    weight: f64,
}

/// So many of the bits of a number's fraction tell buckets apart.
const FRACTION: u32 = 4;
/// The other bits of the fraction.
const BELOW: u32 = f64::MANTISSA_DIGITS - 1 - FRACTION;
const HALF_LIFE: Duration = Duration::from_secs(60);
/// For so long a weight stays as it is: it grows by less than a thousandth meanwhile, and to work it out
/// takes longer than all else.
const SAME_WEIGHT: Duration = Duration::from_millis(60);
/// Half-lives after which the weights are scaled down, long before they leave the range of `f64`.
const RESCALE_AFTER: f64 = 500.0;

impl Sketch {
    pub(crate) fn new() -> Self {
        // Up to 2^64 ns (584 years).
        let buckets = bucket(Duration::from_nanos(u64::MAX)) + 1;
        Self { weights: vec![0.0; buckets], total: 0.0, samples: 0, landmark: None, weighed: None }
    }

    pub(crate) fn add(&mut self, latency: Duration, now: Instant) {
        let weight = self.weight(now);
        let index = bucket(latency).min(self.weights.len() - 1);
        self.weights[index] += weight;
        self.total += weight;
        self.samples = self.samples.saturating_add(1);
    }

    /// What a call weighs now.
    fn weight(&mut self, now: Instant) -> f64 {
        if let Some(Weighed { at, weight }) = self.weighed
            && now.saturating_duration_since(at) < SAME_WEIGHT
        {
            return weight;
        }
        let landmark = *self.landmark.get_or_insert(now);
        let age = now.saturating_duration_since(landmark).as_secs_f64() / HALF_LIFE.as_secs_f64();
        let mut weight = age.min(2.0 * RESCALE_AFTER).exp2();
        if age > RESCALE_AFTER {
            self.rescale(weight, now);
            weight = 1.0;
        }
        self.weighed = Some(Weighed { at: now, weight });
        weight
    }

    /// The latency that this share of the calls stay within.
    pub(crate) fn percentile(&self, share: f64) -> Option<Duration> {
        let mut rest = self.total * share;
        let index = self.weights.iter().position(|weight| {
            rest -= weight;
            *weight > 0.0 && rest <= 0.0
        })?;
        // The middle of the bucket.
        let middle = first_bits() + ((index as u64) << BELOW) + (1 << (BELOW - 1));
        Some(Duration::from_nanos(f64::from_bits(middle) as u64))
    }

    /// How many calls were added.
    pub(crate) fn samples(&self) -> u32 {
        self.samples
    }

    fn rescale(&mut self, by: f64, now: Instant) {
        self.weights.iter_mut().for_each(|weight| *weight /= by);
        self.total /= by;
        self.landmark = Some(now);
    }
}

/// The exponent and the first bits of the fraction, counted from those of one nanosecond.
fn bucket(latency: Duration) -> usize {
    let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX).max(1);
    (((nanos as f64).to_bits() - first_bits()) >> BELOW) as usize
}

/// One nanosecond.
fn first_bits() -> u64 {
    1.0_f64.to_bits()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_percentile_is_within_five_percent_of_the_exact_one(
            mut nanos in prop::collection::vec(1_u64..10_000_000_000_000, 1..300),
            share in 0.01_f64..0.99,
        ) {
            let mut sketch = Sketch::new();
            let now = Instant::now();
            nanos.iter().for_each(|nanos| sketch.add(Duration::from_nanos(*nanos), now));
            nanos.sort_unstable();
            let rank = ((nanos.len() as f64 * share - 1e-9).ceil() as usize).clamp(1, nanos.len());
            let exact = nanos[rank - 1] as f64;
            let answer = sketch.percentile(share).unwrap().as_nanos() as f64;
            prop_assert!((answer / exact - 1.0).abs() < 0.051 || exact < 20.0, "{answer} {exact}");
        }
    }

    #[test]
    fn old_latencies_fade_and_the_weights_never_overflow() {
        let mut sketch = Sketch::new();
        let mut now = Instant::now();
        for _ in 0..1000 {
            sketch.add(Duration::from_secs(3), now);
        }
        now += HALF_LIFE * 10;
        for _ in 0..20 {
            sketch.add(Duration::from_millis(1), now);
        }
        assert!(sketch.percentile(0.9).unwrap() < Duration::from_millis(2));
        for _ in 0..5 {
            now += HALF_LIFE * 5000;
            sketch.add(Duration::from_millis(8), now);
            assert!(sketch.total.is_finite() && sketch.total > 0.0);
        }
        let median = sketch.percentile(0.5).unwrap();
        assert!(median > Duration::from_millis(7) && median < Duration::from_millis(9));
    }

    #[test]
    fn no_calls_give_no_percentile() {
        assert_eq!(Sketch::new().percentile(0.5), None);
    }
}
