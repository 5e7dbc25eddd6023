//! The neutral questions and their answers: what is asked, never how. No client, no JSON, no index names.

pub mod alerts;
pub mod answer;
pub mod ask;
pub mod counts;
pub mod filter;

pub use alerts::{Alerts, Company, Seen, Sight};
pub use answer::{Answer, Count, Counts, DestinationCounts, EventPage, Hit, Hits, Overview, SourceReport, Tally, TallyRow};
pub use ask::{Ask, Scope, TallyBy};
pub use filter::Filter;
