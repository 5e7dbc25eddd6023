//! The walkthrough: asking what its steps need, taking the answers in, weighing, and asking again.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use super::case;
use crate::domain::finding::Standing;
use crate::domain::{Completeness, Destination, Range, Timestamp, Trouble, Verdict};
use crate::evidence::{Answered, Dossier, Inquiry, Question, episode};
use crate::investigation::visit::Visit;
use crate::investigation::walkthrough::Walkthrough;
use crate::investigation::{Effect, Epoch, Investigation, Page, Progress, Slot};
use crate::query::{Answer, Ask};
use crate::sigma::RuleSet;

/// Opens the walkthrough of a destination: for a range, or for its worst episode.
pub(super) fn open(state: &mut Investigation, destination: Arc<Destination>, range: Option<Range>, effects: &mut Vec<Effect>) {
    let Some(guide) = state.guides.first().cloned() else { return };
    let whole = state.board().and_then(|board| board.lane(&destination)).map_or(destination, |lane| Arc::clone(&lane.destination));
    let verdicts = verdicts(state, &whole);
    let range = range.unwrap_or_else(|| episode(&verdicts, state.range, state.size, busiest(state, &whole)));
    let inquiry = Inquiry {
        destination: Arc::clone(&whole),
        range,
        filter: state.filter.clone(),
        history_days: state.history_days,
        size: state.size,
        zone: state.zones.first().cloned().unwrap_or_else(|| state.zone.clone()),
        verdicts,
        rules: Arc::new(RuleSet::built_in()),
    };
    let cursor = state.size.start(range.from);
    let mut visit = Visit::of(Page::Walkthrough, cursor);
    visit.destination = Some(Arc::clone(&whole));
    visit.brush = Some(range);
    let mut walkthrough = Walkthrough::new(guide, inquiry, state.now);
    put_arrivals(state, &mut walkthrough);
    visit.walkthrough = Some(Box::new(walkthrough));
    super::walk::enter(state, visit, effects);
    case::open(state, effects);
    ask(state, effects);
    weigh(state, effects);
}

/// The busiest bucket, where nothing is judged yet: the worst episode is not known.
fn busiest(state: &Investigation, destination: &Destination) -> Option<Timestamp> {
    let board = state.board().filter(|board| !board.is_judged)?;
    board.lane(destination)?.worst().map(|place| board.at(place))
}

/// The arrivals that the screens have need not be asked for, where they reach back far enough.
fn put_arrivals(state: &Investigation, walkthrough: &mut Walkthrough) {
    let Some(arrivals) = state.shared_arrivals().filter(|_| !state.history.load.is_loading() && !state.arrivals.load.is_loading()) else { return };
    if arrivals.range.from > walkthrough.inquiry.range.from || arrivals.range.to < walkthrough.inquiry.range.to {
        return;
    }
    let body = |ask: &Option<Ask>| ask.as_ref().map(|ask| state.worded(ask)).unwrap_or_default();
    let text = [body(&state.history.ask), body(&state.arrivals.ask)].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n");
    let query = Answered::new(&state.place(), text, 0, Ok(Arc::new(Answer::Arrivals((*arrivals).clone())))).query;
    walkthrough.answers.put_arrivals(arrivals, query);
}

/// What the detector said of a destination, as far as the board shows it.
fn verdicts(state: &Investigation, destination: &Destination) -> Vec<Verdict> {
    let Some(board) = state.board() else { return Vec::new() };
    let cells = board.lane(destination).into_iter().flat_map(|lane| lane.cells.filled());
    let verdict = |(place, cell): (usize, &crate::investigation::Cell)| Verdict {
        destination: 0,
        start: board.at(place),
        count: cell.count,
        new: cell.new,
        typical: cell.typical,
        upper: cell.upper,
        score: cell.score,
        reason: cell.reason.as_deref().unwrap_or_default().to_owned(),
        standing: cell.standing.unwrap_or(Standing::Judged),
        cross: cell.cross,
        why: cell.why.clone(),
    };
    cells.filter(|(_, cell)| cell.count > 0).map(verdict).collect()
}

/// Asks what can be asked and is not on its way.
fn ask(state: &mut Investigation, effects: &mut Vec<Effect>) {
    let epochs = &mut state.epoch;
    let Some(walkthrough) = state.trail.iter_mut().rev().find_map(|visit| visit.walkthrough.as_mut()) else { return };
    for (question, ask) in walkthrough.inquiry.due(&walkthrough.answers) {
        if walkthrough.running.contains_key(&question) {
            continue;
        }
        let epoch = epochs.advance();
        walkthrough.running.insert(question, (epoch, None));
        effects.push(Effect::Ask { slot: Slot::Walk(question), epoch, ask });
    }
}

/// The walkthrough that is open, be it below other pages.
pub(super) fn current(state: &mut Investigation) -> Option<&mut Walkthrough> {
    state.trail.iter_mut().rev().find_map(|visit| visit.walkthrough.as_deref_mut())
}

/// A question has got so far.
pub(super) fn progressed(state: &mut Investigation, question: Question, epoch: Epoch, progress: Progress) {
    if let Some((known, place)) = current(state).and_then(|walkthrough| walkthrough.running.get_mut(&question))
        && *known == epoch
    {
        *place = Some(progress);
    }
}

/// A question was answered.
pub(super) fn answered(
    state: &mut Investigation,
    question: Question,
    epoch: Epoch,
    result: Result<Answer, Trouble>,
    took: Duration,
    effects: &mut Vec<Effect>,
) {
    let place = state.place();
    let asked = {
        let Some(walkthrough) = current(state) else { return };
        if walkthrough.running.get(&question).is_none_or(|(known, _)| *known != epoch) {
            return;
        }
        walkthrough.running.remove(&question);
        walkthrough.inquiry.ask(question, &walkthrough.answers)
    };
    let body = asked.as_ref().map(|ask| state.worded(ask)).unwrap_or_default();
    let answered = Answered::new(&place, body, u64::try_from(took.as_millis()).unwrap_or(u64::MAX), result.map(Arc::new));
    if let Some(walkthrough) = current(state) {
        walkthrough.answers.put(question, answered);
    }
    ask(state, effects);
    weigh(state, effects);
}

/// Weighs what is here, off the loop.
fn weigh(state: &mut Investigation, effects: &mut Vec<Effect>) {
    let epochs = &mut state.epoch;
    let Some(walkthrough) = state.trail.iter_mut().rev().find_map(|visit| visit.walkthrough.as_mut()) else { return };
    // What comes in while it is weighed is weighed afterwards, all of it at once.
    if walkthrough.answers.done() == 0 || walkthrough.dossier.load.is_loading() {
        return;
    }
    walkthrough.weighed = walkthrough.answers.done();
    let epoch = epochs.advance();
    walkthrough.dossier.begin(epoch, None, true);
    effects.push(Effect::Weigh {
        epoch,
        guide: Arc::clone(&walkthrough.guide),
        inquiry: Arc::clone(&walkthrough.inquiry),
        answers: Box::new(walkthrough.answers.clone()),
    });
}

/// It is weighed.
pub(super) fn weighed(state: &mut Investigation, epoch: Epoch, result: Result<Arc<Dossier>, Trouble>, effects: &mut Vec<Effect>) {
    let now = state.now;
    let Some(walkthrough) = current(state) else { return };
    let completeness = result.as_ref().map_or_else(|_| Completeness::whole(0), |dossier| dossier.completeness.clone());
    if walkthrough.dossier.finish(epoch, result.map(|dossier| (dossier, completeness)), now) {
        let Some(walkthrough) = current(state) else { return };
        if walkthrough.weighed == walkthrough.answers.done() {
            case::record_findings(state, effects);
        } else {
            weigh(state, effects);
        }
    }
}

/// Asks everything again; what was found before stays to be compared with.
pub(super) fn again(state: &mut Investigation, effects: &mut Vec<Effect>) {
    let now = state.now;
    let Some(walkthrough) = current(state) else { return };
    let running: Vec<Question> = walkthrough.running.keys().copied().collect();
    effects.extend(running.into_iter().map(|question| Effect::Abort(Slot::Walk(question))));
    walkthrough.running.clear();
    if let Some(kept) = walkthrough.dossier.load.kept() {
        walkthrough.before = Some((walkthrough.asked_at, Arc::clone(&kept.value)));
    }
    for question in Question::ALL {
        walkthrough.answers.forget(*question);
    }
    walkthrough.asked_at = now;
    walkthrough.is_recorded = false;
    walkthrough.weighed = 0;
    // What is being weighed rests on answers of before.
    walkthrough.dossier.stop();
    let destination = Arc::clone(&walkthrough.inquiry.destination);
    let verdicts = verdicts(state, &destination);
    if let Some(walkthrough) = current(state) {
        let inquiry = Arc::make_mut(&mut walkthrough.inquiry);
        if !verdicts.is_empty() {
            inquiry.verdicts = verdicts;
        }
    }
    ask(state, effects);
}

/// The walkthrough is left: its questions end with it.
pub(super) fn left(walkthrough: &Walkthrough, effects: &mut Vec<Effect>) {
    effects.extend(walkthrough.running.keys().map(|question| Effect::Abort(Slot::Walk(*question))));
    effects.push(Effect::Abort(Slot::Weighing));
}

/// The range that a walkthrough is opened for, where the analyst has chosen one: the brushed range, or the bucket with those
/// anomalous ones that it neighbours.
pub(super) fn chosen(state: &Investigation) -> Option<(Arc<Destination>, Option<Range>)> {
    let visit = state.visit()?;
    let destination = Arc::clone(visit.destination.as_ref()?);
    if visit.brush.is_some() {
        return Some((destination, visit.brush));
    }
    let board = state.board()?;
    let lane = board.lane(&destination)?;
    let verdicts = verdicts(state, &lane.destination);
    let at = visit.cursor;
    let range = verdicts.iter().any(|verdict| verdict.start == at).then(|| episode(&verdicts, state.range, state.size, Some(at)));
    let bucket = Range { from: at, to: at.checked_add(SignedDuration::from_secs(state.size.seconds())).unwrap_or(Timestamp::MAX) };
    Some((destination, range.or_else(|| visit.is_moved.then_some(bucket))))
}

/// Opens the rows behind a step: the destination at the range, in the tab that the guide names.
pub(super) fn rows(state: &mut Investigation, tab: &str, effects: &mut Vec<Effect>) {
    let Some(walkthrough) = current(state) else { return };
    let (destination, range) = (Arc::clone(&walkthrough.inquiry.destination), walkthrough.inquiry.range);
    let mut visit = Visit::new(destination, state.size.start(range.from));
    visit.brush = Some(range);
    visit.is_moved = true;
    // A tab that is not there yet shows who came.
    visit.tab = visit.page.tabs().iter().copied().find(|known| known.name().eq_ignore_ascii_case(tab)).unwrap_or(visit.tab);
    super::walk::enter(state, visit, effects);
}

/// A question is given up: its steps cannot tell, and say why.
pub(super) fn give_up(state: &mut Investigation, question: Question, effects: &mut Vec<Effect>) {
    let Some((epoch, _)) = current(state).and_then(|walkthrough| walkthrough.running.get(&question).copied()) else { return };
    effects.push(Effect::Abort(Slot::Walk(question)));
    let trouble = Trouble { what: "given up before the answer came".to_owned(), advice: Some("r asks again".to_owned()) };
    answered(state, question, epoch, Err(trouble), Duration::ZERO, effects);
}
