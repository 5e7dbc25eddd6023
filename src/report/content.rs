//! What a report says, in the order in which it says it: worked out once for every form. Texts of others are made inert
//! here, or kept exact where a machine reads them.

use serde::Serialize;

use super::{Bar, Report};
use crate::case::words::words;
use crate::case::{Answered, MarkKind, Signed};
use crate::domain::foreign::sanitize;
use crate::domain::{Foreign, Limits, time};
use crate::evidence::StepEvidence;

/// How texts of others are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Texts {
    /// For people: inert, in one line.
    Inert,
    /// For machines: exact.
    Exact,
}

impl Texts {
    fn of(self, text: &Foreign) -> String {
        match self {
            Self::Inert => text.safe_within(Limits::DETAIL).into_string(),
            Self::Exact => text.raw().to_owned(),
        }
    }

    fn plain(self, text: &str) -> String {
        match self {
            Self::Inert => sanitize(text, Limits::DETAIL).into_string(),
            Self::Exact => text.to_owned(),
        }
    }

    /// Several lines, each inert.
    fn lines(self, text: &str) -> String {
        match self {
            Self::Inert => text.lines().map(|line| sanitize(line, Limits::DETAIL).into_string()).collect::<Vec<_>>().join("\n"),
            Self::Exact => text.to_owned(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Content {
    pub(super) name: String,
    pub(super) destination: String,
    pub(super) known_as: Vec<String>,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) source: String,
    pub(super) guide: String,
    pub(super) rule: String,
    pub(super) written: String,
    pub(super) author: String,
    pub(super) version: String,
    pub(super) opened: Option<Said>,
    pub(super) verdict: Option<Verdict>,
    pub(super) suggests: Option<String>,
    pub(super) speaks_for: Vec<String>,
    pub(super) against: Vec<String>,
    pub(super) unknown: Vec<String>,
    pub(super) peak: Option<String>,
    pub(super) bars: Vec<Bar>,
    pub(super) sources: Vec<Source>,
    pub(super) accounts: Vec<Account>,
    pub(super) hosts: Vec<Host>,
    pub(super) phases: Vec<Phase>,
    pub(super) answered: usize,
    pub(super) steps: usize,
    pub(super) marks: Vec<Mark>,
    pub(super) notes: Vec<Note>,
    pub(super) ticks: Vec<Tick>,
    pub(super) exceptions: Vec<Excepted>,
    pub(super) open: Vec<String>,
    pub(super) next: Vec<Next>,
    pub(super) timeline: Vec<Entry>,
    pub(super) queries: Vec<Asked>,
    pub(super) entries: usize,
    pub(super) head: String,
    pub(super) is_whole: bool,
    pub(super) faults: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Said {
    pub(super) author: String,
    pub(super) time: String,
    pub(super) entry: u64,
}

#[derive(Serialize)]
pub(super) struct Verdict {
    pub(super) verdict: &'static str,
    pub(super) note: String,
    #[serde(flatten)]
    pub(super) said: Said,
}

#[derive(Serialize)]
pub(super) struct Phase {
    pub(super) title: String,
    pub(super) steps: Vec<Step>,
}

#[derive(Serialize)]
pub(super) struct Step {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) ask: String,
    pub(super) human: String,
    pub(super) answer: Option<&'static str>,
    pub(super) note: String,
    pub(super) said: Option<Said>,
    pub(super) suggested: Option<String>,
    pub(super) confidence: Option<u8>,
    pub(super) finding: Option<String>,
    pub(super) speaks_for: Vec<String>,
    pub(super) against: Vec<String>,
    pub(super) missing: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Source {
    pub(super) address: String,
    pub(super) stage: &'static str,
    pub(super) new: &'static str,
    pub(super) first: String,
    pub(super) last: String,
    pub(super) connections: u64,
    pub(super) refusals: u64,
    pub(super) users: String,
    pub(super) destinations: u64,
    pub(super) why: String,
}

#[derive(Serialize)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) logons: u64,
    pub(super) refusals: u64,
    pub(super) privileged: &'static str,
    pub(super) new: &'static str,
    pub(super) sources: usize,
    pub(super) hosts: String,
    pub(super) why: String,
}

#[derive(Serialize)]
pub(super) struct Host {
    pub(super) host: String,
    pub(super) why: String,
    pub(super) stage: &'static str,
    pub(super) findings: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Mark {
    pub(super) kind: &'static str,
    pub(super) value: String,
    pub(super) trail: String,
    #[serde(flatten)]
    pub(super) said: Said,
}

#[derive(Serialize)]
pub(super) struct Note {
    pub(super) text: String,
    pub(super) step: Option<String>,
    #[serde(flatten)]
    pub(super) said: Said,
}

#[derive(Serialize)]
pub(super) struct Tick {
    pub(super) response: String,
    pub(super) item: String,
    pub(super) note: String,
    #[serde(flatten)]
    pub(super) said: Said,
}

#[derive(Serialize)]
pub(super) struct Excepted {
    pub(super) exception: String,
    #[serde(flatten)]
    pub(super) said: Said,
}

#[derive(Serialize)]
pub(super) struct Next {
    pub(super) title: String,
    pub(super) human: String,
}

#[derive(Serialize)]
pub(super) struct Entry {
    pub(super) what: String,
    pub(super) undone: bool,
    #[serde(flatten)]
    pub(super) said: Said,
}

#[derive(Serialize)]
pub(super) struct Asked {
    pub(super) index: String,
    pub(super) body: String,
    pub(super) took: u64,
    pub(super) hits: u64,
    pub(super) completeness: String,
}

/// Sources that a page lists; the rows have them all.
pub(super) const LISTED: usize = 60;

fn yes(is: Option<bool>) -> &'static str {
    match is {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not known",
    }
}

fn names<'a>(texts: Texts, names: impl Iterator<Item = &'a Foreign>) -> String {
    names.map(|name| texts.of(name)).collect::<Vec<_>>().join(", ")
}

impl Content {
    /// What the report says.
    pub(super) fn of(report: &Report, texts: Texts) -> Self {
        let case = &report.case;
        let said = |signed: &Signed| Said { author: texts.of(&signed.author), time: time::rfc3339(signed.time), entry: signed.entry };
        let subject = case.subject.as_ref();
        let dossier = report.dossier.as_ref();
        let points = |points: &[crate::evidence::Point]| points.iter().map(|point| texts.plain(&point.words())).collect::<Vec<_>>();
        let answered = case.answered(report.guide.steps().map(|(_, step)| step.id.as_str()));
        let facts = dossier.map(|dossier| &dossier.facts);
        Self {
            name: texts.plain(&report.name),
            destination: subject.map_or_else(String::new, |subject| texts.of(&subject.destination)),
            known_as: subject.map_or_else(Vec::new, |subject| subject.known_as.iter().map(|name| texts.of(name)).collect()),
            from: subject.map_or_else(String::new, |subject| time::rfc3339(subject.from)),
            to: subject.map_or_else(String::new, |subject| time::rfc3339(subject.to)),
            source: texts.plain(&case.source),
            guide: report.guide.title.clone(),
            rule: report.guide.rule.clone(),
            written: time::rfc3339(report.written),
            author: texts.of(&report.author),
            version: report.version.clone(),
            opened: case.opened.as_ref().map(said),
            verdict: case.verdict.as_ref().map(|(signed, verdict, note)| Verdict { verdict: verdict.words(), note: texts.of(note), said: said(signed) }),
            suggests: dossier.map(|dossier| dossier.suggests.words()),
            speaks_for: dossier.map_or_else(Vec::new, |dossier| points(&dossier.speaks_for)),
            against: dossier.map_or_else(Vec::new, |dossier| points(&dossier.against)),
            unknown: unknown(report, texts),
            peak: report.chart.as_ref().and_then(super::Chart::peak),
            bars: report.chart.as_ref().map_or_else(Vec::new, |chart| chart.bars.clone()),
            sources: facts.map_or_else(Vec::new, |facts| {
                let source = |source: &crate::evidence::SourceFact| Source {
                    address: source.address.to_string(),
                    stage: source.stage.name(),
                    new: yes(source.is_new),
                    first: time::rfc3339(source.first),
                    last: time::rfc3339(source.last),
                    connections: source.connections,
                    refusals: source.refusals,
                    users: names(texts, source.users.keys()),
                    destinations: source.destinations,
                    why: texts.plain(&source.suspicion.join("; ")),
                };
                let mut sources: Vec<_> = facts.sources.iter().collect();
                sources.sort_by_key(|source| (std::cmp::Reverse(source.stage), source.address));
                sources.into_iter().map(source).collect()
            }),
            accounts: facts.map_or_else(Vec::new, |facts| {
                let account = |account: &crate::evidence::AccountFact| Account {
                    name: texts.of(&account.name),
                    logons: account.logons,
                    refusals: account.refusals,
                    privileged: if account.is_privileged { "yes" } else { "not seen" },
                    new: yes(account.is_new),
                    sources: account.sources.len(),
                    hosts: names(texts, account.hosts.iter()),
                    why: texts.plain(&account.suspicion.join("; ")),
                };
                facts.accounts.iter().map(account).collect()
            }),
            hosts: facts.map_or_else(Vec::new, |facts| {
                let host = |host: &crate::evidence::HostFact| Host {
                    host: texts.of(&host.host.label()),
                    why: texts.plain(&host.why),
                    stage: host.stage.name(),
                    findings: host.findings.iter().map(|finding| texts.plain(finding)).collect(),
                };
                facts.hosts.iter().map(host).collect()
            }),
            phases: phases(report, texts, &said),
            answered,
            steps: report.guide.steps().count(),
            marks: case
                .marks
                .iter()
                .map(|(mark, (signed, trail))| Mark { kind: kind(mark.kind), value: texts.of(&mark.value), trail: texts.plain(trail), said: said(signed) })
                .collect(),
            notes: case.notes.iter().map(|note| Note { text: texts.of(&note.text), step: note.step.clone(), said: said(&note.signed) }).collect(),
            ticks: case
                .ticks
                .iter()
                .map(|tick| Tick { response: title(report, &tick.response), item: texts.of(&tick.item), note: texts.of(&tick.note), said: said(&tick.signed) })
                .collect(),
            exceptions: case.exceptions.iter().map(|(id, (signed, _))| Excepted { exception: texts.plain(id), said: said(signed) }).collect(),
            open: facts.map_or_else(Vec::new, |facts| {
                facts
                    .open_sessions
                    .iter()
                    .map(|(user, source, since)| {
                        let from = source.map_or_else(String::new, |source| format!(" from {source}"));
                        format!("{}{from}, open since {}", texts.of(user), time::rfc3339(*since))
                    })
                    .collect()
            }),
            next: report
                .guide
                .steps()
                .filter(|(_, step)| !case.answers.contains_key(&step.id))
                .map(|(_, step)| Next { title: step.title.clone(), human: step.human.clone() })
                .collect(),
            timeline: timeline(report, texts),
            queries: queries(report, texts),
            entries: report.entries.len(),
            head: case.head.1.to_string(),
            is_whole: report.faults.is_empty(),
            faults: report.faults.iter().map(|fault| texts.plain(fault)).collect(),
        }
    }
}

/// What nobody knows yet, and what the answers lacked: this is in every report.
fn unknown(report: &Report, texts: Texts) -> Vec<String> {
    let mut unknown = Vec::new();
    if report.case.verdict.is_none() {
        unknown.push("no verdict has been given".to_owned());
    }
    let partial = report.case.queries.iter().filter(|(_, query)| query.completeness != "complete").count();
    if partial > 0 {
        unknown.push(format!("{partial} of {} questions were answered in part; the appendix says which", report.case.queries.len()));
    }
    match &report.dossier {
        None => unknown.push("the events were not asked again for this report: figures are those kept in the case".to_owned()),
        Some(dossier) => {
            if !dossier.completeness.is_whole() {
                unknown.push(format!("the events were answered in part: {}", dossier.completeness.words()));
            }
            for missing in dossier.steps.iter().flat_map(|step| &step.missing) {
                let missing = texts.plain(missing);
                if !unknown.contains(&missing) {
                    unknown.push(missing);
                }
            }
        }
    }
    if !report.case.unread.is_empty() {
        unknown.push(format!("{} entries were written by a newer version and could not be read", report.case.unread.len()));
    }
    unknown
}

fn kind(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::Source => "source",
        MarkKind::User => "user",
        MarkKind::Destination => "destination",
        MarkKind::Session => "session",
        MarkKind::Process => "process",
        MarkKind::Event => "event",
    }
}

fn title(report: &Report, step: &str) -> String {
    report.guide.step(step).map_or_else(|| step.to_owned(), |step| step.title.clone())
}

fn phases(report: &Report, texts: Texts, said: &dyn Fn(&Signed) -> Said) -> Vec<Phase> {
    let step = |step: &crate::guide::Step| {
        let answered: Option<&Answered> = report.case.answers.get(&step.id);
        let found: Option<&StepEvidence> = report.dossier.as_ref().and_then(|dossier| dossier.step(&step.id));
        // What was kept in the case stands in where nothing was asked again.
        let kept = report.case.evidence.iter().rev().find(|evidence| evidence.step == step.id);
        Step {
            id: step.id.clone(),
            title: step.title.clone(),
            ask: step.ask.clone(),
            human: step.human.clone(),
            answer: answered.map(|answered| answered.answer.words()),
            note: answered.map_or_else(String::new, |answered| texts.of(&answered.note)),
            said: answered.map(|answered| said(&answered.signed)),
            suggested: found.map(|found| found.suggested.in_phase(&found.phase).to_owned()).or_else(|| kept.map(|kept| texts.plain(&kept.suggested))),
            confidence: found.map(|found| found.confidence),
            finding: found.map(|found| texts.plain(&found.finding)).or_else(|| kept.map(|kept| texts.of(&kept.finding))),
            speaks_for: found.map_or_else(Vec::new, |found| found.speaks_for.iter().map(|point| texts.plain(&point.words())).collect()),
            against: found.map_or_else(Vec::new, |found| found.against.iter().map(|point| texts.plain(&point.words())).collect()),
            missing: found.map_or_else(Vec::new, |found| found.missing.iter().map(|missing| texts.plain(missing)).collect()),
        }
    };
    report.guide.phases.iter().map(|phase| Phase { title: phase.title.clone(), steps: phase.steps.iter().map(step).collect() }).collect()
}

fn timeline(report: &Report, texts: Texts) -> Vec<Entry> {
    let entries = report.entries.iter().map(|entry| match entry.record() {
        Ok(record) => Entry {
            what: texts.plain(&words(&record.act)),
            undone: report.case.undone.contains(&entry.seq),
            said: Said { author: texts.of(&record.author), time: time::rfc3339(record.time), entry: entry.seq },
        },
        Err(_) => Entry {
            what: "of a newer version, or damaged".to_owned(),
            undone: false,
            said: Said { author: String::new(), time: String::new(), entry: entry.seq },
        },
    });
    entries.collect()
}

/// The questions kept in the case, then those put for the report.
fn queries(report: &Report, texts: Texts) -> Vec<Asked> {
    let kept = report.case.queries.iter().map(|(_, query)| query);
    let mut seen: Vec<&crate::case::Query> = Vec::new();
    for query in kept.chain(report.dossier.iter().flat_map(crate::evidence::Dossier::queries)) {
        if !seen.iter().any(|other| other.body == query.body && other.index == query.index) {
            seen.push(query);
        }
    }
    let asked = seen.into_iter().map(|query| Asked {
        index: texts.plain(&query.index),
        body: texts.lines(&query.body),
        took: query.took,
        hits: query.hits,
        completeness: texts.plain(&query.completeness),
    });
    asked.collect()
}
