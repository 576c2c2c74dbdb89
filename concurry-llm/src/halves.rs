//! Many items in one request, of which one may spoil it for all.

use concurry_retry::Retryable;

use crate::LlmError;
use crate::usage::Usage;

/// Sends all items together. If the service refuses them as they are, it sends them in halves, until
/// those that it means are alone. Any other error is that of all items that it concerns: it would be
/// the same for each half, and a throttled service is not asked more often.
///
/// Gives the result of each item, and what all requests used together, if one was answered: of those
/// that failed nobody tells.
pub(crate) async fn send<T, R>(
    items: &[T],
    request: impl AsyncFn(&[T]) -> Result<(Vec<R>, Usage), LlmError>,
) -> (Vec<Result<R, LlmError>>, Option<Usage>) {
    let mut total: Option<Usage> = None;
    let mut results = Vec::with_capacity(items.len());
    // The next one on top, so that the results come in the order of the items.
    let mut waiting = vec![items];
    while let Some(items) = waiting.pop() {
        match request(items).await {
            Ok((answers, usage)) => {
                usage.add_to(&mut total);
                results.extend(answers.into_iter().map(Ok));
            }
            Err(error) if items.len() > 1 && error.blames_arguments() => {
                let (first, second) = items.split_at(items.len() / 2);
                waiting.extend([second, first]);
            }
            Err(error) if error.blames_arguments() => results.push(Err(error)),
            Err(error) => {
                let rest = items.len() + waiting.iter().map(|items| items.len()).sum::<usize>();
                results.extend((0..rest).map(|_| Err(error.clone())));
                break;
            }
        }
    }
    (results, total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use concurry_time::block_on;
    use proptest::prelude::*;
    use std::cell::RefCell;

    fn refused() -> LlmError {
        LlmError::Refused { status: 400, code: None, message: "no".into() }
    }

    #[test]
    fn a_throttled_service_is_not_asked_again() {
        let asked = RefCell::new(0);
        let busy = LlmError::Throttled { retry_after: None, message: "slow down".into() };
        let (results, _): (Vec<Result<u8, _>>, _) = block_on(send(&[1, 2, 3], async |_| {
            *asked.borrow_mut() += 1;
            Err(busy.clone())
        }));
        assert_eq!(results, vec![Err(busy.clone()); 3]);
        assert_eq!(asked.into_inner(), 1);
    }

    proptest! {
        #[test]
        fn each_item_has_its_own_result_in_order(bad in proptest::collection::vec(any::<bool>(), 1..40)) {
            let items: Vec<(usize, bool)> = bad.iter().copied().enumerate().collect();
            let (results, usage) = block_on(send(&items, async |items: &[(usize, bool)]| {
                if items.iter().any(|(_, bad)| *bad) {
                    return Err(refused());
                }
                let usage = Usage { total_tokens: items.len() as u64, ..Usage::default() };
                Ok((items.iter().map(|(number, _)| *number).collect(), usage))
            }));
            let used = usage.map_or(0, |usage| usage.total_tokens);
            prop_assert_eq!(used, bad.iter().filter(|bad| !**bad).count() as u64);
            let expected: Vec<_> = items
                .iter()
                .map(|(number, bad)| if *bad { Err(refused()) } else { Ok(*number) })
                .collect();
            prop_assert_eq!(results, expected);
        }
    }
}
