//! What the data of a visited place tells together: worked out off the loop, drawn when it is here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::around::{Around, End, Root};
use super::past::{Past, past};
use crate::analysis::outbound::{Outbound, outbound_by_built_in};
use crate::analysis::processes::Process;
use crate::analysis::telltales::Telltale;
use crate::analysis::{Sessions, Visible, account, ladders_of, processes, sessions, telltales};
use crate::detect::{Relative, Wave, recurring, relatives};
use crate::domain::event::Vantage;
use crate::domain::stage::Ladder;
use crate::domain::{Address, Arrivals, BucketSize, By, Destination, Event, Family, Foreign, Kind, Range, Timestamp};
use crate::query::Answer;

/// What is to be studied.
#[derive(Clone, Debug)]
pub enum Matter {
    /// The events of a place; `known` are the kinds that exist in the data at all.
    Evidence {
        /// The answer that holds them.
        page: Arc<Answer>,
        /// What exists besides.
        known: Vec<Kind>,
        /// Where, if it is one destination: what that sent out is no visit of it.
        destination: Option<Arc<Destination>>,
    },
    /// The events around a place, for its hops.
    Hops {
        /// The answer that holds them.
        page: Arc<Answer>,
        /// The place.
        root: Root,
        /// What the question was about.
        asked: BTreeSet<End>,
        /// The stretch of time that is looked at.
        looked: Range,
    },
    /// What goes on beside one bucket of a destination.
    Beside {
        /// Everything that arrived.
        arrivals: Arc<Arrivals>,
        /// Where.
        destination: Arc<Destination>,
        /// The bucket.
        bucket: Range,
        /// Who arrived there.
        sources: Arc<[Address]>,
        /// Whose days and hours.
        zone: TimeZone,
    },
    /// What was usual at a destination.
    Past {
        /// Everything that arrived.
        arrivals: Arc<Arrivals>,
        /// Where.
        destination: Arc<Destination>,
        /// The shown range.
        shown: Range,
        /// Since when arrivals are known.
        known_from: Timestamp,
        /// Width of the buckets.
        size: BucketSize,
        /// Whose days and hours.
        zone: TimeZone,
    },
}

/// What came out.
#[derive(Clone, Debug)]
pub enum Study {
    /// Of [`Matter::Evidence`].
    Evidence(Box<Evidence>),
    /// Of [`Matter::Past`].
    Past(Box<Past>),
    /// Of [`Matter::Hops`].
    Hops(Box<Around>),
    /// Of [`Matter::Beside`].
    Beside(Box<Beside>),
}

/// What goes on beside one bucket of a destination.
#[derive(Clone, Debug)]
pub struct Beside {
    /// The bucket.
    pub bucket: Range,
    /// Recurring rounds that are due there and then.
    pub waves: Vec<Wave>,
    /// How far its sources reach, and whether anybody comes at this hour.
    pub relatives: Vec<Relative>,
}

impl Beside {
    /// Works it out of everything that arrived.
    pub fn of(arrivals: &Arrivals, by: By, destination: &Destination, bucket: Range, sources: &[Address], zone: &TimeZone) -> Self {
        let mut waves = recurring::waves(arrivals, by, zone, bucket.from);
        waves.retain(|wave| wave.is_at(bucket.from, zone) && wave.reaches(destination));
        let relatives = vec![relatives::fan_out(arrivals, by, sources, bucket.to), relatives::hour(arrivals, by, destination, bucket.from, zone)];
        Self { bucket, waves, relatives }
    }
}

impl Matter {
    /// Works it out.
    pub fn study(self) -> Study {
        match self {
            Self::Beside { arrivals, destination, bucket, sources, zone } => {
                Study::Beside(Box::new(Beside::of(&arrivals, By::Destination, &destination, bucket, &sources, &zone)))
            }
            Self::Evidence { page, known, destination } => Study::Evidence(Box::new(Evidence::of(page, known, destination.as_deref()))),
            Self::Hops { page, root, asked, looked } => Study::Hops(Box::new(Around::of(page, &root, &asked, looked))),
            Self::Past { arrivals, destination, shown, known_from, size, zone } => {
                Study::Past(Box::new(past(&arrivals, &destination, shown, known_from, size, &zone)))
            }
        }
    }
}

/// What got through and what was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Outcomes {
    /// Logons that got through.
    pub passed: u32,
    /// Refusals.
    pub refused: u32,
    /// Whether something got through after a refusal.
    pub after_refusal: bool,
}

/// What the events of a place tell together.
#[derive(Clone, Debug)]
pub struct Evidence {
    page: Arc<Answer>,
    /// Connections and sessions.
    pub sessions: Sessions,
    /// How far each source got.
    pub ladders: BTreeMap<Address, Ladder>,
    /// What each user got from each source.
    pub outcomes: BTreeMap<Foreign, BTreeMap<Address, Outcomes>>,
    /// What exists in the data at all.
    pub visible: Visible,
    /// Single facts that say more than any count.
    pub telltales: Vec<Telltale>,
    /// The programs that started, as trees.
    pub processes: Vec<Process>,
    /// The RDP connections that programs opened.
    pub outbound: Vec<Outbound>,
    /// What is odd about how accounts are written.
    pub spelled: BTreeMap<Foreign, String>,
}

impl Evidence {
    fn of(page: Arc<Answer>, known: Vec<Kind>, destination: Option<&Destination>) -> Self {
        let events = events(&page);
        let visible = Visible::of(events).and(known);
        let sessions = sessions(events);
        let is_visit = |event: &Event| {
            let is_own = event.kind.vantage() == Vantage::Source;
            !is_own || destination.is_none_or(|destination| destination.has(event.destination, event.destination_host()))
        };
        let ladders = ladders_of(events, &sessions, &visible, is_visit).into_iter().filter_map(|ladder| Some((ladder.source?, ladder))).collect();
        let outcomes = outcomes(events);
        let telltales = telltales(events, &sessions);
        let processes = processes(events, &sessions, None, |_| true);
        let outbound = outbound_by_built_in(events, &sessions.machines);
        let spelled = account::spelled(outcomes.keys());
        Self { sessions, ladders, outcomes, visible, telltales, processes, outbound, spelled, page }
    }

    /// The events it rests on, in order of time.
    pub fn events(&self) -> &[Event] {
        events(&self.page)
    }

    /// How many events there are where it rests on the first of them only.
    pub fn cut(&self) -> Option<(u64, u64)> {
        let Answer::Events(page) = &*self.page else { return None };
        let here = page.events.len() as u64;
        (page.total > here).then_some((here, page.total))
    }
}

fn events(page: &Answer) -> &[Event] {
    if let Answer::Events(page) = page { &page.events } else { &[] }
}

fn outcomes(events: &[Event]) -> BTreeMap<Foreign, BTreeMap<Address, Outcomes>> {
    let mut of: BTreeMap<Foreign, BTreeMap<Address, Outcomes>> = BTreeMap::new();
    for event in events {
        let (Some(user), Some(source)) = (&event.user, event.source) else { continue };
        let is_refusal = event.kind.family() == Family::Failed;
        if !is_refusal && event.kind.family() != Family::Session {
            continue;
        }
        let outcomes = of.entry(user.clone()).or_default().entry(source).or_default();
        if is_refusal {
            outcomes.refused = outcomes.refused.saturating_add(1);
        } else {
            outcomes.after_refusal |= outcomes.refused > 0;
            outcomes.passed = outcomes.passed.saturating_add(1);
        }
    }
    of
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Completeness;
    use crate::query::EventPage;

    fn event(time: &str, kind: Kind, source: &str, user: &str) -> Event {
        let mut event = Event::new(time.parse().expect("a time"), kind);
        event.source = Address::clean(source);
        event.host = Some("FS01".into());
        event.user = Some(user.into());
        event
    }

    #[test]
    fn each_user_has_its_outcomes_from_each_source() {
        let events = vec![
            event("2026-03-02T10:00:00Z", Kind::LogonFailed, "192.0.2.7", "CORP\\kim"),
            event("2026-03-02T10:00:05Z", Kind::LogonFailed, "192.0.2.7", "CORP\\kim"),
            event("2026-03-02T10:00:09Z", Kind::LogonRemote, "192.0.2.7", "CORP\\kim"),
            event("2026-03-02T10:01:00Z", Kind::LogonRemote, "192.0.2.8", "CORP\\kim"),
        ];
        let page = Arc::new(Answer::Events(EventPage { events, total: 9, completeness: Completeness::whole(4) }));
        let Study::Evidence(evidence) = (Matter::Evidence { page, known: vec![Kind::Process], destination: None }).study() else { panic!("another study") };
        let kim = &evidence.outcomes[&Foreign::from("CORP\\kim")];
        assert_eq!(kim.values().map(|outcomes| (outcomes.passed, outcomes.refused, outcomes.after_refusal)).collect::<Vec<_>>(), [(1, 2, true), (1, 0, false)]);
        assert_eq!(evidence.sessions.list.len(), 2);
        assert_eq!(evidence.ladders.len(), 2);
        assert_eq!(evidence.cut(), Some((4, 9)));
    }
}
