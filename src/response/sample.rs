//! A spike of three strangers and a regular, for the tests of responses and reports.

use std::collections::BTreeSet;

use super::{Account, Before, Class, Earlier, Host, HostFinding, OpenSession, Picture, Source};
use crate::domain::{Address, BucketSize, Completeness, Destination, Foreign, Range, Severity, Stage, Timestamp, Verdict};

pub(crate) fn at(time: &str) -> Timestamp {
    format!("2026-01-05T{time}Z").parse().unwrap()
}

pub(crate) fn address(text: &str) -> Address {
    Address::clean(text).unwrap()
}

fn set(names: &[&str]) -> BTreeSet<Foreign> {
    names.iter().map(|name| Foreign::from(*name)).collect()
}

fn source(ip: &str, stage: Stage, users: &[&str]) -> Source {
    Source {
        address: address(ip),
        stage,
        is_new: Some(true),
        days_before: 0,
        users: set(users),
        regulars: BTreeSet::new(),
        also_to: BTreeSet::new(),
        is_server: false,
        open: 0,
        connections: 4,
        refusals: 0,
        events: 9,
        first: at("12:31:04"),
        last: at("12:58:11"),
    }
}

pub(crate) fn destination() -> Destination {
    Destination { addresses: [address("10.20.4.17")].into(), hosts: set(&["FILESRV-02"]) }
}

pub(crate) fn verdict(time: &str, count: u32, score: f64) -> Verdict {
    Verdict {
        destination: 0,
        start: at(time),
        count,
        new: count.saturating_sub(3),
        typical: Some(2.1),
        upper: Some(6.0),
        score: Some(score),
        reason: format!("{count} distinct sources, typically 2.1"),
        cross: None,
        why: None,
        standing: crate::domain::finding::Standing::Judged,
    }
}

pub(crate) fn picture() -> Picture {
    let mut first = source("10.66.0.12", Stage::LoggedOn, &["CORP\\admmig"]);
    (first.open, first.also_to) = (1, set(&["DC01"]));
    let mut refused = source("10.66.0.13", Stage::Refused, &["CORP\\admin"]);
    refused.refusals = 9;
    let mut pool = source("2001:db8::7", Stage::Touched, &[]);
    (pool.regulars, pool.is_server) = (set(&["CORP\\kim", "CORP\\lee"]), true);
    let mut regular = source("10.20.8.3", Stage::LoggedOn, &["CORP\\kim"]);
    (regular.is_new, regular.days_before, regular.regulars) = (Some(false), 21, set(&["CORP\\kim"]));
    let account = |name: &str, class, because: &str, hosts: &[&str]| Account {
        name: name.into(),
        class,
        because: because.to_owned(),
        machine: None,
        logons: 2,
        sources: [address("10.66.0.12")].into(),
        hosts: set(hosts),
        first: at("12:31:04"),
        last: at("12:58:11"),
    };
    Picture {
        destination: destination(),
        range: Range { from: at("12:30:00"), to: at("13:00:00") },
        history: Some(Range { from: "2025-12-06T00:00:00Z".parse().unwrap(), to: at("12:30:00") }),
        gathered: at("13:21:00"),
        origin: "lab".to_owned(),
        worst: Some(verdict("12:30:00", 41, 94.0)),
        sources: vec![first, regular, pool, refused],
        before: vec![Before { address: address("10.20.8.9"), days: 12, events: 40, first: at("08:00:00"), last: at("09:00:00") }],
        accounts: vec![
            account("CORP\\admmig", Class::Privileged, "its logon was given administrator rights", &["DC01", "FILESRV-02"]),
            account("CORP\\svc_copy", Class::Service, "its name begins like that of a service", &["FILESRV-02"]),
            account("CORP\\kim", Class::Domain, "its domain is CORP", &["FILESRV-02"]),
            Account { machine: Some("FILESRV-02".into()), ..account("FILESRV-02\\guest1", Class::Local, "its domain is the server itself", &["FILESRV-02"]) },
        ],
        hosts: vec![
            Host {
                host: destination(),
                because: "the destination".to_owned(),
                is_visible: true,
                findings: vec![HostFinding { severity: Severity::Critical, time: at("12:50:00"), text: "the Security log was cleared".to_owned(), events: 1 }],
            },
            Host { host: Destination::from(address("10.20.1.5")), because: "reached from the destination".to_owned(), is_visible: false, findings: vec![] },
        ],
        open: vec![OpenSession { user: Some("CORP\\admmig".into()), source: Some(address("10.66.0.12")), since: at("12:31:04"), session_id: Some(3) }],
        earlier: vec![
            Earlier { size: BucketSize::Quarter, threshold: 70.0, at: Some(at("12:45:00")), findings: 3 },
            Earlier { size: BucketSize::SixHours, threshold: 70.0, at: Some(at("18:00:00")), findings: 1 },
            Earlier { size: BucketSize::Quarter, threshold: 50.0, at: Some(at("12:30:00")), findings: 9 },
        ],
        unknown: vec!["whether the accounts have a second factor".to_owned()],
        completeness: Completeness::whole(120),
    }
}
