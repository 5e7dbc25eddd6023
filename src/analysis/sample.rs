//! Events for tests, in one line each.

use crate::domain::{Address, Details, Event, Kind};

/// An event of 8 March 2026; empty texts are missing ones.
pub fn event(time: &str, kind: Kind, host: &str, source: &str, user: &str) -> Event {
    let text = |text: &str| (!text.is_empty()).then(|| text.into());
    let time = format!("2026-03-08T{time}Z").parse().expect("a time");
    Event { host: text(host), source: Address::clean(source), user: text(user), ..Event::new(time, kind) }
}

/// The event, changed.
pub fn with(mut event: Event, change: impl FnOnce(&mut Event)) -> Event {
    change(&mut event);
    event
}

/// The event with details.
pub fn told(mut event: Event, change: impl FnOnce(&mut Details)) -> Event {
    change(event.details.get_or_insert_default());
    event
}
