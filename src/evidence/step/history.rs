//! T2: what is usual at the destination, what was found there before, what it is worth.

use crate::analysis::programs;
use crate::domain::finding::ANOMALOUS;
use crate::domain::{Foreign, Raiser};
use crate::evidence::Question;
use crate::evidence::picture::Picture;
use crate::evidence::weigh::{Weighed, count, some};
use crate::query::Answer;

/// The past of the destination.
pub const QUESTIONS: &[Question] = &[Question::Arrivals, Question::Programs, Question::Alerts];

/// What programs say a server is.
const ROLES: &[(&str, &str)] = &[
    ("ntdsai.dll", "domain controller"),
    ("dfsrs.exe", "domain controller or file server"),
    ("dns.exe", "name server"),
    ("sqlservr.exe", "database"),
    ("w3wp.exe", "web server"),
    ("store.exe", "mail server"),
    ("vmms.exe", "virtualisation host"),
    ("tssdis.exe", "connection broker"),
    ("aaedge.exe", "remote desktop gateway"),
];

/// What names say a server is; weak, and said so.
const NAMES: &[(&str, &str)] =
    &[("dc", "domain controller"), ("sql", "database"), ("backup", "backup server"), ("file", "file server"), ("exch", "mail server"), ("jump", "jump host")];

/// Weighs.
pub fn weigh(picture: &Picture<'_>) -> Weighed {
    let facts = &picture.facts;
    let all = facts.sources.len();
    let verdict = picture.verdict();
    let usual = match (facts.usual, picture.past.daily) {
        (Some(usual), Some((median, most))) => format!("{usual} usual at this time of day, {median} a day (95 of 100 days at most {most})"),
        (Some(usual), None) => format!("{usual} usual at this time of day"),
        (None, _) => format!("not enough history to say what is usual ({})", count(facts.history_days as usize, "day")),
    };
    let score = verdict.and_then(|verdict| verdict.score).map_or_else(|| "no verdict".to_owned(), |score| format!("score {score:.0}"));
    let mut weighed = Weighed::new(format!("{} in the range, {usual}; {score}", count(all, "source")));
    if let Some(score) = verdict.and_then(|verdict| verdict.score) {
        let why = verdict.map_or("", |verdict| verdict.reason.as_str());
        if score >= ANOMALOUS {
            weighed.plus(50, format!("the detector calls it anomalous: {why}"));
        } else if score < 25.0 {
            weighed.minus(40, format!("the detector finds it usual: score {score:.0}"));
        }
    }
    if let Some(usual) = facts.usual {
        if all > 2 * usual as usize && all >= usual as usize + 5 {
            weighed.plus(20, format!("{all} sources where {usual} are usual"));
        } else if all <= usual as usize {
            weighed.minus(30, format!("no more sources than are usual ({usual})"));
        }
    }
    let role = role(picture);
    let new = facts.sources.iter().filter(|source| source.is_new == Some(true)).count();
    if let Some((role, by)) = &role {
        weighed.plus(if new > 0 { 15 } else { 0 }, format!("it seems to be a {role}, by its {by}"));
    }
    let earlier = picture
        .inquiry
        .verdicts
        .iter()
        .filter(|verdict| verdict.is_anomalous() && !picture.inquiry.overlaps(verdict.start) && verdict.start < picture.inquiry.range.from)
        .count();
    if earlier > 0 {
        weighed.plus(0, format!("{} earlier in what is known", count(earlier, "anomalous bucket")));
    }
    match picture.alerts() {
        Some(alerts) => {
            let before: Vec<_> = alerts
                .alerts
                .iter()
                .filter(|alert| alert.raiser == Raiser::Rule && alert.about.to <= picture.inquiry.range.from && alert.is_at(&picture.inquiry.destination))
                .collect();
            if !before.is_empty() {
                let titles: Vec<String> = before.iter().map(|alert| alert.title.safe().into_string()).collect();
                weighed.plus(0, format!("{} on it the day before: {}", count(before.len(), "alert"), some(&titles, 3)));
            }
            if !alerts.is_all_visible() {
                weighed.missing("earlier alerts: not every place they could be in can be read here");
            }
        }
        None => {
            weighed.missing("earlier alerts: they were not answered");
        }
    }
    if picture.past.was_public {
        weighed.plus(0, "addresses of the internet have reached it before: it seems to be open to the outside");
    }
    weighed.missing("asset criticality and owner are not part of this data");
    if facts.usual.is_none() && verdict.and_then(|verdict| verdict.score).is_none() {
        weighed.missing(format!("history: {} known before the range, too few for a verdict", count(facts.history_days as usize, "whole day")));
        return weighed.cannot_tell();
    }
    weighed.triage(true)
}

/// What the server seems to be, and by what.
fn role(picture: &Picture<'_>) -> Option<(&'static str, &'static str)> {
    let seen: Vec<String> = match picture.answers.answer(Question::Programs) {
        Some(Answer::Tally(tally)) => tally.rows.iter().map(|row| programs::name(&row.value)).collect(),
        _ => Vec::new(),
    };
    let by_program = ROLES.iter().find(|(program, _)| seen.iter().any(|name| name == program)).map(|(_, role)| (*role, "programs"));
    let names = || picture.inquiry.destination.hosts.iter().map(Foreign::raw).map(str::to_lowercase);
    by_program.or_else(|| {
        NAMES.iter().find(|(part, _)| names().any(|name| name.starts_with(part) || name.contains(&format!("-{part}")))).map(|(_, role)| (*role, "name"))
    })
}
