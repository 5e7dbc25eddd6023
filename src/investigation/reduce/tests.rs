//! The flow of an investigation: epochs, live merge, freeze, failure, the trail.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::*;
use crate::domain::{Address, Arrival, Arrivals, BucketSize, Completeness, Destination, Endpoint, Range, Timestamp, Trouble};
use crate::investigation::{Epoch, Mark, Need, Period, Slot, Subject, Tab, board};
use crate::query::{Answer, Ask, Filter, Overview, Tally, TallyBy};

const NOW: &str = "2026-03-02T13:07:00Z";
const SOURCES: Slot = Slot::Visit(Need::Tally(TallyBy::Source));
const USERS: Slot = Slot::Visit(Need::Tally(TallyBy::User));

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn fresh() -> Investigation {
    let mut state = Investigation::new(at(NOW), Some(Period::Last(12)), BucketSize::Quarter, TimeZone::UTC, Vec::new());
    state.history_days = 30;
    state
}

fn overview(is_live: bool) -> Answer {
    let extent = Range { from: at("2026-01-01T00:00:00Z"), to: at(NOW) };
    Answer::Overview(Overview {
        title: "test".to_owned(),
        extent: Some(extent),
        is_live,
        delay: None,
        reports: Vec::new(),
        completeness: Completeness::whole(1),
    })
}

/// `sources` distinct sources at 10.0.0.5 in the bucket of each time.
fn arrivals(range: Range, rows: &[(&str, u32)]) -> Answer {
    let size = BucketSize::Quarter;
    let most = rows.iter().map(|row| row.1).max().unwrap_or(0);
    Answer::Arrivals(Arrivals {
        bucket: size,
        range,
        endpoints: vec![Endpoint { address: Address::clean("10.0.0.5"), host: None }],
        sources: (0..most).filter_map(|number| Address::clean(&format!("10.1.0.{}", number + 1))).collect(),
        rows: rows
            .iter()
            .flat_map(|(time, count)| (0..*count).map(move |source| Arrival { bucket: size.index(at(time).as_second()), endpoint: 0, source, events: 1 }))
            .collect(),
        completeness: Completeness::whole(1),
    })
}

fn asks(effects: &[Effect]) -> Vec<(Slot, Epoch, Ask)> {
    effects.iter().filter_map(|effect| if let Effect::Ask { slot, epoch, ask } = effect { Some((*slot, *epoch, ask.clone())) } else { None }).collect()
}

fn asked(effects: &[Effect], wanted: Slot) -> (Epoch, Ask) {
    asks(effects).into_iter().find(|(slot, ..)| *slot == wanted).map(|(_, epoch, ask)| (epoch, ask)).expect("asked")
}

fn range_of(ask: &Ask) -> Range {
    match ask {
        Ask::Arrivals { scope, .. } | Ask::Tally { scope, .. } | Ask::Events { scope, .. } => scope.range,
        _ => panic!("no range"),
    }
}

fn answer(state: &mut Investigation, slot: Slot, epoch: Epoch, answer: Answer) -> Vec<Effect> {
    reduce(state, Msg::Answered { slot, epoch, result: Ok(answer), took: Duration::from_millis(10) })
}

fn tick(state: &mut Investigation, now: &str, seconds: u64) -> Vec<Effect> {
    reduce(state, Msg::Tick { now: at(now), uptime: Duration::from_secs(seconds) })
}

/// Carries out what is to be counted or judged.
fn compute(state: &mut Investigation, effects: Vec<Effect>) -> Vec<Effect> {
    let mut rest = Vec::new();
    for effect in effects {
        let (slot, epoch, board) = match effect {
            Effect::Count { epoch, arrivals, size, range, known_from } => (Slot::Count, epoch, board::count(&arrivals, size, range, known_from)),
            Effect::Detect { epoch, arrivals, plan, known_from } => {
                (Slot::Detection, epoch, board::judge(&arrivals, &plan, known_from, |_, _| Default::default()))
            }
            other => {
                rest.push(other);
                continue;
            }
        };
        rest.extend(reduce(state, Msg::Counted { slot, epoch, result: Ok(Arc::new(board)), took: Duration::ZERO }));
    }
    rest
}

/// Everything answered up to the first judged picture.
fn settled(is_live: bool) -> Investigation {
    let mut state = fresh();
    let effects = start(&mut state);
    let (epoch, _) = asked(&effects, Slot::Overview);
    let effects = answer(&mut state, Slot::Overview, epoch, overview(is_live));
    let (epoch, ask) = asked(&effects, Slot::Arrivals);
    let effects = answer(&mut state, Slot::Arrivals, epoch, arrivals(range_of(&ask), &[("2026-03-02T12:30:00Z", 3), ("2026-03-02T13:00:00Z", 2)]));
    let effects = compute(&mut state, effects);
    let (epoch, ask) = asked(&effects, Slot::History);
    let effects = answer(&mut state, Slot::History, epoch, arrivals(range_of(&ask), &[("2026-02-20T12:30:00Z", 1)]));
    let effects = compute(&mut state, effects);
    assert!(asks(&effects).is_empty());
    state
}

fn counts(state: &Investigation) -> Vec<u32> {
    state.board().map(|board| board.lanes[0].cells.filled().map(|(_, cell)| cell.count).filter(|count| *count > 0).collect()).unwrap_or_default()
}

fn destination(state: &Investigation) -> Arc<Destination> {
    Arc::clone(&state.board().expect("a board").lanes[0].destination)
}

#[test]
fn the_shown_range_comes_first_then_its_history() {
    let mut state = fresh();
    let effects = start(&mut state);
    let (epoch, _) = asked(&effects, Slot::Overview);
    let effects = answer(&mut state, Slot::Overview, epoch, overview(false));
    let (epoch, ask) = asked(&effects, Slot::Arrivals);
    // Widened to six hours, so that the widest bucket is whole.
    assert_eq!(range_of(&ask), Range { from: at("2026-03-02T00:00:00Z"), to: at("2026-03-02T13:15:00Z") });
    let effects = answer(&mut state, Slot::Arrivals, epoch, arrivals(range_of(&ask), &[("2026-03-02T12:30:00Z", 3)]));
    let (_, ask) = asked(&effects, Slot::History);
    assert_eq!(range_of(&ask), Range { from: at("2026-01-31T00:00:00Z"), to: at("2026-03-02T00:00:00Z") });
    let effects = compute(&mut state, effects);
    assert_eq!(counts(&state), [3]);
    assert!(!state.board().expect("a board").is_judged);
    let (epoch, ask) = asked(&effects, Slot::History);
    let effects = answer(&mut state, Slot::History, epoch, arrivals(range_of(&ask), &[]));
    compute(&mut state, effects);
    assert!(state.board().expect("a board").is_judged);
}

#[test]
fn an_answer_to_an_older_question_is_dropped() {
    let mut state = fresh();
    let effects = start(&mut state);
    let (epoch, _) = asked(&effects, Slot::Overview);
    let effects = answer(&mut state, Slot::Overview, epoch, overview(false));
    let (old, ask) = asked(&effects, Slot::Arrivals);
    let effects = reduce(&mut state, Msg::PeriodChosen(Period::Last(1)));
    let (new, _) = asked(&effects, Slot::Arrivals);
    assert!(new > old);
    let effects = answer(&mut state, Slot::Arrivals, old, arrivals(range_of(&ask), &[("2026-03-02T12:30:00Z", 3)]));
    assert!(effects.is_empty());
    assert!(state.arrivals.value().is_none());
}

#[test]
fn a_live_tick_asks_the_young_buckets_and_raises_old_ones() {
    let mut state = settled(true);
    assert!(asks(&tick(&mut state, NOW, 1)).is_empty(), "not before two seconds");
    let effects = tick(&mut state, "2026-03-02T13:16:00Z", 2);
    let (epoch, ask) = asked(&effects, Slot::Live);
    // The bucket before the last answer, the one that was open then, and what has begun since.
    assert_eq!(range_of(&ask), Range { from: at("2026-03-02T12:45:00Z"), to: at("2026-03-02T13:30:00Z") });
    assert!(asks(&tick(&mut state, "2026-03-02T13:16:02Z", 9)).is_empty(), "one question at a time");
    let news = arrivals(range_of(&ask), &[("2026-03-02T12:45:00Z", 5), ("2026-03-02T13:15:00Z", 1)]);
    let effects = reduce(&mut state, Msg::Answered { slot: Slot::Live, epoch, result: Ok(news), took: Duration::from_secs(3) });
    compute(&mut state, effects);
    assert_eq!(counts(&state), [3, 5, 1], "raised, and lowered to nothing");
    assert_eq!(state.range.to, at("2026-03-02T13:30:00Z"));
    assert_eq!(state.arrivals.value().map(|arrivals| arrivals.range.from), Some(at("2026-01-31T00:00:00Z")));
    assert!(asks(&tick(&mut state, "2026-03-02T13:16:30Z", 23)).is_empty(), "a slow backend is asked less: five times what it took");
    assert!(!asks(&tick(&mut state, "2026-03-02T13:16:31Z", 24)).is_empty());
}

/// The picture of [`settled`], seven minutes on, after this answer to the live question.
fn live_answer(state: &mut Investigation, rows: &[(&str, u32)]) -> Vec<Effect> {
    let (epoch, ask) = asked(&tick(state, "2026-03-02T13:14:00Z", 5), Slot::Live);
    let effects = answer(state, Slot::Live, epoch, arrivals(range_of(&ask), rows));
    compute(state, effects)
}

#[test]
fn a_live_question_reaches_back_as_far_as_events_come_late() {
    for (minutes, from) in [(0, "2026-03-02T12:45:00Z"), (40, "2026-03-02T12:15:00Z"), (3000, "2026-03-02T07:00:00Z")] {
        let mut state = settled(true);
        let mut kept = state.overview.value().cloned().expect("an overview");
        kept.delay = Some(minutes * 60);
        let epoch = state.epoch.advance();
        state.overview.begin(epoch, None, true);
        state.overview.finish(epoch, Ok((Arc::new(kept), Completeness::whole(0))), at(NOW));
        let (_, ask) = asked(&tick(&mut state, NOW, 5), Slot::Live);
        assert_eq!(range_of(&ask).from, at(from), "{minutes} minutes");
    }
}

#[test]
fn a_sweep_now_and_then_looks_further_back() {
    let mut state = settled(true);
    let (epoch, ask) = asked(&tick(&mut state, NOW, 119), Slot::Live);
    assert_eq!(range_of(&ask).from, at("2026-03-02T12:45:00Z"));
    answer(&mut state, Slot::Live, epoch, arrivals(range_of(&ask), &[]));
    let (epoch, ask) = asked(&tick(&mut state, NOW, 122), Slot::Live);
    assert_eq!(range_of(&ask).from, at("2026-03-02T07:00:00Z"));
    answer(&mut state, Slot::Live, epoch, arrivals(range_of(&ask), &[]));
    let (_, ask) = asked(&tick(&mut state, NOW, 150), Slot::Live);
    assert_eq!(range_of(&ask).from, at("2026-03-02T12:45:00Z"));
}

#[test]
fn what_came_late_is_marked_and_told_once() {
    let mut state = settled(true);
    live_answer(&mut state, &[("2026-03-02T12:45:00Z", 2), ("2026-03-02T13:00:00Z", 4)]);
    let quarter = |from: &str| Range { from: at(from), to: at(from).checked_add(jiff::SignedDuration::from_mins(15)).expect("a time") };
    let server = destination(&state);
    let late = state.late.of(&server, quarter("2026-03-02T12:45:00Z")).expect("late");
    assert_eq!((late.events, late.sources, late.at), (2, 2, at("2026-03-02T13:14:00Z")));
    assert_eq!(state.late.of(&server, quarter("2026-03-02T13:00:00Z")), None, "this one was open");
    assert_eq!(state.late.take_news().as_deref(), Some("came late: 2 events, 2 more sources raised 12:45 at 10.0.0.5"));
    reduce(&mut state, Msg::RefreshWanted);
    assert_eq!(state.late.of(&server, quarter("2026-03-02T12:45:00Z")), None, "asked again, nothing of it is news");
}

#[test]
fn a_partial_live_answer_lowers_nothing_and_what_follows_is_not_late() {
    let mut state = settled(true);
    let (epoch, ask) = asked(&tick(&mut state, "2026-03-02T13:14:00Z", 5), Slot::Live);
    let Answer::Arrivals(mut news) = arrivals(range_of(&ask), &[("2026-03-02T13:00:00Z", 1)]) else { panic!("arrivals") };
    news.completeness.timed_out = true;
    let effects = answer(&mut state, Slot::Live, epoch, Answer::Arrivals(news));
    compute(&mut state, effects);
    assert_eq!(counts(&state), [3, 2]);
    let (epoch, ask) = asked(&tick(&mut state, "2026-03-02T13:16:00Z", 60), Slot::Live);
    let effects = answer(&mut state, Slot::Live, epoch, arrivals(range_of(&ask), &[("2026-03-02T12:45:00Z", 1), ("2026-03-02T13:00:00Z", 2)]));
    compute(&mut state, effects);
    assert_eq!(counts(&state), [3, 1, 2]);
    assert_eq!(state.late.take_news(), None);
}

#[test]
fn only_the_open_table_follows_and_one_question_at_a_time() {
    let mut state = settled(true);
    let server = destination(&state);
    let effects = reduce(&mut state, Msg::Visited(server));
    let tally = || Answer::Tally(Tally { rows: Vec::new(), without: 0, completeness: Completeness::whole(0) });
    for (slot, epoch, _) in asks(&effects) {
        answer(&mut state, slot, epoch, tally());
    }
    let same = [("2026-03-02T13:00:00Z", 2)];
    assert!(asks(&live_answer(&mut state, &same)).is_empty(), "nothing new here");
    let (epoch, ask) = asked(&tick(&mut state, "2026-03-02T13:14:10Z", 15), Slot::Live);
    let effects = answer(&mut state, Slot::Live, epoch, arrivals(range_of(&ask), &[("2026-03-02T13:00:00Z", 7)]));
    let effects = compute(&mut state, effects);
    let [(SOURCES, epoch, _)] = asks(&effects)[..] else { panic!("{effects:?}") };
    assert!(asks(&tick(&mut state, "2026-03-02T13:14:30Z", 35)).is_empty(), "the table first");
    reduce(&mut state, Msg::Answered { slot: SOURCES, epoch, result: Ok(tally()), took: Duration::from_secs(4) });
    assert!(asks(&tick(&mut state, "2026-03-02T13:14:50Z", 54)).is_empty(), "a fifth of the time at most");
    assert!(!asks(&tick(&mut state, "2026-03-02T13:14:51Z", 56)).is_empty());
    let effects = reduce(&mut state, Msg::TabOpened(Tab::Users));
    assert_eq!(asks(&effects).iter().map(|(slot, ..)| *slot).collect::<Vec<_>>(), [USERS, Slot::Visit(Need::Evidence)], "the others when they are opened");
}

#[test]
fn freezing_stops_the_table_too() {
    let mut state = settled(true);
    let server = destination(&state);
    let effects = reduce(&mut state, Msg::Visited(server));
    let tally = |without| Answer::Tally(Tally { rows: Vec::new(), without, completeness: Completeness::whole(0) });
    for (slot, epoch, _) in asks(&effects) {
        answer(&mut state, slot, epoch, tally(1));
    }
    let (epoch, _) = asked(&live_answer(&mut state, &[("2026-03-02T13:00:00Z", 7)]), SOURCES);
    let effects = reduce(&mut state, Msg::FreezeToggled);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Abort(SOURCES))));
    answer(&mut state, SOURCES, epoch, tally(2));
    assert_eq!(state.visit().and_then(|visit| visit.tally(TallyBy::Source)).map(|tally| tally.without), Some(1));
}

#[test]
fn a_first_question_that_fails_is_asked_again_by_itself_ever_later() {
    let mut state = fresh();
    let effects = start(&mut state);
    let (mut epoch, _) = asked(&effects, Slot::Overview);
    let mut seconds = 0;
    let mut pauses = Vec::new();
    for _ in 0..6 {
        let trouble = Trouble { what: "could not reach the cluster".to_owned(), advice: None };
        reduce(&mut state, Msg::Answered { slot: Slot::Overview, epoch, result: Err(trouble), took: Duration::from_secs(1) });
        let asked_at = seconds;
        epoch = loop {
            seconds += 1;
            assert!(state.due().is_some() && seconds < 1000);
            if let Some((_, epoch, _)) = asks(&tick(&mut state, NOW, seconds)).first() {
                break *epoch;
            }
        };
        pauses.push(seconds - asked_at);
    }
    assert_eq!(pauses, [5, 8, 16, 32, 60, 60]);
    let effects = answer(&mut state, Slot::Overview, epoch, overview(true));
    let (epoch, _) = asked(&effects, Slot::Arrivals);
    let trouble = Trouble { what: "could not reach the cluster".to_owned(), advice: None };
    reduce(&mut state, Msg::Answered { slot: Slot::Arrivals, epoch, result: Err(trouble), took: Duration::ZERO });
    assert!(asks(&tick(&mut state, NOW, seconds + 3)).is_empty());
    asked(&tick(&mut state, NOW, seconds + 4), Slot::Arrivals);
}

#[test]
fn history_that_failed_is_asked_again() {
    let mut state = fresh();
    let effects = start(&mut state);
    let (epoch, _) = asked(&effects, Slot::Overview);
    let effects = answer(&mut state, Slot::Overview, epoch, overview(false));
    let (epoch, ask) = asked(&effects, Slot::Arrivals);
    let effects = answer(&mut state, Slot::Arrivals, epoch, arrivals(range_of(&ask), &[("2026-03-02T12:30:00Z", 3)]));
    let (epoch, _) = asked(&effects, Slot::History);
    let trouble = Trouble { what: "could not read the history".to_owned(), advice: None };
    let effects = reduce(&mut state, Msg::Answered { slot: Slot::History, epoch, result: Err(trouble), took: Duration::ZERO });
    compute(&mut state, effects);
    assert!(asks(&tick(&mut state, NOW, 59)).is_empty());
    let (epoch, ask) = asked(&tick(&mut state, NOW, 60), Slot::History);
    let effects = answer(&mut state, Slot::History, epoch, arrivals(range_of(&ask), &[]));
    assert!(matches!(effects.as_slice(), [Effect::Detect { .. }]), "{effects:?}");
}

#[test]
fn files_are_shown_whole_unless_a_range_was_chosen() {
    for (is_live, period) in [(false, Period::All), (true, Period::Last(12))] {
        let mut state = Investigation::new(at(NOW), None, BucketSize::Quarter, TimeZone::UTC, Vec::new());
        let effects = start(&mut state);
        let (epoch, _) = asked(&effects, Slot::Overview);
        answer(&mut state, Slot::Overview, epoch, overview(is_live));
        assert_eq!(state.period, period);
    }
}

#[test]
fn files_are_not_asked_again() {
    let mut state = settled(false);
    assert!(tick(&mut state, NOW, 100).is_empty());
}

#[test]
fn a_failure_keeps_the_picture() {
    let mut state = settled(true);
    let effects = tick(&mut state, "2026-03-02T13:08:00Z", 5);
    let (epoch, _) = asked(&effects, Slot::Live);
    let trouble = Trouble { what: "could not reach the cluster".to_owned(), advice: None };
    reduce(&mut state, Msg::Answered { slot: Slot::Live, epoch, result: Err(trouble), took: Duration::from_secs(1) });
    assert_eq!(counts(&state), [3, 2]);
    assert_eq!(state.arrivals.load.trouble().map(|trouble| trouble.what.as_str()), Some("could not reach the cluster"));
    assert_eq!(state.age().map(|age| age.as_secs()), Some(60));
    let (epoch, ask) = asked(&tick(&mut state, "2026-03-02T13:09:00Z", 60), Slot::Live);
    let effects = answer(&mut state, Slot::Live, epoch, arrivals(range_of(&ask), &[("2026-03-02T12:30:00Z", 3), ("2026-03-02T13:00:00Z", 2)]));
    assert!(effects.is_empty(), "nothing new, nothing judged again");
    assert!(state.arrivals.load.trouble().is_none());
}

#[test]
fn buckets_answered_in_part_are_asked_again() {
    let mut state = settled(true);
    let (epoch, ask) = asked(&tick(&mut state, "2026-03-02T13:08:00Z", 5), Slot::Live);
    let Answer::Arrivals(mut news) = arrivals(range_of(&ask), &[]) else { panic!("arrivals") };
    news.completeness.timed_out = true;
    let effects = answer(&mut state, Slot::Live, epoch, Answer::Arrivals(news));
    compute(&mut state, effects);
    assert!(state.completeness().is_some_and(|completeness| completeness.timed_out));
    let (_, again) = asked(&tick(&mut state, "2026-03-02T15:00:00Z", 60), Slot::Live);
    assert_eq!(range_of(&again).from, range_of(&ask).from);
}

#[test]
fn a_frozen_picture_stands_still() {
    let mut state = settled(true);
    let (epoch, ask) = asked(&tick(&mut state, "2026-03-02T13:08:00Z", 5), Slot::Live);
    let effects = reduce(&mut state, Msg::FreezeToggled);
    assert!(matches!(effects.as_slice(), [Effect::Abort(Slot::Live), ..]));
    assert_eq!(state.frozen, Some(at("2026-03-02T13:08:00Z")));
    answer(&mut state, Slot::Live, epoch, arrivals(range_of(&ask), &[("2026-03-02T12:30:00Z", 9)]));
    assert_eq!(counts(&state), [3, 2]);
    assert!(tick(&mut state, "2026-03-02T13:30:00Z", 500).is_empty());
    reduce(&mut state, Msg::FreezeToggled);
    state.swept = Duration::from_secs(400);
    let (_, ask) = asked(&tick(&mut state, "2026-03-02T14:30:00Z", 501), Slot::Live);
    assert_eq!(range_of(&ask), Range { from: at("2026-03-02T12:45:00Z"), to: at("2026-03-02T14:45:00Z") }, "the gap is asked too, and no more");
}

#[test]
fn another_bucket_size_asks_nothing_new() {
    let mut state = settled(false);
    let effects = reduce(&mut state, Msg::BucketSizeChanged);
    assert!(asks(&effects).is_empty());
    compute(&mut state, effects);
    assert_eq!(state.size, BucketSize::Hour);
    assert_eq!(counts(&state), [3, 2]);
    let effects = reduce(&mut state, Msg::BucketSizeChanged);
    compute(&mut state, effects);
    assert_eq!(counts(&state), [3], "the same sources in one bucket of six hours");
    assert_eq!(state.range.from, at("2026-03-02T00:00:00Z"));
}

#[test]
fn the_tables_follow_a_cursor_at_rest() {
    let mut state = settled(false);
    let destination = destination(&state);
    let effects = reduce(&mut state, Msg::Visited(destination));
    let (_, ask) = asked(&effects, SOURCES);
    assert_eq!(range_of(&ask), state.range, "first the whole range");
    assert_eq!(state.visit().map(|visit| visit.cursor), Some(at("2026-03-02T12:30:00Z")), "on the worst bucket");
    assert!(reduce(&mut state, Msg::CursorMoved(1)).is_empty());
    assert!(reduce(&mut state, Msg::CursorMoved(1)).is_empty());
    let effects = reduce(&mut state, Msg::Tick { now: at(NOW), uptime: Duration::from_millis(200) });
    let (_, ask) = asked(&effects, SOURCES);
    assert_eq!(range_of(&ask), Range { from: at("2026-03-02T13:00:00Z"), to: at("2026-03-02T13:15:00Z") });
    assert_eq!(asks(&effects).len(), 3, "sources, users and the evidence, once each");
    reduce(&mut state, Msg::Brushed);
    reduce(&mut state, Msg::CursorMoved(-2));
    let (_, ask) = asked(&tick(&mut state, NOW, 9), USERS);
    assert_eq!(range_of(&ask), Range { from: at("2026-03-02T12:30:00Z"), to: at("2026-03-02T13:15:00Z") }, "the brushed range");
}

#[test]
fn going_back_finds_everything_as_it_was() {
    let mut state = settled(false);
    let destination = destination(&state);
    let effects = reduce(&mut state, Msg::Visited(destination));
    let tally = || Answer::Tally(Tally { rows: Vec::new(), without: 7, completeness: Completeness::whole(7) });
    for (slot, epoch, _) in asks(&effects) {
        answer(&mut state, slot, epoch, tally());
    }
    let effects = reduce(&mut state, Msg::Opened(Subject::Source(Address::clean("10.1.0.1").expect("an address"))));
    let (epoch, ask) = asked(&effects, USERS);
    assert!(matches!(&ask, Ask::Tally { scope, .. } if scope.source == Address::clean("10.1.0.1")));
    assert!(matches!(&ask, Ask::Tally { scope, .. } if scope.destination.is_none()), "a source is looked at from its own side");
    assert_eq!(state.visit().map(|visit| visit.tab), Some(Tab::Destinations));
    let effects = reduce(&mut state, Msg::Left);
    assert!(asks(&effects).is_empty(), "the tables are still here");
    assert_eq!(state.visit().and_then(|visit| visit.tally(TallyBy::Source)).map(|tally| tally.without), Some(7));
    answer(&mut state, USERS, epoch, Answer::Tally(Tally { rows: Vec::new(), without: 1, completeness: Completeness::whole(1) }));
    assert_eq!(
        state.visit().and_then(|visit| visit.tally(TallyBy::User)).map(|tally| tally.without),
        Some(7),
        "an answer for the place that was left is dropped"
    );
    reduce(&mut state, Msg::Left);
    assert!(state.visit().is_none());
}

#[test]
fn a_destination_of_a_page_is_narrowed_to_what_the_page_is_about() {
    let mut state = settled(false);
    let destination = destination(&state);
    reduce(&mut state, Msg::Visited(Arc::clone(&destination)));
    reduce(&mut state, Msg::CursorMoved(1));
    let source = Subject::Source(Address::clean("10.1.0.1").expect("an address"));
    reduce(&mut state, Msg::Opened(source.clone()));
    assert!(reduce(&mut state, Msg::Opened(source)).is_empty(), "it is here already");
    let effects = reduce(&mut state, Msg::Opened(Subject::Destination(destination)));
    let (_, ask) = asked(&effects, USERS);
    assert!(matches!(&ask, Ask::Tally { scope, .. } if scope.source == Address::clean("10.1.0.1") && scope.destination.is_some()));
    let bucket = state.visit().map(|visit| visit.focus(state.range, state.size).range());
    assert_eq!(bucket, Some(Range { from: at("2026-03-02T12:45:00Z"), to: at("2026-03-02T13:00:00Z") }), "the chosen bucket comes along");
    assert_eq!(state.trail_label(), "10.0.0.5 > source 10.1.0.1 > 10.0.0.5, source 10.1.0.1");
}

#[test]
fn marks_stay_with_the_investigation() {
    let mut state = settled(false);
    let range = state.range;
    let mark = |name: &str| Mark { subject: Subject::User(name.into()), line: name.to_owned(), trail: String::new(), range, at: at(NOW) };
    reduce(&mut state, Msg::Marked(mark("kim")));
    reduce(&mut state, Msg::Marked(mark("lee")));
    let place = destination(&state);
    reduce(&mut state, Msg::Visited(place));
    reduce(&mut state, Msg::Left);
    reduce(&mut state, Msg::Marked(mark("kim")));
    assert_eq!(state.marks, [mark("lee")], "marking again takes the mark away");
}

#[test]
fn a_filter_is_part_of_every_question() {
    let mut state = settled(false);
    let effects = reduce(&mut state, Msg::FilterSet { text: String::new(), filter: Filter::Everything });
    let (_, ask) = asked(&effects, Slot::Arrivals);
    assert!(matches!(ask, Ask::Arrivals { scope, .. } if scope.filter == Filter::Everything));
    assert!(state.board().is_none(), "the old picture was about something else");
}

#[test]
fn zoom_goes_in_and_out_again() {
    let mut state = settled(false);
    let destination = destination(&state);
    reduce(&mut state, Msg::Visited(destination));
    let whole = state.range;
    for _ in 0..20 {
        reduce(&mut state, Msg::Zoomed { is_in: true });
    }
    let window = state.visit().expect("a visit").window(whole);
    assert_eq!(window.to.duration_since(window.from).as_secs(), 4 * 900);
    for _ in 0..20 {
        reduce(&mut state, Msg::Zoomed { is_in: false });
    }
    assert_eq!(state.visit().expect("a visit").window(whole), whole);
}

#[test]
fn history_that_takes_too_long_is_given_up_and_the_detector_goes_without() {
    let mut state = fresh();
    let effects = start(&mut state);
    let (epoch, _) = asked(&effects, Slot::Overview);
    let effects = answer(&mut state, Slot::Overview, epoch, overview(true));
    let (epoch, ask) = asked(&effects, Slot::Arrivals);
    let effects = answer(&mut state, Slot::Arrivals, epoch, arrivals(range_of(&ask), &[("2026-03-02T12:30:00Z", 3)]));
    let (epoch, _) = asked(&effects, Slot::History);
    _ = compute(&mut state, effects);
    let effects = reduce(&mut state, Msg::TaskStopped(Slot::History));
    assert!(matches!(effects.as_slice(), [Effect::Abort(Slot::History)]), "{effects:?}");
    let range = state.range;
    let late = answer(&mut state, Slot::History, epoch, arrivals(range, &[]));
    assert!(late.is_empty(), "what was given up comes in after all: {late:?}");
    let next = tick(&mut state, NOW, 1);
    assert!(next.iter().any(|effect| matches!(effect, Effect::Detect { .. })), "{next:?}");
    assert!(asks(&next).iter().all(|(slot, ..)| *slot != Slot::History));
}

#[test]
fn what_has_no_picture_yet_says_that_it_was_given_up() {
    let mut state = fresh();
    let effects = start(&mut state);
    let (epoch, _) = asked(&effects, Slot::Overview);
    let effects = answer(&mut state, Slot::Overview, epoch, overview(true));
    assert!(!asks(&effects).is_empty());
    _ = reduce(&mut state, Msg::TaskStopped(Slot::Arrivals));
    assert_eq!(state.arrivals.load.trouble().and_then(|trouble| trouble.advice.as_deref()), Some("r asks again"));
    let idle = tick(&mut state, NOW, 5);
    assert!(asks(&idle).is_empty(), "{idle:?}");
    assert!(asks(&reduce(&mut state, Msg::RefreshWanted)).iter().any(|(slot, ..)| *slot == Slot::Arrivals));
}
