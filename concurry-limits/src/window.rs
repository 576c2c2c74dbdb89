//! The window of a rate, as a duration, a number of seconds or a word.

use std::str::FromStr;
use std::time::Duration;

use crate::error::LimitBuildError;

/// How long the window of a rate limit is.
///
/// Made from a [`Duration`], or parsed from a number of seconds or a word: `"second"`, `"minute"`,
/// `"hour"`, `"day"` and `"week"`, also in the plural, as `"per_minute"`, and as `"sec"`, `"min"`,
/// `"hr"`, `"wk"`; upper and lower case alike. There is no month: it has no fixed length.
///
/// ```
/// use concurry_limits::Window;
/// use std::time::Duration;
///
/// let minute = Window::from(Duration::from_secs(60));
/// for text in ["minute", "per_minute", "Mins", "60", "60.0"] {
///     assert_eq!(text.parse::<Window>()?, minute);
/// }
/// assert!("month".parse::<Window>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Window(Duration);

impl Window {
    /// One second.
    pub const SECOND: Self = Self(Duration::from_secs(1));
    /// Sixty seconds.
    pub const MINUTE: Self = Self(Duration::from_secs(60));
    /// Sixty minutes.
    pub const HOUR: Self = Self(Duration::from_secs(3600));
    /// Twenty-four hours.
    pub const DAY: Self = Self(Duration::from_secs(86_400));
    /// Seven days.
    pub const WEEK: Self = Self(Duration::from_secs(604_800));

    /// The length.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl From<Duration> for Window {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl FromStr for Window {
    type Err = LimitBuildError;

    /// # Errors
    ///
    /// [`LimitBuildError::UnknownWindow`] for any other text, and for numbers that are not above
    /// zero.
    fn from_str(text: &str) -> Result<Self, LimitBuildError> {
        let word = text.trim().to_ascii_lowercase();
        let word = word.strip_prefix("per_").unwrap_or(&word);
        match word.strip_suffix('s').unwrap_or(word) {
            "second" | "sec" => return Ok(Self::SECOND),
            "minute" | "min" => return Ok(Self::MINUTE),
            "hour" | "hr" => return Ok(Self::HOUR),
            "day" => return Ok(Self::DAY),
            "week" | "wk" => return Ok(Self::WEEK),
            _ => {}
        }
        word.parse()
            .ok()
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .filter(|duration| !duration.is_zero())
            .map(Self)
            .ok_or_else(|| LimitBuildError::UnknownWindow { text: text.to_owned() })
    }
}
