//! Which calls may share a batch, and what else the batched form may look like.

use super::*;

conformance!(queued:
    calls_share_a_batch_if_their_remaining_arguments_are_equal,
    calls_that_share_nothing_do_not_wait_for_each_other,
    a_batch_ends_before_it_weighs_too_much,
    several_arguments_can_be_gathered,
    exclusive_and_async_forms_serve_calls_too,
    a_method_can_be_left_unbatched,
    options_that_do_not_fit_are_refused_by_init,
);

/// Many shapes of batched forms.
#[derive(Clone, serde::Deserialize, serde::Serialize, Worker)]
struct Shapes {
    gate: Gate,
    batches: Recorder<String>,
    scaled: u64,
}

#[derive(Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize)]
struct Unit(String);

#[worker]
impl Shapes {
    pub fn scale(&self, number: f64, factor: f64, unit: Unit) -> String {
        format!("{}{}", number * factor, unit.0)
    }

    #[batch(of = "scale")]
    fn scale_all(&self, numbers: Vec<f64>, factor: f64, unit: Unit) -> Vec<String> {
        self.batches.record(format!("{numbers:?} {factor} {unit:?}"));
        self.gate.pass();
        numbers.into_iter().map(|number| self.scale(number, factor, unit.clone())).collect()
    }

    pub fn shout(&self, text: String) -> String {
        text.to_uppercase()
    }

    #[batch(of = "shout", weight = "Self::length", max_weight = 10)]
    fn shout_all(&self, texts: Vec<String>) -> Vec<String> {
        self.batches.record(texts.join(","));
        self.gate.pass();
        texts.into_iter().map(|text| self.shout(text)).collect()
    }

    #[allow(clippy::ptr_arg)] // the argument as it is
    fn length(text: &String) -> usize {
        text.len()
    }

    pub fn add(&self, left: u64, right: u64) -> u64 {
        left + right
    }

    #[batch(of = "add")]
    pub fn add_all(&self, pairs: Vec<(u64, u64)>) -> Vec<u64> {
        pairs.into_iter().map(|(left, right)| left + right + 1_000).collect()
    }

    pub async fn count(&mut self, by: u64) -> Result<u64, String> {
        Err(format!("{by} was not batched"))
    }

    #[batch(of = "count")]
    async fn count_all(&mut self, ctx: &CallContext, by: Vec<u64>) -> Result<Vec<u64>, String> {
        assert_eq!(ctx.attempt(), 1);
        let scaled = &mut self.scaled;
        Ok(by
            .into_iter()
            .map(|by| {
                *scaled += by;
                *scaled
            })
            .collect())
    }
}

fn shapes(mode: Mode) -> (ShapesHandle, Gate, Recorder<String>) {
    let shapes = Shapes { gate: Gate::new(), batches: Recorder::new(), scaled: 0 };
    let (gate, batches) = (shapes.gate.clone(), shapes.batches.clone());
    (Shapes::options(mode, 1).init(shapes).unwrap(), gate, batches)
}

fn calls_share_a_batch_if_their_remaining_arguments_are_equal(mode: Mode) {
    let (shapes, gate, batches) = shapes(mode);
    let first = shapes.scale(0.0, 1.0, Unit("m".to_owned()));
    gate.wait_for_arrivals(1);
    let arguments = [(1.0, 2.0, "m"), (2.0, 2.0, "s"), (3.0, 2.0, "m"), (4.0, 3.0, "m")];
    let calls: Vec<_> = arguments
        .map(|(number, factor, unit)| shapes.scale(number, factor, Unit(unit.to_owned())))
        .into();
    gate.open();
    assert_eq!(gather(calls).results().unwrap(), ["2m", "4s", "6m", "12m"]);
    assert_eq!(first.result().unwrap(), "0m");
    let batches = batches.events();
    assert_eq!(batches.len(), 4, "{batches:?}");
    assert!(batches.contains(&"[1.0, 3.0] 2 Unit(\"m\")".to_owned()), "{batches:?}");
}

/// Has calls of which each is of another user.
#[derive(Clone, serde::Deserialize, serde::Serialize, Worker)]
struct Users {
    gate: Gate,
}

#[worker]
impl Users {
    pub fn add(&self, number: u64, user: u64) -> u64 {
        number + user
    }

    #[batch(of = "add")]
    fn add_all(&self, numbers: Vec<u64>, user: u64) -> Vec<u64> {
        self.gate.pass();
        numbers.into_iter().map(|number| number + user).collect()
    }
}

fn calls_that_share_nothing_do_not_wait_for_each_other(mode: Mode) {
    let gate = Gate::new();
    // Nothing moves this clock: only the last of them may wait for others, and is sent by the stop.
    let options = Users::options(mode, 1).clock(FakeClock::new().clock());
    let users = options.init(Users { gate: gate.clone() }).unwrap();
    let first = users.add(1, 0);
    gate.wait_for_arrivals(1);
    // On a cluster each is a round trip of its own.
    let others = if mode == Mode::Ray { 500 } else { 5_000 };
    let calls: Vec<_> = (1..others).map(|user| users.add(1, user)).collect();
    let last = users.add(1, others);
    gate.open();
    assert_eq!(first.result().unwrap(), 1);
    assert_eq!(gather(calls).results().unwrap().len() as u64, others - 1);
    assert!(users.stop().result().unwrap().complete);
    assert_eq!(last.result().unwrap(), others + 1);
}

fn a_batch_ends_before_it_weighs_too_much(mode: Mode) {
    let (shapes, gate, batches) = shapes(mode);
    let _first = shapes.shout("first".into());
    gate.wait_for_arrivals(1);
    let texts = ["four", "fives", "six", "a very long text", "x"];
    let calls: Vec<_> = texts.map(|text| shapes.shout(text.to_owned())).into();
    gate.open();
    assert_eq!(gather(calls).results().unwrap(), texts.map(str::to_uppercase));
    assert_eq!(batches.events(), ["first", "four,fives", "six", "a very long text", "x"]);
}

fn several_arguments_can_be_gathered(mode: Mode) {
    let (shapes, ..) = shapes(mode);
    assert_eq!(shapes.add(1, 2).result().unwrap(), 1_003, "by the batched form");
    assert_eq!(shapes.add_all(vec![(1, 1)]).result().unwrap(), [1_002], "which is public");
}

fn exclusive_and_async_forms_serve_calls_too(mode: Mode) {
    let (shapes, ..) = shapes(mode);
    let calls: Vec<_> = (0..5).map(|_| shapes.count(2)).collect();
    assert_eq!(gather(calls).results().unwrap(), [2, 4, 6, 8, 10]);
}

fn a_method_can_be_left_unbatched(mode: Mode) {
    let setup = setup(mode, 1, |options| options.on_square(|square| square.batch(Batching::off())));
    assert_eq!(setup.squarer.square(3).result().unwrap(), 9);
    assert_eq!((setup.singles.events(), setup.batches.count()), (vec![3], 0));
}

fn options_that_do_not_fit_are_refused_by_init(mode: Mode) {
    let squarer = Squarer { gate: Gate::new(), batches: Recorder::new(), singles: Recorder::new() };
    for (batching, problem) in [
        (Batching::new().max_size(0), "`max_size` is 0"),
        (Batching::new().max_weight(3.0), "nothing says what a call weighs"),
    ] {
        let options = Squarer::options(mode, 1).on_square(|square| square.batch(batching));
        let error = options.init(squarer.clone()).unwrap_err().to_string();
        assert!(error.contains(problem) && error.contains("square"), "{error}");
    }
}
