//! Whom a drill-down command is about, and the events it rests on: the same question for every such command.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::arguments::Whom;
use super::completeness::Report;
use super::failure::Failure;
use super::origin::Opened;
use crate::analysis::evidence;
use crate::domain::{Address, By, Destination, Event, Families, Foreign, Range, Timestamp};
use crate::query::{Answer, Ask, Scope, TallyBy};

/// Events at hand, with what they are missing.
pub struct Evidence {
    /// In order of time.
    pub events: Vec<Event>,
    /// What is missing.
    pub report: Report,
}

/// Everything known of the chosen destination, or of all of them.
///
/// # Errors
/// Where the backend cannot answer, or has no such destination.
pub async fn events(opened: &Opened, whom: &Whom) -> Result<Evidence, Failure> {
    let mut scope = opened.scope(Families::EVERY);
    if let Some(name) = &whom.destination {
        scope = scope.at(Arc::new(destination(opened, name).await?));
    }
    fetch(opened, scope).await
}

/// Every event of a scope, as many as an analysis can hold.
///
/// # Errors
/// Where the backend cannot answer.
pub async fn fetch(opened: &Opened, scope: Scope) -> Result<Evidence, Failure> {
    let Answer::Events(page) = opened.ask(&evidence::of(scope)).await? else { return Err(Opened::mixed_up()) };
    let mut completeness = page.completeness;
    let held = page.events.len() as u64;
    if held < page.total && completeness.capped.is_none() {
        completeness.capped = Some(format!("the first {held} of {} events", page.total));
    }
    Ok(Evidence { events: page.events, report: opened.report(&completeness).await? })
}

/// How far the history looks back before the range.
const HISTORY_DAYS: i64 = 30;

/// The accounts seen before the range; `None` where nothing was seen at all: no history says nothing.
///
/// # Errors
/// Where the backend cannot answer.
pub async fn users_before(opened: &Opened, whom: &Whom) -> Result<Option<BTreeSet<Foreign>>, Failure> {
    before(opened, whom, TallyBy::User, Families::ALL).await
}

/// The programs seen before the range, folded; `None` where none was seen at all.
///
/// # Errors
/// Where the backend cannot answer.
pub async fn programs_before(opened: &Opened, whom: &Whom) -> Result<Option<BTreeSet<String>>, Failure> {
    let found = before(opened, whom, TallyBy::Process, Families::EVERY).await?;
    Ok(found.map(|found| found.iter().map(|program| program.raw().to_lowercase()).collect()))
}

async fn before(opened: &Opened, whom: &Whom, by: TallyBy, families: Families) -> Result<Option<BTreeSet<Foreign>>, Failure> {
    if opened.range.from == Timestamp::MIN {
        return Ok(None);
    }
    let mut scope = opened.scope(families);
    let from = opened.range.from.checked_sub(jiff::Span::new().hours(24 * HISTORY_DAYS)).unwrap_or(Timestamp::MIN);
    scope.range = Range { from, to: opened.range.from };
    if let Some(name) = &whom.destination {
        scope = scope.at(Arc::new(destination(opened, name).await?));
    }
    let Answer::Tally(tally) = opened.ask(&Ask::Tally { scope, by }).await? else { return Err(Opened::mixed_up()) };
    // A partial history would call old things new.
    let is_usable = !tally.rows.is_empty() && tally.completeness.is_whole();
    Ok(is_usable.then(|| tally.rows.into_iter().map(|row| row.value).collect()))
}

/// The server of this name or address, under all its names and addresses.
async fn destination(opened: &Opened, name: &str) -> Result<Destination, Failure> {
    let ask = Ask::Arrivals { scope: opened.scope(Families::EVERY), bucket: opened.bucket };
    let Answer::Arrivals(arrivals) = opened.ask(&ask).await? else { return Err(Opened::mixed_up()) };
    let (destinations, _) = arrivals.destinations(By::Destination);
    let address = Address::clean(name);
    let wanted = name.to_lowercase();
    let is_named = |host: &Foreign| {
        let host = host.raw().to_lowercase();
        host == wanted || host.split_once('.').is_some_and(|(label, _)| label == wanted)
    };
    let mut found = destinations
        .into_iter()
        .filter(|destination| address.is_some_and(|address| destination.addresses.contains(&address)) || destination.hosts.iter().any(is_named));
    found.next().ok_or_else(|| {
        Failure::error(format!("no event within the range reaches {}", Foreign::from(name).safe()))
            .advise("`rdptriage counts` lists the destinations; --from and --to widen the range")
    })
}
