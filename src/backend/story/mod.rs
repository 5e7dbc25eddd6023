//! A story as a backend: a scripted, seeded scenario that answers every question, live or at rest. For the
//! demo, for tests and for bug reports.
//!
//! The script tells what happens (`script`), the cast finds who is meant (`cast`), daily life (`routine`) and
//! incidents (`incident`) are played on the scene (`scene`), whose events lie in the same table that files are
//! read into. The story's time is the only clock: what has not happened yet is in no answer.

mod alert;
mod cast;
mod clock;
mod desk;
mod dice;
mod incident;
mod query_text;
mod routine;
mod scene;
mod script;
mod session;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use jiff::SignedDuration;
use serde_json::Value;

pub use clock::{Clock, RealClock};
pub use script::{Expect, Finding, Hint, Hops};

use super::local::table::{Table, TableBuilder};
use super::{Backend, BackendError};
use crate::domain::health::Place;
use crate::domain::{Alert, Completeness, Event, Kind, Range, Timestamp};
use crate::query::{Answer, Ask, Hit, Overview, Scope, SourceReport};
use crate::schema::Detected;
use crate::sigma::{Fields, RuleSet};
use cast::{Cast, wrong};
use scene::Scene;
use script::Script;

/// The story of the demo.
pub const DEMO: &str = include_str!("../../../fixtures/stories/demo.toml");

/// The longest story: history and what follows.
const LONGEST: SignedDuration = SignedDuration::from_hours(400 * 24);

/// A scripted scenario.
pub struct Story {
    title: String,
    table: Table,
    /// When and of which kind each event is, in time order.
    times: Vec<(Timestamp, Kind)>,
    start: Timestamp,
    end: Timestamp,
    /// Seconds of the story in one real second; `None` where everything has happened.
    speed: Option<f64>,
    clock: Box<dyn Clock>,
    expect: Expect,
}

impl Story {
    /// The demo: an ordinary fortnight, and then what happens while one watches.
    ///
    /// # Errors
    /// Where its events cannot be put into a table.
    pub fn demo(rules: &RuleSet, clock: Box<dyn Clock>) -> Result<Self, BackendError> {
        Self::open(DEMO, rules, clock)
    }

    /// Reads and plays a story file; programs that connect out are held against `rules`.
    ///
    /// # Errors
    /// Where the file is no story.
    pub fn open(text: &str, rules: &RuleSet, clock: Box<dyn Clock>) -> Result<Self, BackendError> {
        let script = Script::parse(text)?;
        let cast = Cast::of(&script)?;
        let step = script.step.seconds();
        let spelled = cast.parts.iter().map(|part| part.counts.len() as i64 * step).max().unwrap_or(0);
        let lasts = script.lasts.max(SignedDuration::from_secs(spelled));
        let before = SignedDuration::from_hours(24 * i64::from(script.days_before));
        if script.lasts.is_negative() || before.checked_add(lasts).is_none_or(|whole| whole > LONGEST) {
            return Err(wrong("it is longer than 400 days, or shorter than nothing".to_owned()));
        }
        let moment = |offset| script.start.checked_add(offset).map_err(|_| wrong("it leaves the calendar".to_owned()));
        let range = Range { from: moment(-before)?, to: moment(lasts)? };
        let mut scene = Scene::new(script.seed, &script.privileged);
        for part in &cast.parts {
            routine::play(part, range, script.seed, &mut scene);
            incident::play_counts(&part.place, &part.counts, script.start, step, &mut scene);
        }
        incident::play(&script, &cast, range, &mut scene)?;
        let events = scene.into_events();
        let times = events.iter().map(|event| (event.time, event.kind)).collect();
        let alerts = script.alert.iter().zip(1..).map(|(alert, number)| alert.alert(number, script.start)).collect::<Result<Vec<_>, _>>()?;
        let table = table(&script.title, &events, alerts, rules)?;
        let speed = script.replay.map(|replay| replay.speed);
        let story = Self { title: script.title, table, times, start: script.start, end: range.to, speed: None, clock, expect: script.expect };
        match speed {
            Some(speed) => story.at_speed(speed),
            None => Ok(story),
        }
    }

    /// Replays it so many times as fast as life.
    ///
    /// # Errors
    /// Where the speed is no number from 0 to 100,000.
    pub fn at_speed(mut self, speed: f64) -> Result<Self, BackendError> {
        if !(0.0..=100_000.0).contains(&speed) {
            return Err(wrong(format!("its speed {speed} does not lie between 0 and 100000")));
        }
        self.speed = Some(speed);
        Ok(self)
    }

    /// The same when all of it has happened.
    #[must_use]
    pub fn at_rest(mut self) -> Self {
        self.speed = None;
        self
    }

    /// What a detector must make of it.
    pub fn expect(&self) -> &Expect {
        &self.expect
    }

    /// The moment from which the script counts; a replay begins here.
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// The story's time.
    fn time(&self) -> Timestamp {
        let Some(speed) = self.speed else { return self.end };
        let told = SignedDuration::try_from_secs_f64(self.clock.elapsed().as_secs_f64() * speed).unwrap_or(SignedDuration::MAX);
        self.start.checked_add(told).unwrap_or(self.end).min(self.end)
    }

    fn overview(&self, now: Timestamp) -> Overview {
        let happened = self.times.partition_point(|(time, _)| *time < now);
        let happened = self.times.get(..happened).unwrap_or_default();
        let mut report = SourceReport::new(self.title.as_str().into(), "story");
        for (_, kind) in happened {
            *report.kinds.entry(kind.name()).or_default() += 1;
        }
        report.read = happened.len() as u64;
        report.schemas = BTreeMap::from([("story".to_owned(), report.read)]);
        report.notes.push("made up: no such network exists".to_owned());
        let extent = match (happened.first(), happened.last()) {
            (Some((first, _)), Some((last, _))) => Some(Range { from: *first, to: last.checked_add(SignedDuration::from_micros(1)).unwrap_or(*last) }),
            _ => None,
        };
        Overview {
            title: self.title.clone(),
            extent,
            is_live: self.speed.is_some(),
            delay: None,
            completeness: Completeness::whole(report.read),
            reports: vec![report],
        }
    }

    fn answer_now(&self, ask: &Ask) -> Result<Answer, BackendError> {
        let now = self.time();
        let mut ask = ask.clone();
        match &mut ask {
            Ask::Overview => return Ok(Answer::Overview(self.overview(now))),
            Ask::Alerts { .. } => {}
            Ask::Health { range } => *range = range.intersect(&Range { from: Timestamp::MIN, to: now }),
            Ask::Arrivals { scope, .. } | Ask::Tally { scope, .. } | Ask::Events { scope, .. } | Ask::Counts { scope, .. } | Ask::Hunt { scope, .. } => {
                until(scope, now);
            }
        }
        let mut answer = self.table.answer(&ask)?;
        if let Answer::Alerts(alerts) = &mut answer {
            // An alert may be about what has happened and yet not have been raised.
            alerts.alerts.retain(|alert| alert.raised <= now);
            for sight in &mut alerts.sights {
                "story".clone_into(&mut sight.place);
            }
        }
        if let Answer::Health(health) = &mut answer {
            (health.place, health.asked) = (Place::Story, now);
        }
        Ok(answer)
    }
}

impl Backend for Story {
    fn answer<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Answer, BackendError>> {
        Box::pin(async move { self.answer_now(ask) })
    }

    fn query_text(&self, ask: &Ask) -> String {
        query_text::of(ask)
    }

    fn now(&self) -> Timestamp {
        self.time()
    }
}

/// What has not happened yet is in no answer.
fn until(scope: &mut Scope, now: Timestamp) {
    scope.range = scope.range.intersect(&Range { from: Timestamp::MIN, to: now });
}

fn table(title: &str, events: &[Event], alerts: Vec<Alert>, rules: &RuleSet) -> Result<Table, BackendError> {
    let mut builder = TableBuilder::default();
    for rule in rules.rules() {
        builder.look_for(rule.id());
    }
    for event in events {
        builder.push(event);
        for place in rules.matches(&SysmonView(event)) {
            builder.push_hit(rules.id(place), Hit::from(event));
        }
    }
    for alert in alerts {
        builder.push_detected(Detected::Alert(Box::new(alert)), None);
    }
    builder.finish(title.to_owned(), Vec::new(), Completeness::whole(events.len() as u64))
}

/// A story's event in the names that Sigma rules use.
struct SysmonView<'a>(&'a Event);

impl Fields for SysmonView<'_> {
    fn field(&self, name: &str) -> Option<Value> {
        let event = self.0;
        let text = |foreign: &Option<crate::domain::Foreign>| foreign.as_ref().map(|text| Value::from(text.raw()));
        match name {
            "EventID" => event.code.map(Value::from),
            "Channel" => text(&event.channel),
            "Computer" => text(&event.host),
            "Initiated" => match event.kind {
                Kind::SysmonOut => Some(Value::from("true")),
                Kind::SysmonIn | Kind::SysmonInReversed => Some(Value::from("false")),
                _ => None,
            },
            "Image" => text(&event.process),
            "User" => text(&event.user),
            "SourceIp" => event.source.map(|address| Value::from(address.to_string())),
            "SourcePort" => event.source_port.map(Value::from),
            "DestinationIp" => event.destination.map(|address| Value::from(address.to_string())),
            "DestinationPort" => event.destination_port.map(Value::from),
            _ => None,
        }
    }
}
