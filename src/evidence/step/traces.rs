//! T5: what else was raised about the destination, its sources and users, and what was left behind.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::telltales::Sort;
use crate::analysis::{account, programs};
use crate::domain::{Alert, Stage};
use crate::evidence::Question;
use crate::evidence::picture::{Picture, named};
use crate::evidence::weigh::{Weighed, count, counted, some};

/// Alerts, and what the events themselves tell.
pub const QUESTIONS: &[Question] = &[Question::Events, Question::Alerts, Question::Elsewhere, Question::Programs];

/// Programs by which somebody looks around; one is work, several in a row are not.
const LOOKING: &[&str] = &[
    "whoami.exe",
    "net.exe",
    "net1.exe",
    "nltest.exe",
    "quser.exe",
    "qwinsta.exe",
    "systeminfo.exe",
    "tasklist.exe",
    "ipconfig.exe",
    "dsquery.exe",
    "klist.exe",
    "adfind.exe",
    "arp.exe",
    "netstat.exe",
    "route.exe",
];

/// Weighs.
pub fn weigh(picture: &Picture<'_>) -> Weighed {
    let alerts: Vec<&Alert> = picture.alerts().map(|alerts| alerts.alerts.iter().filter(|alert| concerns(alert, picture)).collect()).unwrap_or_default();
    let mut rules: BTreeMap<String, usize> = BTreeMap::new();
    // The alert that is being looked into is no second witness of itself; nor is a job's weak record.
    let others = alerts.iter().filter(|alert| !alert.is_spike() && alert.anomaly.as_ref().is_none_or(|anomaly| anomaly.score >= 25.0));
    for alert in others {
        *rules.entry(alert.title.safe().into_string()).or_default() += 1;
    }
    let tactics: BTreeSet<String> = alerts.iter().flat_map(|alert| &alert.tactics).map(|tactic| tactic.safe().into_string()).collect();
    let tales: Vec<_> = picture.telltales.iter().filter(|tale| !matches!(tale.sort, Sort::ScannerCookie)).collect();
    let onward: Vec<_> = picture.onward().into_iter().filter(|edge| edge.users.iter().any(|user| !account::is_system(user))).collect();
    let mut parts = vec![if rules.is_empty() {
        "no other alert".to_owned()
    } else {
        format!("{} of {}", count(rules.values().sum(), "other alert"), counted(rules.len(), "rule or job", "rules or jobs"))
    }];
    if !tactics.is_empty() {
        parts.push(format!("tactics {}", some(&tactics.into_iter().collect::<Vec<_>>(), 4)));
    }
    parts.push(if tales.is_empty() { "no tell-tale".to_owned() } else { count(tales.len(), "tell-tale") });
    let started: Vec<_> = picture.started().collect();
    parts.push(if started.is_empty() { "no program started".to_owned() } else { counted(started.len(), "program started", "programs started") });
    let next: BTreeSet<String> = onward.iter().map(|edge| picture.label(&edge.to)).collect();
    let next: Vec<String> = next.into_iter().collect();
    if !next.is_empty() {
        parts.push(format!("went on to {}", some(&next, 3)));
    }
    let mut weighed = Weighed::new(parts.join("; "));
    if rules.len() >= 2 {
        let titles: Vec<&String> = rules.keys().collect();
        weighed.plus(50, format!("{} other rules or jobs agree: {}", rules.len(), some(&titles, 3)));
    } else if let Some(title) = rules.keys().next() {
        weighed.plus(25, format!("another rule or job: {title}"));
    }
    for tale in &tales {
        weighed.plus(if is_grave(tale.sort) { 50 } else { 15 }, tale.text.clone());
    }
    if !next.is_empty() {
        let users = named(onward.iter().flat_map(|edge| &edge.users));
        weighed.plus(25, format!("from there somebody went on to {} as {}", some(&next, 3), some(&users, 3)));
    }
    if let Some(out) = picture.outbound.iter().find(|out| out.word.is_hit()) {
        let image = out.image.as_ref().map(|image| image.safe().into_string()).unwrap_or_default();
        weighed.plus(40, format!("{image} opened RDP connections from there, and is on no list of RDP clients"));
    }
    let odd: BTreeSet<String> = started
        .iter()
        .filter_map(|process| process.image.as_ref())
        .filter(|image| super::super::picture::is_odd_place(image))
        .map(|image| image.safe().into_string())
        .collect();
    if !odd.is_empty() {
        weighed.plus(35, format!("programs ran from where anybody can write: {}", some(&odd.into_iter().collect::<Vec<_>>(), 3)));
    }
    let looked: BTreeSet<String> =
        started.iter().filter_map(|process| process.image.as_ref()).map(programs::name).filter(|name| LOOKING.contains(&name.as_str())).collect();
    if looked.len() >= 2 {
        weighed.plus(25, format!("somebody looked around: {}", some(&looked.into_iter().collect::<Vec<_>>(), 4)));
    }
    let visible = picture.alerts().is_some_and(crate::query::Alerts::is_all_visible);
    if weighed.speaks_for.is_empty() {
        weighed.minus(if picture.sees.programs { 45 } else { 20 }, "nothing else was raised, left behind or started");
    }
    if !visible {
        weighed.missing("alerts: not every place they could be in can be read here, so silence says nothing");
    }
    let got_in = picture.facts.sources.iter().any(|source| source.stage >= Stage::LoggedOn);
    if !picture.sees.programs && got_in {
        weighed.missing("programs are not visible in this data: what was done in the sessions cannot be told");
    }
    // Where nobody got in, no program can have been started by them.
    let can_clear = picture.sees.programs || (visible && !got_in);
    weighed.triage(can_clear)
}

const fn is_grave(sort: Sort) -> bool {
    matches!(sort, Sort::Hijack | Sort::Tunnel | Sort::TunnelCommand | Sort::Tscon | Sort::LogCleared | Sort::Shadowing | Sort::PasswordWithoutRight)
}

/// Whether an alert touches the destination, or a source or user of the range that nothing explains.
fn concerns(alert: &Alert, picture: &Picture<'_>) -> bool {
    if alert.status.as_ref().is_some_and(|status| status.raw() == "closed") {
        return false;
    }
    let suspects: Vec<_> = picture.facts.sources.iter().filter(|source| source.is_suspect()).map(|source| source.address).collect();
    let users: Vec<_> = picture.facts.accounts.iter().filter(|account| !account.suspicion.is_empty()).map(|account| account.name.clone()).collect();
    alert.is_at(&picture.inquiry.destination) || alert.names_source(&suspects) || alert.names_user(&users)
}
