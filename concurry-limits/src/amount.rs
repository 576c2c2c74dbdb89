//! Amounts: any number type, checked once.

/// A number that can be asked for, capped at or reported as used.
///
/// Implemented by the integer and float types of the language. What is illegal (negative, NaN,
/// infinite where that makes no sense) is refused where the amount is used, by an error that names
/// the key and the legal range.
///
/// ```
/// use concurry_limits::{LimitSet, RateLimit};
///
/// let limits = LimitSet::builder().with(RateLimit::per_minute("tokens", 50_000_u32)).build()?;
/// let reply = String::from("four");
/// let permit = limits.try_acquire([("tokens", 50 + reply.len() / 4)])?;
/// assert_eq!(permit.amount("tokens"), Some(51.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Amount: Copy {
    /// The amount as a real number. Exact up to 2^53; beyond that to one part in 10^16.
    fn to_f64(self) -> f64;
}

macro_rules! lossless {
    ($($number:ty),*) => {$(
        impl Amount for $number {
            #[inline]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
        }
    )*};
}

macro_rules! rounded {
    ($($number:ty),*) => {$(
        impl Amount for $number {
            #[inline]
            fn to_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}

lossless!(u8, u16, u32, i8, i16, i32, f32, f64);
rounded!(u64, i64, u128, i128, usize, isize);

/// Whether an amount can be asked for, reported as used, or given back.
#[inline]
pub(crate) fn is_legal(amount: f64) -> bool {
    amount.is_finite() && amount >= 0.0
}
