//! The macros of concurry.
