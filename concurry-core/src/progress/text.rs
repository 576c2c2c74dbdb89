//! Numbers, durations and rates as people read them.

use std::time::Duration;

/// Digits in groups of three: `1,234,567`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A clock reading: `00:12`, or `1:02:03` from one hour on.
pub(super) fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

/// A short wait: `1.2 s`, `12 s`, and a clock reading from 100 seconds on.
pub(super) fn wait(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 9.95 {
        format!("{seconds:.1} s")
    } else if seconds < 99.5 {
        format!("{seconds:.0} s")
    } else {
        clock(duration)
    }
}

/// A rate in the unit of time that keeps it above one: `31.2 calls/s`, `3.0 calls/min`.
pub(super) fn rate(per_second: f64, unit: &str) -> String {
    let (rate, time) = if per_second >= 1.0 {
        (per_second, "s")
    } else if per_second * 60.0 >= 1.0 {
        (per_second * 60.0, "min")
    } else {
        (per_second * 3600.0, "h")
    };
    if rate < 100.0 {
        format!("{rate:.1} {unit}/{time}")
    } else {
        // A float too big for an integer saturates, which is all a display needs.
        format!("{} {unit}/{time}", count(rate.round() as u64))
    }
}

/// One line without control characters: a description with a line break or an escape sequence must
/// not move the cursor.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_three() {
        let shown: Vec<_> = [0, 999, 1_000, 1_234_567].map(count).into();
        assert_eq!(shown, ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn durations_read_as_clocks_and_waits() {
        assert_eq!(clock(Duration::from_secs(72)), "01:12");
        assert_eq!(clock(Duration::from_secs(3_723)), "1:02:03");
        assert_eq!(wait(Duration::from_millis(1_240)), "1.2 s");
        assert_eq!(wait(Duration::from_millis(9_970)), "10 s");
        assert_eq!(wait(Duration::from_secs(130)), "02:10");
    }

    #[test]
    fn slow_rates_are_per_minute_or_hour() {
        assert_eq!(rate(31.24, "calls"), "31.2 calls/s");
        assert_eq!(rate(0.05, "calls"), "3.0 calls/min");
        assert_eq!(rate(0.01, "calls"), "36.0 calls/h");
        assert_eq!(rate(1_234_567.8, "items"), "1,234,568 items/s");
    }

    #[test]
    fn control_characters_become_spaces() {
        assert_eq!(one_line("a\nb\x1b[2Jc"), "a b [2Jc");
    }
}
