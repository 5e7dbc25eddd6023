//! Files to events: finding, unwrapping, cutting into records, in bounded memory and without trust in any byte.

pub mod batch;
pub mod collect;
pub mod container;
pub mod csv;
pub mod evtx;
pub mod files;
pub mod interpret;
pub mod json;
pub mod lines;
pub mod ndjson;
pub mod parquet;
pub mod pool;
pub mod progress;
pub mod sniff;
pub mod text;
pub mod walk;
pub mod zeek;

#[cfg(test)]
pub(super) mod sample;
#[cfg(test)]
mod tests;
