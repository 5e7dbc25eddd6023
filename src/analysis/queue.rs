//! The queue: alerts of rules, records of jobs and our own findings put together, one entry for each destination and range.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::SignedDuration;

use crate::domain::{Address, Alert, Destination, Foreign, Raiser, Range, Severity, Timestamp};

/// Things at one destination that lie no further apart are one matter.
const APART: SignedDuration = SignedDuration::from_hours(1);
/// Below this score a record does not open an entry of its own: jobs write many that nobody is to be bothered with.
const WORTH: f64 = 25.0;

/// An episode of our own: neighbouring buckets of one destination that are anomalous.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// Where.
    pub destination: Arc<Destination>,
    /// From the start of the first bucket to the end of the last.
    pub range: Range,
    /// Start of the worst bucket.
    pub worst: Timestamp,
    /// Its score.
    pub score: f64,
    /// Its distinct sources.
    pub count: u32,
    /// What is usual there.
    pub typical: Option<f64>,
    /// Why it is odd.
    pub reason: Option<Arc<str>>,
}

/// One entry of the queue. Alerts and records are places in the list they came from.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// Where; `None` where no alert says which server it is about.
    pub destination: Option<Arc<Destination>>,
    /// When, all of it together.
    pub range: Range,
    /// The moment to look at first.
    pub at: Timestamp,
    /// Our own finding, the worst of them.
    pub finding: Option<Finding>,
    /// Alerts of rules, newest first.
    pub rules: Vec<usize>,
    /// Records of jobs, strongest first.
    pub records: Vec<usize>,
    /// The highest of ours and the jobs'; the rules' risk where there is neither.
    pub score: f64,
}

impl Entry {
    /// The band of its score.
    pub fn severity(&self) -> Severity {
        Severity::of(self.score)
    }
}

/// The queue.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Queue {
    /// Worst band first, within a band newest first.
    pub entries: Vec<Entry>,
    /// Records too weak to open an entry.
    pub weak: usize,
}

/// Puts findings and alerts together. `known` are the destinations that events show.
pub fn queue(findings: &[Finding], alerts: &[Alert], known: &[Arc<Destination>]) -> Queue {
    let servers = Servers::of(known);
    let mut matters: BTreeMap<Option<Arc<Destination>>, Vec<(Range, Item)>> = BTreeMap::new();
    for (place, finding) in findings.iter().enumerate() {
        matters.entry(Some(Arc::clone(&finding.destination))).or_default().push((finding.range, Item::Finding(place)));
    }
    for (place, alert) in alerts.iter().enumerate() {
        matters.entry(servers.of_alert(alert)).or_default().push((alert.about, Item::Alert(place)));
    }
    let mut queue = Queue::default();
    for (destination, mut items) in matters {
        items.sort_by_key(|(range, _)| (range.from, range.to));
        let mut together: Vec<(Range, Vec<Item>)> = Vec::new();
        for (range, item) in items {
            match together.last_mut() {
                Some((whole, items)) if range.from <= whole.to.checked_add(APART).unwrap_or(Timestamp::MAX) => {
                    whole.to = whole.to.max(range.to);
                    items.push(item);
                }
                _ => together.push((range, vec![item])),
            }
        }
        for (range, items) in together {
            let entry = entry(destination.clone(), range, &items, findings, alerts);
            if entry.finding.is_none() && entry.rules.is_empty() && entry.score < WORTH {
                queue.weak += entry.records.len();
            } else {
                queue.entries.push(entry);
            }
        }
    }
    queue.entries.sort_by(|one, two| {
        (Reverse(one.severity()), Reverse(one.range.to)).cmp(&(Reverse(two.severity()), Reverse(two.range.to))).then_with(|| two.score.total_cmp(&one.score))
    });
    queue
}

#[derive(Clone, Copy)]
enum Item {
    Finding(usize),
    Alert(usize),
}

fn entry(destination: Option<Arc<Destination>>, range: Range, items: &[Item], findings: &[Finding], alerts: &[Alert]) -> Entry {
    let mut ours: Vec<&Finding> = Vec::new();
    let (mut rules, mut records) = (Vec::new(), Vec::new());
    for item in items {
        match *item {
            Item::Finding(place) => ours.extend(findings.get(place)),
            Item::Alert(place) if alerts.get(place).is_some_and(|alert| alert.raiser == Raiser::Job) => records.push(place),
            Item::Alert(place) => rules.push(place),
        }
    }
    let alert = |place: &usize| alerts.get(*place);
    let score_of = |place: &usize| alert(place).and_then(|alert| alert.anomaly.as_ref()).map(|anomaly| anomaly.score);
    rules.sort_by_key(|place| Reverse(alert(place).map(|alert| alert.raised)));
    records.sort_by(|one, two| score_of(two).unwrap_or(0.0).total_cmp(&score_of(one).unwrap_or(0.0)));
    let finding = ours.into_iter().max_by(|one, two| one.score.total_cmp(&two.score)).cloned();
    let figures = finding.iter().map(|finding| finding.score).chain(rules.iter().chain(&records).filter_map(score_of)).max_by(f64::total_cmp);
    let risk = rules.iter().filter_map(|place| alert(place)?.risk).max_by(f64::total_cmp);
    let first = rules.iter().chain(&records).filter_map(alert).map(Alert::at).min();
    Entry {
        destination,
        range,
        at: finding.as_ref().map(|finding| finding.worst).or(first).unwrap_or(range.from),
        finding,
        rules,
        records,
        score: figures.or(risk).unwrap_or(0.0),
    }
}

/// Servers by every address and name.
struct Servers<'a> {
    by_address: HashMap<Address, &'a Arc<Destination>>,
    by_host: HashMap<String, &'a Arc<Destination>>,
}

impl<'a> Servers<'a> {
    fn of(known: &'a [Arc<Destination>]) -> Self {
        let addresses =
            known.iter().flat_map(|server| server.addresses.iter().filter(|address| address.identifies_a_host()).map(move |address| (*address, server)));
        let hosts = known.iter().flat_map(|server| server.hosts.iter().map(move |host| (host.raw().to_lowercase(), server)));
        Self { by_address: addresses.collect(), by_host: hosts.collect() }
    }

    /// The server an alert is about: what was reached, else the host that reported. One that events do not show is
    /// made of what the alert says.
    fn of_alert(&self, alert: &Alert) -> Option<Arc<Destination>> {
        let known = |address: &Address| self.by_address.get(address).copied().cloned();
        let named = |host: &Foreign| self.by_host.get(&host.raw().to_lowercase()).copied().cloned();
        let reached = || alert.destinations.iter().find_map(known);
        let made = || {
            let address = alert.destinations.iter().find(|address| address.identifies_a_host()).or(alert.destinations.first());
            address.map(|address| Destination::from(*address)).or_else(|| alert.hosts.first().cloned().map(Destination::from)).map(Arc::new)
        };
        // An alert that names a server which events do not show is not about the host that reported it.
        let reporter = || {
            if alert.destinations.iter().any(|address| address.identifies_a_host()) {
                None
            } else {
                alert.hosts.iter().find_map(named).or_else(|| alert.host_addresses.iter().find_map(known))
            }
        };
        reached().or_else(reporter).or_else(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Anomaly, Origin};

    fn at(text: &str) -> Timestamp {
        format!("2026-03-02T{text}:00Z").parse().expect("a time")
    }

    fn server(address: &str, host: &str) -> Arc<Destination> {
        let mut destination = Destination::from(Address::clean(address).expect("an address"));
        destination.hosts.insert(host.into());
        Arc::new(destination)
    }

    fn alert(title: &str, from: &str, to: &str) -> Alert {
        Alert {
            origin: Origin::default(),
            raiser: Raiser::Rule,
            raised: at(to),
            about: Range { from: at(from), to: at(to) },
            title: title.into(),
            rule: None,
            job: None,
            severity: None,
            risk: Some(47.0),
            status: None,
            reason: None,
            tactics: Vec::new(),
            techniques: Vec::new(),
            hosts: Vec::new(),
            host_addresses: Vec::new(),
            destinations: Vec::new(),
            sources: Vec::new(),
            users: Vec::new(),
            anomaly: None,
        }
    }

    fn record(score: f64, from: &str, to: &str, destination: &str) -> Alert {
        let figures = Anomaly {
            score,
            initial: None,
            probability: None,
            multi_bucket_impact: None,
            actual: None,
            typical: None,
            is_interim: false,
            span: SignedDuration::from_hours(6),
            entity: None,
            influencers: Vec::new(),
        };
        Alert { raiser: Raiser::Job, anomaly: Some(figures), destinations: Address::clean(destination).into_iter().collect(), ..alert("job", from, to) }
    }

    fn finding(destination: &Arc<Destination>, from: &str, to: &str, score: f64) -> Finding {
        let range = Range { from: at(from), to: at(to) };
        Finding { destination: Arc::clone(destination), range, worst: range.from, score, count: 40, typical: Some(1.0), reason: None }
    }

    fn told(queue: &Queue, alerts: &[Alert]) -> Vec<String> {
        let one = |entry: &Entry| {
            let label = entry.destination.as_ref().map_or_else(|| "-".to_owned(), |destination| destination.label().raw().to_owned());
            let rules: Vec<&str> = entry.rules.iter().map(|place| alerts[*place].title.raw()).collect();
            format!(
                "{:.0} {label} {}-{} own:{} rules:{} records:{} at {}",
                entry.score,
                entry.range.from.strftime("%H:%M"),
                entry.range.to.strftime("%H:%M"),
                entry.finding.is_some(),
                rules.join("+"),
                entry.records.len(),
                entry.at.strftime("%H:%M")
            )
        };
        queue.entries.iter().map(one).collect()
    }

    #[test]
    fn what_is_said_of_one_server_at_one_time_is_one_entry() {
        let (files, dc) = (server("10.0.0.5", "FS01"), server("10.0.0.9", "DC01"));
        let mut service = alert("service", "12:40", "12:41");
        service.hosts.push("fs01".into());
        let mut nameless = alert("nameless", "12:00", "12:01");
        nameless.sources.extend(Address::clean("10.9.9.9"));
        let mut yesterday = alert("early", "02:00", "02:01");
        yesterday.host_addresses.extend(Address::clean("10.0.0.5"));
        let mut elsewhere = alert("elsewhere", "05:00", "05:01");
        elsewhere.destinations.extend(Address::clean("10.0.0.77"));
        elsewhere.hosts.push("DC01".into());
        let alerts = [
            service,
            nameless,
            record(84.0, "12:00", "18:00", "10.0.0.5"),
            yesterday,
            elsewhere,
            record(3.0, "00:00", "06:00", "10.0.0.9"),
            record(30.0, "12:00", "18:00", "10.0.0.9"),
        ];
        let queue = queue(&[finding(&files, "12:30", "13:15", 96.0)], &alerts, &[Arc::clone(&files), Arc::clone(&dc)]);
        assert_eq!(
            told(&queue, &alerts),
            [
                "96 10.0.0.5 12:00-18:00 own:true rules:service records:1 at 12:30",
                "30 10.0.0.9 12:00-18:00 own:false rules: records:1 at 12:00",
                "47 - 12:00-12:01 own:false rules:nameless records:0 at 12:00",
                "47 10.0.0.77 05:00-05:01 own:false rules:elsewhere records:0 at 05:00",
                "47 10.0.0.5 02:00-02:01 own:false rules:early records:0 at 02:00",
            ]
        );
        assert_eq!(queue.weak, 1);
    }

    #[test]
    fn neighbours_within_an_hour_are_one_matter() {
        let files = server("10.0.0.5", "FS01");
        let findings = [finding(&files, "08:00", "08:15", 71.0), finding(&files, "09:10", "09:30", 90.0), finding(&files, "11:00", "11:15", 72.0)];
        let queue = queue(&findings, &[], &[files]);
        assert_eq!(
            told(&queue, &[]),
            ["90 10.0.0.5 08:00-09:30 own:true rules: records:0 at 09:10", "72 10.0.0.5 11:00-11:15 own:true rules: records:0 at 11:00"]
        );
    }
}
