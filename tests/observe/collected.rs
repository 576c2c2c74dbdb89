//! A subscriber that keeps the spans and the places of the events that it is told of.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::set_global_default;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

/// A span, with all fields that it ever got.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    pub name: &'static str,
    pub parent: Option<u64>,
    pub fields: BTreeMap<&'static str, String>,
    pub closed: bool,
    /// The messages of the events inside it.
    pub messages: Vec<String>,
}

#[derive(Clone, Default)]
pub struct Collected {
    spans: Arc<Mutex<BTreeMap<u64, Kept>>>,
    count: Arc<AtomicU64>,
}

impl Collected {
    /// The subscriber of the whole process: calls begin and end on threads of their own. Each test
    /// finds its calls by the span that it made them in.
    pub fn installed() -> Self {
        static COLLECTED: OnceLock<Collected> = OnceLock::new();
        let install = || {
            let collected = Collected::default();
            set_global_default(Registry::default().with(collected.clone())).unwrap();
            collected
        };
        COLLECTED.get_or_init(install).clone()
    }

    /// The one span of that name.
    pub fn named(&self, name: &str) -> u64 {
        let spans = self.spans.lock().unwrap();
        *spans.iter().find(|(_, span)| span.name == name).unwrap().0
    }

    pub fn children(&self, parent: u64) -> Vec<(u64, Kept)> {
        let spans = self.spans.lock().unwrap();
        let children = spans.iter().filter(|(_, span)| span.parent == Some(parent));
        children.map(|(id, span)| (*id, span.clone())).collect()
    }

    fn change(&self, id: u64, change: impl FnOnce(&mut Kept)) {
        change(self.spans.lock().unwrap().entry(id).or_default());
    }
}

struct Fields<'f>(&'f mut BTreeMap<&'static str, String>);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

// The registry uses an id again once its span is closed, so ids are made unique by their count.
#[derive(Clone, Copy)]
struct Unique(u64);

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Collected {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let unique = self.count.fetch_add(1, Ordering::Relaxed);
        let span = context.span(id).unwrap();
        span.extensions_mut().insert(Unique(unique));
        let parent = span.parent().and_then(|parent| {
            let unique = parent.extensions().get::<Unique>().copied();
            unique.map(|unique| unique.0)
        });
        self.change(unique, |kept| {
            kept.name = attributes.metadata().name();
            kept.parent = parent;
            attributes.record(&mut Fields(&mut kept.fields));
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        let unique = *span.extensions().get::<Unique>().unwrap();
        self.change(unique.0, |kept| values.record(&mut Fields(&mut kept.fields)));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.event_span(event) else { return };
        let unique = *span.extensions().get::<Unique>().unwrap();
        let mut fields = BTreeMap::new();
        event.record(&mut Fields(&mut fields));
        self.change(unique.0, |kept| kept.messages.extend(fields.remove("message")));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        let unique = *span.extensions().get::<Unique>().unwrap();
        self.change(unique.0, |kept| kept.closed = true);
    }
}
