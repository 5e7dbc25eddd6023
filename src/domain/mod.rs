//! The analyst's words as plain data: no terminal, no cluster, no clock, no files.

pub mod address;
pub mod alert;
pub mod arrivals;
pub mod cite;
pub mod completeness;
pub mod connection;
pub mod destination;
pub mod details;
pub mod event;
pub mod finding;
pub mod foreign;
pub mod health;
pub mod job;
pub mod load;
pub mod rdp_session;
pub mod stage;
pub mod time;
pub mod why;

pub use address::Address;
pub use alert::{Alert, Anomaly, Influencer, ModelPoint, Raiser};
pub use arrivals::{Arrival, Arrivals, By, Endpoint};
pub use cite::{Certainty, Cite, Proof};
pub use completeness::{Completeness, Shards};
pub use connection::{Connection, Machine};
pub use destination::Destination;
pub use details::Details;
pub use event::{Event, Families, Family, Kind, Origin};
pub use finding::{Severity, Verdict};
pub use foreign::{Foreign, Limits, Safe};
pub use health::Health;
pub use job::Job;
pub use load::{Kept, Load, Trouble};
pub use rdp_session::{Basis, Ending, Join, Opening, RdpSession};
pub use stage::{Ladder, Rung, Stage, Step};
pub use time::{BucketSize, Range, Timestamp};
pub use why::Why;
