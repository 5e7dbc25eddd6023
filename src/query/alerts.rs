//! The question about what others have detected, its answer, and which alerts belong to a scope.

use super::Scope;
use crate::domain::{Address, Alert, Completeness, Foreign, Influencer, ModelPoint, Range, Timestamp};

/// Who keeps a destination company: an alert that names one of them touches the destination too.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Company {
    /// The sources that reached it.
    pub sources: Vec<Address>,
    /// The users that came.
    pub users: Vec<Foreign>,
}

/// What others have detected.
#[derive(Clone, PartialEq, Debug)]
pub struct Alerts {
    /// Alerts and anomaly records, newest first.
    pub alerts: Vec<Alert>,
    /// Who contributed to anomalies, strongest first.
    pub influencers: Vec<Influencer>,
    /// What the rule's job held for usual, in order of time.
    pub model: Vec<ModelPoint>,
    /// Where was looked.
    pub sights: Vec<Sight>,
    /// What is missing.
    pub completeness: Completeness,
}

/// A place that was looked into.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sight {
    /// What lies there: `security alerts`, `machine-learning results`.
    pub what: &'static str,
    /// Its name: an index pattern, or the files.
    pub place: String,
    /// What could be seen.
    pub seen: Seen,
}

/// What could be seen of a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// It is there and was read.
    Visible,
    /// Nothing of the kind is there.
    Absent,
    /// It may not be read; the right that is missing.
    Forbidden(String),
    /// It could not be read; why.
    Failed(String),
}

impl Alerts {
    /// Nothing yet, seen nowhere.
    pub fn nothing(completeness: Completeness) -> Self {
        Self { alerts: Vec::new(), influencers: Vec::new(), model: Vec::new(), sights: Vec::new(), completeness }
    }

    /// Whether every place was read: only then does an empty list mean that nobody has detected anything.
    pub fn is_all_visible(&self) -> bool {
        self.completeness.is_whole() && self.sights.iter().all(|sight| sight.seen == Seen::Visible)
    }

    /// Drops what does not belong to the scope, drops doubles, and puts the rest in order.
    #[must_use]
    pub fn within(mut self, scope: &Scope, company: &Company) -> Self {
        self.alerts.retain(|alert| is_about(alert, scope, company));
        self.alerts.sort_by(|one, two| two.raised.cmp(&one.raised).then_with(|| one.title.cmp(&two.title)).then_with(|| one.origin.id.cmp(&two.origin.id)));
        self.alerts.dedup_by(|one, two| one.origin.id.is_some() && one.origin.id == two.origin.id && one.origin.index == two.origin.index);
        self.influencers.retain(|influencer| scope.range.contains(influencer.at) && is_of_interest(influencer, scope, company));
        self.influencers.sort_by(|one, two| two.score.total_cmp(&one.score).then_with(|| one.value.cmp(&two.value)));
        let of_scope = |point: &ModelPoint| match (&scope.destination, &point.entity) {
            (Some(destination), Some(entity)) => Address::clean(entity.raw()).is_some_and(|address| destination.addresses.contains(&address)),
            _ => false,
        };
        self.model.retain(|point| meets(&scope.range, point.at, point.span) && of_scope(point));
        self.model.sort_by_key(|point| point.at);
        self
    }
}

fn meets(range: &Range, from: Timestamp, span: jiff::SignedDuration) -> bool {
    let to = from.checked_add(span).unwrap_or(Timestamp::MAX);
    from < range.to && to > range.from
}

/// Whether an alert belongs to a scope: about its time or raised in it, and about its destination, source or user.
pub fn is_about(alert: &Alert, scope: &Scope, company: &Company) -> bool {
    let is_then = (alert.about.from < scope.range.to && alert.about.to > scope.range.from) || scope.range.contains(alert.raised);
    let touches = |is_at: bool| is_at || alert.names_source(&company.sources) || alert.names_user(&company.users);
    is_then
        && scope.destination.as_ref().is_none_or(|destination| touches(alert.is_at(destination)))
        && scope.source.is_none_or(|source| alert.names_source(&[source]))
        && scope.user.as_ref().is_none_or(|user| alert.names_user(std::slice::from_ref(user)))
}

fn is_of_interest(influencer: &Influencer, scope: &Scope, company: &Company) -> bool {
    let address = Address::clean(influencer.value.raw());
    let is_source = address.is_some_and(|address| company.sources.contains(&address) || scope.source == Some(address));
    let is_user = company.users.iter().chain(&scope.user).any(|user| user.raw().rsplit('\\').next() == influencer.value.raw().rsplit('\\').next());
    scope.destination.as_ref().is_none_or(|destination| destination.has(address, Some(&influencer.value)) || is_source || is_user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Destination, Origin, Raiser};
    use std::sync::Arc;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn alert(raised: &str, from: &str, to: &str) -> Alert {
        Alert {
            origin: Origin::default(),
            raiser: Raiser::Rule,
            raised: at(raised),
            about: Range { from: at(from), to: at(to) },
            title: "a rule".into(),
            rule: None,
            job: None,
            severity: None,
            risk: None,
            status: None,
            reason: None,
            tactics: Vec::new(),
            techniques: Vec::new(),
            hosts: Vec::new(),
            host_addresses: Vec::new(),
            destinations: Vec::new(),
            sources: Vec::new(),
            users: Vec::new(),
            anomaly: None,
        }
    }

    #[test]
    fn an_alert_belongs_where_it_is_about_or_was_raised() {
        let range = Range { from: at("2026-01-01T12:00:00Z"), to: at("2026-01-01T13:00:00Z") };
        let is_in = |alert: &Alert| is_about(alert, &Scope::over(range), &Company::default());
        assert!(is_in(&alert("2026-01-01T19:00:00Z", "2026-01-01T12:00:00Z", "2026-01-01T18:00:00Z")));
        assert!(is_in(&alert("2026-01-01T12:30:00Z", "2026-01-01T00:00:00Z", "2026-01-01T06:00:00Z")));
        assert!(!is_in(&alert("2026-01-01T19:00:00Z", "2026-01-01T06:00:00Z", "2026-01-01T12:00:00Z")));
    }

    #[test]
    fn an_alert_touches_a_destination_by_name_address_source_or_user() {
        let range = Range { from: at("2026-01-01T12:00:00Z"), to: at("2026-01-01T13:00:00Z") };
        let mut destination = Destination::from(Address::clean("10.0.0.5").expect("an address"));
        destination.hosts.insert("FS01".into());
        let scope = Scope::over(range).at(Arc::new(destination));
        let company = Company { sources: Address::clean("10.0.9.9").into_iter().collect(), users: vec!["CORP\\kim".into()] };
        let touches = |change: &dyn Fn(&mut Alert), company: &Company| {
            let mut alert = alert("2026-01-01T12:00:00Z", "2026-01-01T12:00:00Z", "2026-01-01T12:00:01Z");
            change(&mut alert);
            is_about(&alert, &scope, company)
        };
        let none = Company::default();
        assert!(!touches(&|_| {}, &company));
        assert!(touches(&|alert| alert.hosts.push("fs01".into()), &none));
        assert!(touches(&|alert| alert.destinations.extend(Address::clean("10.0.0.5")), &none));
        assert!(touches(&|alert| alert.host_addresses.extend(Address::clean("10.0.0.5")), &none));
        assert!(!touches(&|alert| alert.sources.extend(Address::clean("10.0.9.9")), &none));
        assert!(touches(&|alert| alert.sources.extend(Address::clean("10.0.9.9")), &company));
        assert!(touches(&|alert| alert.users.push("kim".into()), &company));
        assert!(!touches(&|alert| alert.users.push("LAB\\kim".into()), &company));
    }

    #[test]
    fn what_could_not_be_seen_is_not_nothing() {
        let mut alerts = Alerts::nothing(Completeness::whole(0));
        alerts.sights.push(Sight { what: "security alerts", place: ".alerts".to_owned(), seen: Seen::Visible });
        assert!(alerts.is_all_visible());
        alerts.sights.push(Sight { what: "results", place: ".ml".to_owned(), seen: Seen::Absent });
        assert!(!alerts.is_all_visible());
    }
}
