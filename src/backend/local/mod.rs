//! Files as a backend: read once into one columnar event table, then every question is answered from it.

pub mod open;
mod question;
pub mod read;
pub mod table;
