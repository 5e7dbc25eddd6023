//! (in work)

pub mod action;
