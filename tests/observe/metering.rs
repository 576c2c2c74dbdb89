//! The counters and histograms of calls.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use concurry::prelude::*;
use concurry::testing::Script;
use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

use crate::service::Service;

/// Counters by their key, and how often each histogram was fed.
#[derive(Default)]
struct Kept {
    values: Mutex<BTreeMap<String, Arc<AtomicU64>>>,
}

struct Fed(Arc<AtomicU64>);

impl HistogramFn for Fed {
    fn record(&self, _: f64) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Kept {
    fn value(&self, key: &Key) -> Arc<AtomicU64> {
        let labels: Vec<_> =
            key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let name = format!("{} {}", key.name(), labels.join(" "));
        Arc::clone(self.values.lock().unwrap().entry(name).or_default())
    }
}

impl Recorder for Kept {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.value(key))
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::new(Fed(self.value(key))))
    }
}

#[test]
fn calls_are_counted_by_worker_and_method() {
    let kept = Kept::default();
    // In sync mode all happens on this thread, whose recorder it is.
    metrics::with_local_recorder(&kept, || {
        let retry = RetryPolicy::constant(Duration::from_millis(1)).max_retries(1);
        let script = Script::new(7).fail("down").ok(1).fail("down").fail("down again");
        let options = Service::options(Mode::Sync, 1).retry(retry);
        let service = options.init(Service { script }).unwrap();
        assert!(service.ask().result().is_ok());
        assert!(service.ask().result().is_err());
        assert!(service.ask().result().is_ok());
    });
    let values = kept.values.lock().unwrap();
    let values: Vec<_> =
        values.iter().map(|(name, value)| (name.as_str(), value.load(Ordering::Relaxed))).collect();
    assert_eq!(
        values,
        [
            ("concurry_calls_done_total worker=Service method=ask", 2),
            ("concurry_calls_failed_total worker=Service method=ask", 1),
            ("concurry_limit_wait_seconds worker=Service method=ask", 5),
            ("concurry_queued_seconds worker=Service method=ask", 5),
            ("concurry_retries_total worker=Service method=ask", 2),
            ("concurry_running_seconds worker=Service method=ask", 5),
        ]
    );
}
