//! The traps of the field, one by one.
