//! The rules of each balancer, over arbitrary loads.

use super::*;
use proptest::prelude::*;
use std::thread;

proptest! {
    #[test]
    fn round_robin_visits_every_worker_in_turn(workers in 1usize..20, calls in 1usize..200) {
        let balancer = Balancer::new(Balance::RoundRobin, workers);
        for call in 0..calls {
            prop_assert_eq!(balancer.choose(|_| 0), call % workers);
        }
    }

    #[test]
    fn least_active_is_the_first_of_the_least(loads in prop::collection::vec(0usize..50, 1..20)) {
        let balancer = Balancer::new(Balance::LeastActive, loads.len());
        let chosen = balancer.choose(|worker| loads[worker]);
        prop_assert!(loads.iter().all(|&load| load >= loads[chosen]));
        prop_assert!(loads[..chosen].iter().all(|&load| load > loads[chosen]));
    }

    #[test]
    fn least_total_keeps_counts_within_one(workers in 1usize..20, calls in 1usize..200) {
        let balancer = Balancer::new(Balance::LeastTotal, workers);
        for _ in 0..calls {
            let _ = balancer.choose(|_| 0);
        }
        let given: Vec<u64> = balancer.given().collect();
        prop_assert_eq!(given.iter().sum::<u64>(), calls as u64);
        prop_assert!(given.iter().max().unwrap() - given.iter().min().unwrap() <= 1);
    }

    #[test]
    fn random_reaches_all_and_favours_none(workers in 2usize..8) {
        let balancer = Balancer::new(Balance::Random, workers);
        for _ in 0..workers * 1_000 {
            prop_assert!(balancer.choose(|_| 0) < workers);
        }
        prop_assert!(balancer.given().all(|given| (800..1_200).contains(&given)));
    }

    #[test]
    fn two_choices_never_takes_the_busiest_of_two(loads in prop::collection::vec(0usize..50, 2..2 + 1)) {
        let balancer = Balancer::new(Balance::TwoChoices, 2);
        for _ in 0..50 {
            let _ = balancer.choose(|worker| loads[worker]);
        }
        let given: Vec<u64> = balancer.given().collect();
        if loads[0] < loads[1] {
            prop_assert!(given[0] > given[1]);
        }
    }
}

#[test]
fn ten_threads_of_round_robin_give_equal_shares() {
    let balancer = Balancer::new(Balance::RoundRobin, 5);
    thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| (0..100).for_each(|_| _ = balancer.choose(|_| 0)));
        }
    });
    assert!(balancer.given().all(|given| given == 200));
}

#[test]
fn names_parse_and_unknown_ones_are_listed() {
    assert_eq!("rr".parse(), Ok(Balance::RoundRobin));
    assert_eq!("Least Active".parse(), Ok(Balance::LeastActive));
    assert!("fastest".parse::<Balance>().unwrap_err().to_string().contains("two_choices"));
}
