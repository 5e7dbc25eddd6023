//! What somebody else's detection said: security alerts and the records of machine-learning jobs, with what they are about.

use jiff::SignedDuration;

use super::job::Job;
use super::{Address, Destination, Foreign, Origin, Range, Timestamp};

/// Rule ids of "spike in the number of connections made to a destination IP".
pub const SPIKE_RULES: [&str; 1] = ["18a5dd9a-e3fa-4996-99b1-ae533b8f27fc"];
/// The tag that Elastic's rules on these jobs carry.
pub const LATERAL_TAG: &str = "Use Case: Lateral Movement Detection";

/// Who raised an alert.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
pub enum Raiser {
    /// A rule of the security solution.
    Rule,
    /// A machine-learning job, by a record of its results.
    Job,
}

/// One alert or anomaly record.
#[derive(Clone, PartialEq, Debug)]
pub struct Alert {
    /// Where it stands written.
    pub origin: Origin,
    /// Who raised it.
    pub raiser: Raiser,
    /// When it was raised; for a record, which does not say, the end of its bucket.
    pub raised: Timestamp,
    /// What it is about: the event, or the bucket.
    pub about: Range,
    /// Name of the rule, or id of the job.
    pub title: Foreign,
    /// Stable id of the rule.
    pub rule: Option<Foreign>,
    /// Id of the job.
    pub job: Option<Foreign>,
    /// Severity as written: low, medium, high, critical.
    pub severity: Option<Foreign>,
    /// Risk score, 0 to 100.
    pub risk: Option<f64>,
    /// What people have done with it: open, acknowledged, closed.
    pub status: Option<Foreign>,
    /// Why, in the rule's words.
    pub reason: Option<Foreign>,
    /// ATT&CK tactics by name.
    pub tactics: Vec<Foreign>,
    /// ATT&CK techniques by id.
    pub techniques: Vec<Foreign>,
    /// Hosts it names.
    pub hosts: Vec<Foreign>,
    /// Addresses of the host that reported.
    pub host_addresses: Vec<Address>,
    /// Addresses reached.
    pub destinations: Vec<Address>,
    /// Addresses that connected.
    pub sources: Vec<Address>,
    /// Users, `DOMAIN\name` or the bare name.
    pub users: Vec<Foreign>,
    /// The figures, where a job raised it.
    pub anomaly: Option<Anomaly>,
}

/// The figures of an anomaly record.
#[derive(Clone, PartialEq, Debug)]
pub struct Anomaly {
    /// Score now, 0 to 100.
    pub score: f64,
    /// Score when the bucket was first seen; the job rescales scores afterwards.
    pub initial: Option<f64>,
    /// Probability of what was seen.
    pub probability: Option<f64>,
    /// From -5 (this bucket alone) to 5 (the buckets before it).
    pub multi_bucket_impact: Option<f64>,
    /// What was seen.
    pub actual: Option<f64>,
    /// What is usual.
    pub typical: Option<f64>,
    /// Whether the bucket was still open.
    pub is_interim: bool,
    /// Width of the bucket.
    pub span: SignedDuration,
    /// The field whose value the record is about, and the value.
    pub entity: Option<(Foreign, Foreign)>,
    /// Who contributed: field and values.
    pub influencers: Vec<(Foreign, Vec<Foreign>)>,
}

/// How much somebody contributed to the anomalies of a bucket.
#[derive(Clone, PartialEq, Debug)]
pub struct Influencer {
    /// The job.
    pub job: Foreign,
    /// Start of the bucket.
    pub at: Timestamp,
    /// Field: `source.ip`, `user.name`.
    pub field: Foreign,
    /// Its value.
    pub value: Foreign,
    /// 0 to 100.
    pub score: f64,
}

/// What a job held for usual in one bucket.
#[derive(Clone, PartialEq, Debug)]
pub struct ModelPoint {
    /// The job.
    pub job: Foreign,
    /// Start of the bucket.
    pub at: Timestamp,
    /// Width of the bucket.
    pub span: SignedDuration,
    /// What it is about.
    pub entity: Option<Foreign>,
    /// Middle of what is usual.
    pub typical: f64,
    /// The most that is usual.
    pub upper: f64,
    /// What was seen; `None` where nothing was.
    pub actual: Option<f64>,
}

impl Alert {
    /// The lateral-movement job behind it.
    pub fn lateral(&self) -> Option<Job> {
        self.job.as_ref().and_then(|job| Job::of(job.raw()))
    }

    /// Whether it says what this program is about: many sources at one destination.
    pub fn is_spike(&self) -> bool {
        self.lateral() == Some(Job::SourcesPerDestination) || self.rule.as_ref().is_some_and(|rule| SPIKE_RULES.contains(&rule.raw()))
    }

    /// Whether it names this server: as what was reached, or as the host that reported.
    pub fn is_at(&self, destination: &Destination) -> bool {
        let has = |addresses: &[Address]| addresses.iter().any(|address| address.identifies_a_host() && destination.addresses.contains(address));
        let names = |host: &Foreign| destination.hosts.iter().any(|known| known.raw().eq_ignore_ascii_case(host.raw()));
        has(&self.destinations) || has(&self.host_addresses) || self.hosts.iter().any(names)
    }

    /// Whether any of these connects in it. One that connects may itself be the host that reports.
    pub fn names_source(&self, sources: &[Address]) -> bool {
        let known = |address: &Address| address.identifies_a_host() && sources.contains(address);
        self.sources.iter().any(known) || self.host_addresses.iter().any(known)
    }

    /// Whether any of these acts in it.
    pub fn names_user(&self, users: &[Foreign]) -> bool {
        self.users.iter().any(|user| users.iter().any(|known| is_same_user(user.raw(), known.raw())))
    }

    /// The moment to look at: the event, or the start of the bucket.
    pub fn at(&self) -> Timestamp {
        self.about.from
    }
}

/// Whether two spellings may mean one user: the name alone matches in every domain.
fn is_same_user(one: &str, two: &str) -> bool {
    let parts = |user: &str| user.split_once('\\').map_or((None, user.to_lowercase()), |(domain, name)| (Some(domain.to_lowercase()), name.to_lowercase()));
    let ((one_domain, one), (two_domain, two)) = (parts(one), parts(two));
    one == two && (one_domain.is_none() || two_domain.is_none() || one_domain == two_domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_name_is_the_same_user_in_every_domain() {
        for (one, two, is_same) in
            [("CORP\\kim", "kim", true), ("corp\\KIM", "CORP\\kim", true), ("CORP\\kim", "LAB\\kim", false), ("kim", "kimi", false), ("kim", "KIM", true)]
        {
            assert_eq!(is_same_user(one, two), is_same, "{one} {two}");
        }
    }
}
