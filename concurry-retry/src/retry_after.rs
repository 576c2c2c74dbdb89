//! The wait that an HTTP answer asks for: `Retry-After` and `retry-after-ms`.

use std::time::{Duration, SystemTime};

/// Reads how long the headers of an answer ask us to wait.
///
/// `retry-after-ms` (milliseconds, as OpenAI and Azure send it) comes before `Retry-After`
/// (RFC 9110, section 10.2.3), which is a number of seconds or an HTTP date. A date is compared
/// with the answer's own `Date` if there is one, since the two clocks may differ, else with `now`.
/// A date in the past gives zero. What cannot be read, or is negative, gives `None`.
///
/// ```
/// use concurry_retry::retry_after;
/// use std::time::{Duration, SystemTime};
///
/// let headers = [("Content-Type", "text/plain"), ("Retry-After", "20")];
/// assert_eq!(retry_after(headers, SystemTime::now()), Some(Duration::from_secs(20)));
///
/// let dated = [
///     ("Date", "Sun, 06 Nov 1994 08:49:07 GMT"),
///     ("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"),
/// ];
/// assert_eq!(retry_after(dated, SystemTime::now()), Some(Duration::from_secs(30)));
/// ```
pub fn retry_after<'h>(
    headers: impl IntoIterator<Item = (&'h str, &'h str)>,
    now: SystemTime,
) -> Option<Duration> {
    let (mut millis, mut seconds_or_date, mut date) = (None, None, None);
    for (name, value) in headers {
        if name.eq_ignore_ascii_case("retry-after-ms") {
            millis = Some(value);
        } else if name.eq_ignore_ascii_case("retry-after") {
            seconds_or_date = Some(value);
        } else if name.eq_ignore_ascii_case("date") {
            date = Some(value);
        }
    }
    let from_millis = millis.and_then(|value| decimal(value, 1e-3));
    from_millis.or_else(|| {
        let sent_at = date.and_then(|value| httpdate::parse_http_date(value.trim()).ok());
        parse_retry_after(seconds_or_date?, sent_at.unwrap_or(now))
    })
}

/// Reads the value of a `Retry-After` header: seconds (a fraction is taken too), or an HTTP date
/// compared with `now`.
///
/// ```
/// use concurry_retry::parse_retry_after;
/// use std::time::{Duration, SystemTime};
///
/// assert_eq!(parse_retry_after("1.5", SystemTime::now()), Some(Duration::from_millis(1500)));
/// assert_eq!(parse_retry_after("soon", SystemTime::now()), None);
/// ```
#[must_use]
pub fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    decimal(value, 1.0).or_else(|| {
        let date = httpdate::parse_http_date(value.trim()).ok()?;
        Some(date.duration_since(now).unwrap_or(Duration::ZERO))
    })
}

/// A non-negative decimal number of units of `unit` seconds.
fn decimal(value: &str, unit: f64) -> Option<Duration> {
    let number: f64 = value.trim().parse().ok()?;
    Duration::try_from_secs_f64(number * unit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(headers: &[(&'static str, &'static str)]) -> Option<Duration> {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        retry_after(headers.iter().copied(), now)
    }

    #[test]
    fn milliseconds_come_before_seconds() {
        let wait = read(&[("retry-after", "9"), ("Retry-After-Ms", "250")]);
        assert_eq!(wait, Some(Duration::from_millis(250)));
        let wait = read(&[("retry-after", "9"), ("retry-after-ms", "?")]);
        assert_eq!(wait, Some(Duration::from_secs(9)));
    }

    #[test]
    fn all_three_date_forms_of_http_are_read() {
        for date in [
            "Sun, 06 Nov 1994 08:50:07 GMT",
            "Sunday, 06-Nov-94 08:50:07 GMT",
            "Sun Nov  6 08:50:07 1994",
        ] {
            assert_eq!(read(&[("Retry-After", date)]), Some(Duration::from_secs(30)), "{date}");
        }
    }

    #[test]
    fn a_date_in_the_past_means_at_once() {
        let past = "Sun, 06 Nov 1994 08:49:00 GMT";
        assert_eq!(read(&[("Retry-After", past)]), Some(Duration::ZERO));
    }

    #[test]
    fn what_cannot_be_a_wait_is_no_hint() {
        for value in ["", "-1", "NaN", "inf", "1e300", "tomorrow", "1 2"] {
            assert_eq!(read(&[("Retry-After", value)]), None, "{value}");
        }
        assert_eq!(read(&[]), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in ".*") {
            let _ = parse_retry_after(&text, SystemTime::UNIX_EPOCH);
        }

        #[test]
        fn whole_seconds_are_read_as_they_are(seconds in 0_u32..) {
            let wait = parse_retry_after(&seconds.to_string(), SystemTime::UNIX_EPOCH);
            prop_assert_eq!(wait, Some(Duration::from_secs(seconds.into())));
        }
    }
}
