//! Cases: opening them, writing down what people decide and the program finds, undoing, and what comes back from the files.

use crate::case::{Act, Answer, Case, Mark as CaseMark, MarkKind, Subject, Verdict, slug};
use crate::domain::{Address, Destination, Foreign};
use crate::evidence::Question;
use crate::investigation::cases::{Beside, CaseJob, CaseNews, Finding, OpenCase};
use crate::investigation::{self, Effect, Investigation};
use crate::report::{Bar, Chart};

use super::walkthrough::current;

/// The format that is the whole case as one file.
const BUNDLE: &str = "bundle";
/// Longest part of a case's name that comes from its destination; the day stands before it.
const LONGEST_LABEL: usize = 36;

/// Opens the case of the walkthrough, or makes one.
pub(super) fn open(state: &mut Investigation, effects: &mut Vec<Effect>) {
    let source = state.place();
    let Some(walkthrough) = current(state) else { return };
    let (destination, range) = (walkthrough.inquiry.destination.clone(), walkthrough.inquiry.range);
    let guide = walkthrough.guide.id.clone();
    let known_as = names(&destination);
    let subject = Subject { destination: destination.label(), known_as, from: range.from, to: range.to, guide };
    // A case has its name before it has its file, so that nothing decided meanwhile is without a place.
    let name = state.cases.to_go_on(&destination, range).cloned().unwrap_or_else(|| {
        let label = subject.known_as.iter().find(|name| Address::clean(name.raw()).is_none()).unwrap_or(&subject.destination);
        let name = format!("{}-{}", state.now.strftime("%Y-%m-%d"), slug(label.raw()).chars().take(LONGEST_LABEL).collect::<String>());
        let mut names = std::iter::once(name.clone()).chain((2..).map(|number| format!("{name}-{number}")));
        names.find(|name| !state.cases.by_name.contains_key(name)).unwrap_or(name)
    });
    let open = state.cases.by_name.entry(name.clone()).or_default();
    if open.holder.is_none() {
        open.is_writable = true;
    }
    if let Some(walkthrough) = current(state) {
        walkthrough.case = Some(name.clone());
    }
    effects.push(Effect::Case(CaseJob::Open { name, subject, source }));
}

fn names(destination: &Destination) -> Vec<Foreign> {
    let label = destination.label();
    let addresses = destination.addresses.iter().map(|address| Foreign::from(address.to_string()));
    addresses.chain(destination.hosts.iter().cloned()).filter(|name| *name != label).collect()
}

/// Name of the case that is worked on: that of the open walkthrough, else the latest about the visited destination.
pub(in crate::investigation) fn worked_on(state: &Investigation) -> Option<String> {
    let open = state.trail.iter().rev().find_map(|visit| visit.walkthrough.as_ref()).and_then(|walkthrough| walkthrough.case.clone());
    open.or_else(|| {
        let destination = state.trail.iter().rev().find_map(|visit| visit.destination.clone())?;
        state.cases.about(&destination).map(|(name, _)| name.clone())
    })
}

/// Writes something down: at once in the picture, and on its way into the file.
pub(super) fn record(state: &mut Investigation, act: Act, effects: &mut Vec<Effect>) {
    let Some(name) = worked_on(state) else { return };
    let now = state.now;
    let author = state.cases.author.clone();
    let Some(open) = state.cases.by_name.get_mut(&name) else { return };
    if !open.is_writable {
        return;
    }
    open.waiting.push((now, act.clone()));
    open.fold(&author);
    effects.push(Effect::Case(CaseJob::Record { case: name, act }));
}

/// A step is answered; it rests on the evidence of that step that the case holds.
pub(super) fn answer(state: &mut Investigation, step: String, answer: Answer, note: &str, effects: &mut Vec<Effect>) {
    let evidence = worked_on(state).and_then(|name| state.cases.by_name.get(&name)).and_then(|open| {
        let of_step = open.case.evidence.iter().rev().find(|evidence| evidence.step == step)?;
        Some(std::iter::once(of_step.signed.entry).chain(of_step.queries.iter().copied()).collect::<Vec<u64>>())
    });
    record(state, Act::Answered { step, answer, note: Foreign::from(note), evidence: evidence.unwrap_or_default() }, effects);
}

/// The verdict is given.
pub(super) fn decide(state: &mut Investigation, verdict: Verdict, note: &str, effects: &mut Vec<Effect>) {
    record(state, Act::Decided { verdict, note: Foreign::from(note) }, effects);
}

/// The last thing that a person did here no longer holds.
pub(super) fn undo(state: &mut Investigation, effects: &mut Vec<Effect>) {
    let last = worked_on(state)
        .and_then(|name| state.cases.by_name.get(&name))
        .filter(|open| open.waiting.is_empty())
        .and_then(|open| Case::last_undoable(&open.entries));
    if let Some(last) = last {
        record(state, Act::Undone { entry: last.seq }, effects);
    }
}

/// A row was marked, or its mark taken away, while a case is worked on.
pub(super) fn marked(state: &mut Investigation, mark: &investigation::Mark, is_on: bool, effects: &mut Vec<Effect>) {
    use investigation::Subject as Seen;
    let (kind, value) = match &mark.subject {
        Seen::Source(source) => (MarkKind::Source, Foreign::from(source.to_string())),
        Seen::User(user) => (MarkKind::User, user.clone()),
        Seen::Destination(destination) => (MarkKind::Destination, destination.label()),
        Seen::Process(process) => (MarkKind::Process, process.clone()),
        Seen::Session(_) => (MarkKind::Session, Foreign::from(mark.subject.label())),
        Seen::Event(_) => (MarkKind::Event, Foreign::from(mark.subject.label())),
        Seen::Other { .. } => return,
    };
    let marked = CaseMark { kind, value };
    let act = if is_on { Act::Marked { mark: marked, trail: mark.trail.clone() } } else { Act::Unmarked { mark: marked } };
    record(state, act, effects);
}

/// What was asked and found goes into the case, once all of it is here.
pub(super) fn record_findings(state: &mut Investigation, effects: &mut Vec<Effect>) {
    let Some(walkthrough) = current(state) else { return };
    let (Some(name), Some(dossier)) = (walkthrough.case.clone(), walkthrough.dossier.load.kept().map(|kept| kept.value.clone())) else { return };
    let is_loading = walkthrough.dossier.load.is_loading();
    if walkthrough.is_recorded || !walkthrough.is_whole() || is_loading {
        return;
    }
    let queries: Vec<crate::case::Query> = Question::ALL.iter().filter_map(|question| walkthrough.answers.query(*question)).cloned().collect();
    let found = dossier.steps.iter().map(|step| Finding {
        step: step.step.clone(),
        finding: step.finding.clone(),
        suggested: step.suggested.words().to_owned(),
        queries: step.queries.iter().filter_map(|query| queries.iter().position(|known| known == query)).collect(),
        documents: step.rows.documents.clone(),
    });
    let found: Vec<Finding> = found.collect();
    let Some(open) = state.cases.by_name.get(&name).filter(|open| open.is_writable) else { return };
    // A walkthrough that is opened again and finds the same adds nothing.
    let is_known = |finding: &Finding| {
        open.case.evidence.iter().rev().find(|known| known.step == finding.step).is_some_and(|known| known.finding.raw() == finding.finding)
    };
    let is_news = !found.iter().all(is_known);
    if let Some(walkthrough) = current(state) {
        walkthrough.is_recorded = true;
    }
    if is_news {
        effects.push(Effect::Case(CaseJob::Found { case: name, queries, found }));
    }
}

/// Something came back from the files.
pub(super) fn news(state: &mut Investigation, news: CaseNews, effects: &mut Vec<Effect>) {
    let author = state.cases.author.clone();
    match news {
        CaseNews::Begun { author, is_kept } => (state.cases.author, state.cases.is_kept) = (author, is_kept),
        CaseNews::Opened { name, entries, is_writable, holder, is_asked } => {
            let open = state.cases.by_name.entry(name.clone()).or_default();
            *open = OpenCase { entries, is_writable, holder, waiting: std::mem::take(&mut open.waiting), ..OpenCase::default() };
            open.fold(&author);
            if is_asked && let Some(walkthrough) = current(state) {
                walkthrough.case = Some(name);
            }
            record_findings(state, effects);
        }
        CaseNews::Saved { name, entries, acts } => {
            let Some(open) = state.cases.by_name.get_mut(&name) else { return };
            open.entries.extend(entries);
            open.waiting.drain(..acts.min(open.waiting.len()));
            open.is_sound = None;
            open.fold(&author);
        }
        CaseNews::Failed { trouble, is_kept: true, .. } => state.cases.trouble = Some(trouble),
        CaseNews::Failed { name, .. } => {
            if let Some(open) = name.and_then(|name| state.cases.by_name.get_mut(&name)).filter(|open| !open.is_writable) {
                open.waiting.clear();
                open.fold(&author);
            }
        }
        CaseNews::Recovered => state.cases.trouble = None,
        CaseNews::Checked { name, faults } => {
            if let Some(open) = state.cases.by_name.get_mut(&name) {
                open.is_sound = Some(faults.is_empty());
            }
        }
        CaseNews::Written { .. } => {}
    }
}

/// A report is written: of the case, what the open walkthrough found, and the buckets around it.
pub(super) fn report(state: &mut Investigation, format: &'static str, effects: &mut Vec<Effect>) {
    let Some(name) = worked_on(state) else { return };
    if format == BUNDLE {
        effects.push(Effect::Case(CaseJob::Bundle { case: name }));
        return;
    }
    let subject = state.cases.by_name.get(&name).and_then(|open| open.case.subject.clone());
    let walkthrough = state.trail.iter().rev().find_map(|visit| visit.walkthrough.as_ref());
    let wanted = subject.as_ref().map(|subject| subject.guide.as_str());
    let guide = state.guides.iter().find(|guide| Some(guide.id.as_str()) == wanted).or(state.guides.first());
    let Some(guide) = guide.map(|guide| guide.as_ref().clone()) else { return };
    let dossier = walkthrough.and_then(|walkthrough| walkthrough.dossier.value().cloned());
    let chart = state.trail.iter().rev().find_map(|visit| visit.destination.clone()).and_then(|destination| chart(state, &destination));
    effects.push(Effect::Case(CaseJob::Report { case: name, format, beside: Box::new(Beside { guide, dossier, chart }) }));
}

/// The buckets of a destination as they are on the board.
fn chart(state: &Investigation, destination: &Destination) -> Option<Chart> {
    let board = state.board()?;
    let bars = board.lane(destination)?.cells.filled().filter(|(_, cell)| cell.count > 0).map(|(place, cell)| Bar {
        start: board.at(place),
        known: cell.count.saturating_sub(cell.new),
        new: cell.new.min(cell.count),
        upper: cell.upper,
        score: cell.score,
    });
    Some(Chart::of(board.size, bars))
}
