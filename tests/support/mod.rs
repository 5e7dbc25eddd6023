//! What tests against clusters share: real servers, and one that misbehaves on command.

pub mod cluster;
pub mod scripted;
