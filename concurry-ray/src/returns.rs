//! What exchanges brought, put in order: they may overtake each other on their way through the cluster.

use std::collections::VecDeque;
use std::io;

use crate::protocol::{EXCHANGES, brought, garbage};

/// So many returns may wait for one that is late. Each comes from an exchange that began after it.
const AHEAD: usize = 64;

/// The returns of one link that came before their turn.
#[derive(Debug, Default)]
pub(crate) struct Returns {
    next: u64,
    /// The one with the number `next` first.
    early: VecDeque<Option<Vec<u8>>>,
}

impl Returns {
    /// Takes what an exchange returned.
    ///
    /// # Errors
    ///
    /// A number that no exchange can have.
    pub(crate) fn add(&mut self, body: Vec<u8>) -> io::Result<()> {
        let Some((number, _)) = brought(&body)? else { return Ok(()) };
        let place = number
            .checked_sub(self.next)
            .and_then(|ahead| usize::try_from(ahead).ok())
            // No exchange begins when so many wait, and no more are under way at a time.
            .filter(|ahead| *ahead < AHEAD + EXCHANGES)
            .ok_or_else(|| garbage(format!("return {number} comes when {} is next", self.next)))?;
        if self.early.len() <= place {
            self.early.resize(place + 1, None);
        }
        match &mut self.early[place] {
            Some(_) => Err(garbage(format!("return {number} comes twice"))),
            free => {
                *free = Some(body);
                Ok(())
            }
        }
    }

    /// Whether so many wait for one that is late that no exchange should begin before it is there.
    pub(crate) fn are_held_up(&self) -> bool {
        self.early.len() >= AHEAD
    }

    /// The return whose turn it is, if it is there.
    pub(crate) fn next(&mut self) -> Option<Vec<u8>> {
        let body = self.early.front_mut()?.take()?;
        self.early.pop_front();
        self.next += 1;
        Some(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(number: u64) -> Vec<u8> {
        [&number.to_le_bytes()[..], b"\0x"].concat()
    }

    #[test]
    fn returns_come_out_in_order() {
        let mut returns = Returns::default();
        returns.add(Vec::new()).unwrap();
        returns.add(output(2)).unwrap();
        returns.add(output(1)).unwrap();
        assert_eq!(returns.next(), None);
        returns.add(output(0)).unwrap();
        let order: Vec<_> = std::iter::from_fn(|| returns.next()).collect();
        assert_eq!(order, [output(0), output(1), output(2)]);
        returns.add(output(3)).unwrap();
        assert_eq!(returns.next(), Some(output(3)));
    }

    #[test]
    fn a_return_that_is_late_holds_the_others_up_and_is_waited_for() {
        let mut returns = Returns::default();
        let mut number = 1;
        while !returns.are_held_up() {
            returns.add(output(number)).unwrap();
            number += 1;
        }
        // Those that were under way then.
        for _ in 0..EXCHANGES - 1 {
            returns.add(output(number)).unwrap();
            number += 1;
        }
        assert_eq!(returns.next(), None);
        returns.add(output(0)).unwrap();
        assert_eq!(std::iter::from_fn(|| returns.next()).count() as u64, number);
        assert!(!returns.are_held_up());
    }

    #[test]
    fn numbers_that_can_not_be_are_refused() {
        let mut returns = Returns::default();
        returns.add(output(0)).unwrap();
        assert!(returns.add(output(0)).is_err(), "twice");
        assert!(returns.add(output((AHEAD + EXCHANGES) as u64)).is_err(), "too far ahead");
        assert!(returns.next().is_some());
        assert!(returns.add(output(0)).is_err(), "it was here already");
        assert!(returns.add(b"short".to_vec()).is_err());
    }
}
