//! Elasticsearch and OpenSearch: the questions answered by a cluster, by aggregations where they can and never by writing.

mod client;
mod connection;

pub use connection::{Connection, Credentials, DEFAULT_INDEX};
