//! One combination of values that occurred, with how often and when: what aggregations and documents both come down to.

use crate::domain::{Address, Endpoint, Event, Family, Foreign, Kind, Timestamp};
use crate::query::Scope;

/// A combination of values and its events.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// What its events prove.
    pub(super) family: Family,
    /// Number of the bucket, where buckets were asked for.
    pub(super) bucket: i64,
    /// What its events call their destination.
    pub(super) endpoint: Endpoint,
    /// Where they came from.
    pub(super) source: Option<Address>,
    /// Their user.
    pub(super) user: Option<Foreign>,
    /// Their program.
    pub(super) process: Option<Foreign>,
    /// Why they were refused.
    pub(super) reason: Option<Foreign>,
    /// How many they are.
    pub(super) events: u64,
    /// The first of them.
    pub(super) first: Timestamp,
    /// The last of them.
    pub(super) last: Timestamp,
}

impl Row {
    /// Whether its events belong to the scope, as far as values tell; time and family are the query's.
    pub(super) fn is_within(&self, scope: &Scope) -> bool {
        scope.source.is_none_or(|source| self.source == Some(source))
            && scope.user.as_ref().is_none_or(|user| self.user.as_ref() == Some(user))
            && scope.destination.as_ref().is_none_or(|destination| destination.has(self.endpoint.address, self.endpoint.host.as_ref()))
    }
}

/// Whether an event belongs to the scope.
pub(super) fn accepts(scope: &Scope, event: &Event) -> bool {
    scope.range.contains(event.time)
        && scope.families.contains(event.kind.family())
        && scope.source.is_none_or(|source| event.source == Some(source))
        && scope.user.as_ref().is_none_or(|user| event.user.as_ref() == Some(user))
        && scope.destination.as_ref().is_none_or(|destination| destination.has(event.destination, event.destination_host()))
        && scope.filter.accepts(event)
}

impl From<&Event> for Row {
    fn from(event: &Event) -> Self {
        Self {
            family: event.kind.family(),
            bucket: 0,
            endpoint: Endpoint { address: event.destination, host: event.destination_host().cloned() },
            source: event.source,
            user: event.user.clone(),
            process: event.process.clone(),
            reason: event.reason.clone(),
            events: 1,
            first: event.time,
            last: event.time,
        }
    }
}

/// `DOMAIN\name` or the bare name.
pub(super) fn user(domain: Option<&str>, name: Option<&str>) -> Option<Foreign> {
    let usable = |text: Option<&str>| text.filter(|text| !text.is_empty() && *text != "-").map(str::to_owned);
    let name = usable(name)?;
    Some(match usable(domain) {
        Some(domain) if !name.contains('\\') => Foreign::from(format!("{domain}\\{name}")),
        _ => Foreign::from(name),
    })
}

/// Whether an event of this kind can say why it was refused; a success has status fields too.
pub(super) fn is_refusal(kind: Kind) -> bool {
    kind.family() == Family::Failed || kind == Kind::LogonFailedNetwork
}

/// Status and sub-status in one text.
pub(super) fn reason<'a>(parts: impl Iterator<Item = &'a str>) -> Option<Foreign> {
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty() && *part != "-").collect();
    (!parts.is_empty()).then(|| Foreign::from(parts.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_written_as_windows_writes_them() {
        let told = |domain, name| user(domain, name).map(|user| user.raw().to_owned());
        assert_eq!(told(Some("CORP"), Some("kim")).as_deref(), Some("CORP\\kim"));
        assert_eq!(told(None, Some("kim")).as_deref(), Some("kim"));
        assert_eq!(told(Some("-"), Some("kim")).as_deref(), Some("kim"));
        assert_eq!(told(Some("PC01"), Some("CORP\\kim")).as_deref(), Some("CORP\\kim"));
        assert_eq!(told(Some("CORP"), Some("-")), None);
        assert_eq!(told(Some("CORP"), None), None);
    }
}
