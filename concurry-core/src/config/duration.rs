//! Durations as people write them.

use std::time::Duration;

/// Reads `30s`, `500ms`, `2m`, `1.5h`, or seconds without a unit: `1.5`. No sign, no exponent.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let seconds = match unit.trim_start().to_lowercase().as_str() {
        "ns" => 1e-9,
        "us" | "µs" | "μs" => 1e-6, // both code points that look like a micro sign
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        _ => return None,
    };
    // Fails on no number at all, and on more than a `Duration` can hold.
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_and_without_units_are_read() {
        for (text, nanoseconds) in [
            ("30s", 30_000_000_000),
            (" 500ms ", 500_000_000),
            ("2m", 120_000_000_000),
            ("2 min", 120_000_000_000),
            ("1.5h", 5_400_000_000_000),
            ("1.5", 1_500_000_000),
            (".25", 250_000_000),
            ("7", 7_000_000_000),
            ("3us", 3_000),
            ("3µs", 3_000),
            ("9NS", 9),
            ("0", 0),
        ] {
            assert_eq!(parse(text), Some(Duration::from_nanos(nanoseconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_without_a_panic() {
        let long = "9".repeat(400);
        for text in
            ["", "s", ".", "-1s", "+1", "1e3", "nan", "inf", "1.2.3", "3 days", "1s2", "٣s", &long]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_debug_prints_is_read_back() {
        for nanoseconds in [1, 1_500, 2_000_000, 1_234_567_890, 86_400_000_000_000] {
            let duration = Duration::from_nanos(nanoseconds);
            assert_eq!(parse(&format!("{duration:?}")), Some(duration));
        }
    }
}
