//! A model of a value that is given back while others come for it.

use loom::sync::Arc;
use loom::thread;

use super::{Custody, Taken};
use crate::model::check;

/// Adds the notes up in the value, and gives it back.
fn attend(taken: Taken<'_, u8>, notes: u8) {
    let (mut taken, mut notes) = (taken, notes);
    loop {
        *taken |= notes;
        taken = match taken.give_back() {
            Ok(()) => return,
            Err(taken) => taken,
        };
        notes = taken.notes();
    }
}

#[test]
fn no_note_is_lost_and_one_at_a_time_has_the_value() {
    check(|| {
        let custody = Arc::new(Custody::new(0));
        let others = [1, 2].map(|note| {
            let custody = Arc::clone(&custody);
            thread::spawn(move || {
                if let Some(taken) = custody.take_or_note(note) {
                    attend(taken, note);
                }
            })
        });
        // SAFETY: its maker, once: until it is given back the others only leave notes.
        attend(unsafe { custody.first() }, 0);
        others.into_iter().for_each(|other| other.join().unwrap());
        let taken = custody.take_or_note(4).unwrap();
        assert_eq!(*taken, 3);
    });
}

#[test]
fn what_its_maker_did_is_there_for_the_first_to_take_it() {
    check(|| {
        let custody = Arc::new(Custody::new(0));
        // SAFETY: its maker, once, before anybody else knows it.
        unsafe {
            let mut taken = custody.first();
            *taken = 1;
            taken.give_back_first();
        }
        let others = [2, 4].map(|note| {
            let custody = Arc::clone(&custody);
            thread::spawn(move || {
                if let Some(taken) = custody.take_or_note(note) {
                    attend(taken, note);
                }
            })
        });
        others.into_iter().for_each(|other| other.join().unwrap());
        let taken = custody.take_or_note(0).unwrap();
        assert_eq!(*taken, 7);
    });
}
