//! Two workers and their desks, to which anything may happen in any order.

use std::time::Duration;

use concurry_limits::{LimitSet, Permit};
use concurry_time::FakeClock;
use proptest::prelude::*;

use super::side::{SLOTS, Side, TOKENS, free, set};

/// What may happen to two workers.
#[derive(Clone, Debug)]
enum Step {
    Ask(usize, usize, u32),
    Drop(usize, usize),
    Settle(usize, usize, Option<u32>),
    Cancel(usize, usize),
    Up(usize),
    Down(usize),
    Desk(usize),
    Idle(usize),
    Advance(u64),
    Kill(usize),
    /// Somebody else takes slots, and lets them go.
    Elsewhere(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let (side, which) = (0..2_usize, any::<usize>());
    prop_oneof![
        6 => (side.clone(), 0..KEYS.len(), 1..4_u32).prop_map(|(a, b, c)| Step::Ask(a, b, c)),
        4 => (side.clone(), which).prop_map(|(a, b)| Step::Drop(a, b)),
        1 => (side.clone(), which, proptest::option::of(0..9_u32))
            .prop_map(|(a, b, c)| Step::Settle(a, b, c)),
        1 => (side.clone(), which).prop_map(|(a, b)| Step::Cancel(a, b)),
        9 => side.clone().prop_map(Step::Up),
        9 => side.clone().prop_map(Step::Down),
        4 => side.clone().prop_map(Step::Desk),
        1 => side.clone().prop_map(Step::Idle),
        2 => (1..30_u64).prop_map(Step::Advance),
        1 => side.prop_map(Step::Kill),
        1 => (1..4_u32).prop_map(Step::Elsewhere),
    ]
}

const KEYS: [&str; 3] = ["slots", "tokens", "both"];

struct World {
    fake: FakeClock,
    set: LimitSet,
    sides: [Side; 2],
    elsewhere: Vec<Permit<'static>>,
    now: Duration,
    /// When how many tokens were got.
    got: Vec<(Duration, u32)>,
    /// How many of them may be got again.
    given_back: f64,
}

impl World {
    fn new() -> Self {
        let fake = FakeClock::new();
        let set = set(&fake);
        let sides = [Side::new(&set, &fake), Side::new(&set, &fake)];
        Self {
            fake,
            set,
            sides,
            elsewhere: Vec::new(),
            now: Duration::ZERO,
            got: Vec::new(),
            given_back: 0.0,
        }
    }

    fn act(&mut self, step: Step) {
        let place = |which: usize, length: usize| which.checked_rem(length);
        match step {
            Step::Ask(side, key, amount) => {
                self.sides[side].ask(KEYS[key], amount);
            }
            Step::Drop(side, which) => {
                let held = &mut self.sides[side].held;
                place(which, held.len()).map(|place| held.swap_remove(place));
            }
            Step::Settle(side, which, used) => {
                let held = &mut self.sides[side].held;
                let Some(place) = place(which, held.len()) else { return };
                let tokens = held[place].0.amount("tokens").unwrap_or(0.0);
                self.given_back += (tokens - f64::from(used.unwrap_or(0))).max(0.0);
                match used {
                    // What is wrong about it is told by the permit, and changes nothing.
                    Some(used) => drop(held[place].0.update([("tokens", used)])),
                    // Nothing of it is in use any more.
                    None => drop(held.swap_remove(place).0.refund()),
                }
            }
            Step::Cancel(side, which) => {
                let asked = &mut self.sides[side].asked;
                place(which, asked.len()).map(|place| asked.swap_remove(place));
            }
            Step::Up(side) => drop(self.sides[side].deliver_up()),
            Step::Down(side) => drop(self.sides[side].deliver_down()),
            Step::Desk(side) => self.sides[side].poll_desk(),
            Step::Idle(side) => self.sides[side].end_leases(),
            Step::Advance(millis) => {
                self.now += Duration::from_millis(millis);
                self.fake.advance(Duration::from_millis(millis));
            }
            Step::Kill(side) => {
                // With all that it holds, and all that was on its way.
                let new = Side::new(&self.set, &self.fake);
                let Side { desk, held, asked, .. } = std::mem::replace(&mut self.sides[side], new);
                drop(desk);
                held.into_iter().for_each(|(permit, _)| std::mem::forget(permit));
                asked.into_iter().for_each(|(acquire, _)| std::mem::forget(acquire));
            }
            Step::Elsewhere(amount) => match self.elsewhere.pop() {
                Some(_) => {}
                None => {
                    self.elsewhere.extend(self.set.exact().try_acquire([("slots", amount)]).ok())
                }
            },
        }
        self.look();
    }

    /// Sees what the workers have got, and whether that is too much.
    fn look(&mut self) {
        for side in &mut self.sides {
            for place in (0..side.asked.len()).rev() {
                side.look(place);
            }
        }
        let slots = |(permit, _): &(Permit<'static>, u32)| permit.amount("slots").unwrap_or(0.0);
        let held: f64 = self.sides.iter().flat_map(|side| &side.held).map(slots).sum();
        let elsewhere: f64 = self.elsewhere.iter().filter_map(|held| held.amount("slots")).sum();
        assert!(held + elsewhere <= f64::from(SLOTS), "{held} and {elsewhere} are in use");
        for (permit, noted) in self.sides.iter_mut().flat_map(|side| &mut side.held) {
            if permit.amount("tokens").is_some() && *noted > 0 {
                self.got.push((self.now, std::mem::take(noted)));
            }
        }
    }

    /// With all permits dropped, whoever still waits gets what it waits for; then all is free.
    fn end(mut self) {
        self.elsewhere.clear();
        for _ in 0..200 {
            for side in &mut self.sides {
                side.drop_all();
                side.settle();
            }
            if self.sides.iter().all(|side| side.asked.is_empty() && side.held.is_empty()) {
                break;
            }
            // Tokens come back by time.
            if self.sides.iter().flat_map(|side| &side.held).next().is_none() {
                self.fake.advance(Duration::from_millis(100));
                self.now += Duration::from_millis(100);
            }
            self.look();
        }
        for side in &mut self.sides {
            assert!(side.asked.is_empty(), "whoever waits gets it");
            side.end_leases();
            side.settle();
        }
        assert_eq!(free(&self.set)[0], f64::from(SLOTS), "slots come back at once");
        self.fake.advance(Duration::from_secs(2));
        assert_eq!(free(&self.set)[1], f64::from(TOKENS), "tokens by time");
    }
}

proptest! {
    #[test]
    fn whatever_happens_no_more_is_used_than_there_is_and_nothing_is_lost(
        steps in proptest::collection::vec(step(), 1..200),
    ) {
        let mut world = World::new();
        steps.into_iter().for_each(|step| world.act(step));
        // In any window there are no more than so many tokens.
        for (start, _) in &world.got {
            let within = world.got.iter().filter(|(at, _)| {
                at >= start && *at < *start + Duration::from_secs(1)
            });
            let used: u32 = within.map(|(_, amount)| amount).sum();
            let most = f64::from(TOKENS) + world.given_back;
            prop_assert!(f64::from(used) <= most, "{used} from {start:?} on");
        }
        world.end();
    }
}
