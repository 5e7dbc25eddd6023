//! What a dossier is about, the questions that all steps share, and their answers. Questions are data: they are run in
//! parallel, shown and kept with the case. Some lean on the answers of others: who came is asked before where else they were.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use crate::case::Query;
use crate::domain::{Address, Arrivals, BucketSize, Completeness, Destination, Families, Foreign, Range, Timestamp, Trouble, Verdict};
use crate::query::filter::{Field, Pattern, Test};
use crate::query::{Answer, Ask, Company, Filter, Scope, TallyBy};
use crate::sigma::RuleSet;

/// How far around the range events are looked at: a logon has its connection before it and its work after it.
pub const AROUND: SignedDuration = SignedDuration::from_hours(2);
/// How far around the range alerts are looked for: they come hours after what they are about.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Most events of one question; beyond that the answer is partial, and says so.
pub const MOST_EVENTS: usize = 50_000;
/// Sources and users that a question names; beyond that it gets too long for a cluster.
const MOST_NAMED: usize = 256;

/// What a dossier is about.
#[derive(Clone, Debug)]
pub struct Inquiry {
    /// The destination, under all its names.
    pub destination: Arc<Destination>,
    /// When.
    pub range: Range,
    /// The filter of every question.
    pub filter: Filter,
    /// Days of history to look back.
    pub history_days: i64,
    /// Width of the buckets that were judged.
    pub size: BucketSize,
    /// The zone in which the people of the site work.
    pub zone: TimeZone,
    /// What the detector said of the destination, as far as is known, in order of time.
    pub verdicts: Vec<Verdict>,
    /// The rules that programs are held against.
    pub rules: Arc<RuleSet>,
}

impl Inquiry {
    /// The range with what lies around it.
    pub fn around(&self) -> Range {
        widened(self.range, AROUND, AROUND)
    }

    /// The history before the range.
    pub fn before(&self) -> Range {
        let from = self.range.from.checked_sub(SignedDuration::from_hours(24 * self.history_days.max(1))).unwrap_or(Timestamp::MIN);
        Range { from, to: self.range.from }
    }

    fn scope(&self, range: Range, families: Families) -> Scope {
        Scope { families, filter: self.filter.clone(), ..Scope::over(range) }
    }

    /// The questions that can be put now and have not been.
    pub fn due(&self, answers: &Answers) -> Vec<(Question, Ask)> {
        Question::ALL.iter().filter(|question| !answers.is_asked(**question)).filter_map(|question| Some((*question, self.ask(*question, answers)?))).collect()
    }

    /// A question as it is put; `None` while what it leans on has no answer.
    pub fn ask(&self, question: Question, answers: &Answers) -> Option<Ask> {
        if !question.leans_on().iter().all(|other| answers.is_answered(*other)) {
            return None;
        }
        let here = |range, families| self.scope(range, families).at(Arc::clone(&self.destination));
        Some(match question {
            Question::Arrivals => {
                Ask::Arrivals { scope: self.scope(Range { from: self.before().from, to: self.around().to }, Families::ALL), bucket: BucketSize::Quarter }
            }
            Question::Events => Ask::Events { scope: here(self.around(), Families::EVERY), skip: 0, take: MOST_EVENTS },
            Question::Accounts => Ask::Tally { scope: here(self.before(), Families::ALL), by: TallyBy::User },
            Question::Programs => Ask::Tally { scope: here(self.before(), Families::EVERY), by: TallyBy::Process },
            Question::Alerts => Ask::Alerts { scope: here(widened(self.range, DAY, DAY), Families::ALL), company: self.company(answers) },
            Question::Elsewhere => {
                let mut scope = self.scope(self.around(), Families::EVERY);
                scope.filter = scope.filter.and(self.elsewhere(answers));
                Ask::Events { scope, skip: 0, take: MOST_EVENTS }
            }
        })
    }

    /// Who came, as far as the events say.
    fn company(&self, answers: &Answers) -> Company {
        let events = answers.events(Question::Events);
        let came = || events.iter().filter(|event| self.range.contains(event.time));
        let sources: BTreeSet<Address> = came().filter_map(|event| event.source).collect();
        let users: BTreeSet<Foreign> = came().filter_map(|event| event.user.clone()).filter(|user| !crate::analysis::account::is_system(user)).collect();
        Company { sources: sources.into_iter().take(MOST_NAMED).collect(), users: users.into_iter().take(MOST_NAMED).collect() }
    }

    /// Whatever the sources reached besides, who reached them before, and what the destination itself did.
    fn elsewhere(&self, answers: &Answers) -> Filter {
        let sources = self.company(answers).sources;
        let addresses = sources.into_iter().chain(self.destination.addresses.iter().copied()).filter(|address| address.identifies_a_host());
        let names = self.destination.hosts.iter().map(|host| Filter::test(Field::Host, Test::Text(Pattern::literal(host.raw()))));
        let named: Vec<Filter> = addresses.map(|address| Filter::reached_by_or_reaching(address.ip().into())).chain(names).collect();
        // No condition at all would be everything.
        let exists = Filter::test(Field::Host, Test::Exists);
        if named.is_empty() { exists.clone().and(exists.negated()) } else { Filter::any(named) }
    }

    /// Whether the question names all who came.
    pub fn names_all(&self, answers: &Answers) -> bool {
        let sources: BTreeSet<Address> =
            answers.events(Question::Events).iter().filter(|event| self.range.contains(event.time)).filter_map(|event| event.source).collect();
        sources.len() <= MOST_NAMED
    }
}

fn widened(range: Range, before: SignedDuration, after: SignedDuration) -> Range {
    Range { from: range.from.checked_sub(before).unwrap_or(Timestamp::MIN), to: range.to.checked_add(after).unwrap_or(Timestamp::MAX) }
}

/// A question that steps share.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Question {
    /// Who reached what in which quarter of an hour, history included.
    Arrivals,
    /// Everything known of the destination around the range.
    Events,
    /// The accounts seen there before.
    Accounts,
    /// The programs seen there before.
    Programs,
    /// Where else the sources were, who reached them, and what the destination did.
    Elsewhere,
    /// What others have detected.
    Alerts,
}

impl Question {
    /// Every question, those first on which others lean.
    pub const ALL: &'static [Self] = &[Self::Events, Self::Arrivals, Self::Accounts, Self::Programs, Self::Elsewhere, Self::Alerts];

    /// What it asks, for progress and for what is missing.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Arrivals => "arrivals and history",
            Self::Events => "events of the destination",
            Self::Accounts => "accounts seen before",
            Self::Programs => "programs seen before",
            Self::Elsewhere => "events of the sources elsewhere",
            Self::Alerts => "alerts",
        }
    }

    const fn leans_on(self) -> &'static [Self] {
        match self {
            Self::Alerts | Self::Elsewhere => &[Self::Events],
            _ => &[],
        }
    }
}

/// An answer with how it was asked for.
#[derive(Clone, Debug)]
pub struct Answered {
    /// What came.
    pub result: Result<Arc<Answer>, Trouble>,
    /// The question as it was put.
    pub query: Query,
}

impl Answered {
    /// An answer that came after so many milliseconds. `place` is where was asked: index patterns, or files.
    pub fn new(place: &str, body: String, took: u64, result: Result<Arc<Answer>, Trouble>) -> Self {
        let (shards, hits, completeness) = match &result {
            Ok(answer) => (answer.completeness().shards, hits(answer), answer.completeness().words()),
            Err(trouble) => (None, 0, format!("failed: {}", trouble.what)),
        };
        Self { query: Query { index: place.to_owned(), body, took, shards, hits, completeness }, result }
    }
}

/// Events or rows in an answer.
fn hits(answer: &Answer) -> u64 {
    match answer {
        Answer::Arrivals(arrivals) => arrivals.rows.iter().map(|row| u64::from(row.events)).sum(),
        Answer::Tally(tally) => tally.rows.len() as u64,
        Answer::Events(page) => page.total,
        Answer::Alerts(alerts) => alerts.alerts.len() as u64,
        Answer::Counts(counts) => counts.destinations.iter().map(|destination| destination.events).sum(),
        Answer::Hunt(hits) => hits.hits.len() as u64,
        Answer::Overview(overview) => overview.completeness.events,
        Answer::Health(health) => health.completeness.events,
    }
}

/// The answers that are here.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    here: BTreeMap<Question, Answered>,
    /// Arrivals that somebody else had already.
    arrivals: Option<(Arc<Arrivals>, Query)>,
}

impl Answers {
    /// Takes an answer.
    pub fn put(&mut self, question: Question, answered: Answered) {
        self.here.insert(question, answered);
    }

    /// Takes arrivals that are here already, so that they need not be asked for.
    pub fn put_arrivals(&mut self, arrivals: Arc<Arrivals>, query: Query) {
        self.arrivals = Some((arrivals, query));
    }

    /// Forgets an answer, so that it is asked again.
    pub fn forget(&mut self, question: Question) {
        self.here.remove(&question);
        if question == Question::Arrivals {
            self.arrivals = None;
        }
    }

    fn is_asked(&self, question: Question) -> bool {
        self.here.contains_key(&question) || (question == Question::Arrivals && self.arrivals.is_some())
    }

    /// Whether it was answered, be it with trouble.
    pub fn is_answered(&self, question: Question) -> bool {
        self.is_asked(question)
    }

    /// How many of all questions are answered.
    pub fn done(&self) -> usize {
        Question::ALL.iter().filter(|question| self.is_answered(**question)).count()
    }

    /// The question as it was put.
    pub fn query(&self, question: Question) -> Option<&Query> {
        if question == Question::Arrivals
            && let Some((_, query)) = &self.arrivals
        {
            return Some(query);
        }
        self.here.get(&question).map(|answered| &answered.query)
    }

    /// Why there is no answer.
    pub fn trouble(&self, question: Question) -> Option<&Trouble> {
        self.here.get(&question)?.result.as_ref().err()
    }

    /// The answer.
    pub fn answer(&self, question: Question) -> Option<&Answer> {
        self.here.get(&question)?.result.as_deref().ok()
    }

    /// The arrivals.
    pub fn arrivals(&self) -> Option<&Arrivals> {
        if let Some((arrivals, _)) = &self.arrivals {
            return Some(arrivals);
        }
        if let Answer::Arrivals(arrivals) = self.answer(Question::Arrivals)? { Some(arrivals) } else { None }
    }

    /// The events that answer a question; none where there is no answer.
    pub fn events(&self, question: Question) -> &[crate::domain::Event] {
        if let Some(Answer::Events(page)) = self.answer(question) { &page.events } else { &[] }
    }

    /// What is missing from an answer; `None` where there is no answer.
    pub fn completeness(&self, question: Question) -> Option<Completeness> {
        if question == Question::Arrivals {
            return self.arrivals().map(|arrivals| arrivals.completeness.clone());
        }
        let answer = self.answer(question)?;
        let mut completeness = answer.completeness().clone();
        if let Answer::Events(page) = answer
            && (page.events.len() as u64) < page.total
            && completeness.capped.is_none()
        {
            completeness.capped = Some(format!("the first {} of {} events", page.events.len(), page.total));
        }
        Some(completeness)
    }
}
