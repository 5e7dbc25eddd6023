//! What the cluster's own detection says: security alerts and results of the lateral-movement jobs. Read only, and where
//! something may not be read or is not there, that is said instead of "nothing".

use serde_json::{Value, json};

use super::Elastic;
use super::fields::{Fields, Target, encoded};
use super::search::Gaps;
use crate::backend::BackendError;
use crate::domain::alert::{LATERAL_TAG, SPIKE_RULES};
use crate::domain::{Address, Destination, Foreign, Range, Timestamp};
use crate::query::{Alerts, Ask, Company, Scope, Seen, Sight};
use crate::schema::{Detected, detected};

/// Where security alerts lie.
pub(super) const ALERTS: &str = ".alerts-security.alerts-*";
/// Where they lay before 8.0.
pub(super) const SIGNALS: &str = ".siem-signals-*";
/// Where results of machine-learning jobs lie.
pub(super) const RESULTS: &str = ".ml-anomalies-*";
/// Documents read for one of the questions.
const MOST: usize = 500;
/// Values of one field in one question.
const MOST_VALUES: usize = 500;
/// How long after an event the rule may still raise its alert: it looks back so far.
const LOOK_BACK: jiff::SignedDuration = jiff::SignedDuration::from_hours(12);
/// The widest bucket of the jobs; one that began before the range may reach into it.
const WIDEST: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// One search of the several that make up the question.
pub(super) struct Search {
    /// What it looks for.
    what: &'static str,
    /// Where.
    pub(super) place: String,
    /// How.
    pub(super) body: Value,
    /// Which documents come first where there are more than are read.
    first: &'static str,
}

const SECURITY: &str = "security alerts";
const LEARNING: &str = "machine-learning results";

/// The searches for what was detected about a scope.
pub(super) fn searches(scope: &Scope, company: &Company) -> Vec<Search> {
    let mut searches = vec![security(scope, lateral()), security(scope, touching(scope, company)), records(scope)];
    if let Some(destination) = &scope.destination {
        searches.push(influencers(scope, destination, company));
        searches.push(model(scope, destination));
    }
    searches
}

fn security(scope: &Scope, condition: Value) -> Search {
    let raised = Range { from: scope.range.from, to: scope.range.to.checked_add(LOOK_BACK).unwrap_or(Timestamp::MAX) };
    let body = json!({
        "size": MOST, "track_total_hits": true, "sort": [{"@timestamp": {"order": "desc", "unmapped_type": "date"}}],
        "_source": {"excludes": ["message", "event.original", "kibana.alert.rule.note", "kibana.alert.rule.description", "kibana.alert.rule.parameters.note"]},
        "query": {"bool": {"filter": [within("@timestamp", &raised), condition]}},
    });
    Search { what: SECURITY, place: format!("{ALERTS},{SIGNALS}"), body, first: "newest" }
}

/// Alerts of the rules on the lateral-movement jobs.
fn lateral() -> Value {
    any(vec![
        json!({"terms": {"kibana.alert.rule.rule_id": SPIKE_RULES}}),
        json!({"terms": {"signal.rule.rule_id": SPIKE_RULES}}),
        json!({"term": {"kibana.alert.rule.tags": LATERAL_TAG}}),
        json!({"wildcard": {"job_id": {"value": "*lmd_*"}}}),
        json!({"wildcard": {"job_id": {"value": "*lmd-*"}}}),
    ])
}

/// Alerts of any rule that name the destination or who kept it company; any alert at all where no destination is meant.
fn touching(scope: &Scope, company: &Company) -> Value {
    let mut sources = company.sources.clone();
    sources.extend(scope.source);
    let mut users = company.users.clone();
    users.extend(scope.user.clone());
    let mut ways = Vec::new();
    let hosts: Vec<String> = scope.destination.iter().flat_map(|destination| destination.hosts.iter().flat_map(cased)).collect();
    let reached: Vec<Address> =
        scope.destination.iter().flat_map(|destination| destination.addresses.iter().copied()).filter(|address| address.identifies_a_host()).collect();
    push(&mut ways, "host.name", &hosts);
    push(&mut ways, "host.ip", &reached);
    push(&mut ways, "destination.ip", &reached);
    sources.retain(|address| address.identifies_a_host());
    push(&mut ways, "source.ip", &sources);
    push(&mut ways, "host.ip", &sources);
    let names: Vec<String> = users.iter().flat_map(|user| cased(&Foreign::from(user.raw().rsplit('\\').next().unwrap_or_default()))).collect();
    push(&mut ways, "user.name", &names);
    if ways.is_empty() { json!({"match_all": {}}) } else { any(ways) }
}

/// A name as written and in the cases that shippers change it to.
fn cased(name: &Foreign) -> Vec<String> {
    let mut names = vec![name.raw().to_owned(), name.raw().to_lowercase(), name.raw().to_uppercase()];
    names.dedup();
    names
}

fn push<T: ToString>(ways: &mut Vec<Value>, field: &str, values: &[T]) {
    let values: Vec<String> = values.iter().take(MOST_VALUES).map(ToString::to_string).collect();
    if !values.is_empty() {
        ways.push(json!({"terms": {field: values}}));
    }
}

fn results(kind: &str, jobs: &[&str], range: &Range) -> Vec<Value> {
    let jobs = jobs.iter().map(|job| json!({"wildcard": {"job_id": {"value": job}}})).collect();
    let reaching = Range { from: range.from.checked_sub(WIDEST).unwrap_or(Timestamp::MIN), to: range.to };
    vec![json!({"term": {"result_type": kind}}), any(jobs), within("timestamp", &reaching)]
}

/// Every job of the family, whatever the generation of its id.
const FAMILY: [&str; 2] = ["*lmd_*", "*lmd-*"];
/// The rule's job.
const SPIKE: [&str; 2] = ["*lmd_high_rdp_distinct_count_source_ip*", "*lmd-high-rdp-distinct-count-source-ip*"];

fn records(scope: &Scope) -> Search {
    let body = json!({
        "size": MOST, "track_total_hits": true, "sort": [{"record_score": {"order": "desc", "unmapped_type": "double"}}],
        "query": {"bool": {"filter": results("record", &FAMILY, &scope.range)}},
    });
    Search { what: LEARNING, place: RESULTS.to_owned(), body, first: "strongest" }
}

fn influencers(scope: &Scope, destination: &Destination, company: &Company) -> Search {
    let hosts = destination.hosts.iter().flat_map(cased);
    let users = company.users.iter().map(|user| user.raw().rsplit('\\').next().unwrap_or_default().to_owned());
    let addresses = destination.addresses.iter().chain(&company.sources).map(ToString::to_string);
    let values: Vec<String> = hosts.chain(users).chain(addresses).take(2 * MOST_VALUES).collect();
    let mut conditions = results("influencer", &FAMILY, &scope.range);
    conditions.push(json!({"terms": {"influencer_field_value": values}}));
    let body = json!({
        "size": MOST, "track_total_hits": true, "sort": [{"influencer_score": {"order": "desc", "unmapped_type": "double"}}],
        "query": {"bool": {"filter": conditions}},
    });
    Search { what: LEARNING, place: RESULTS.to_owned(), body, first: "strongest" }
}

fn model(scope: &Scope, destination: &Destination) -> Search {
    let addresses: Vec<String> = destination.addresses.iter().map(ToString::to_string).collect();
    let mut conditions = results("model_plot", &SPIKE, &scope.range);
    conditions.push(json!({"terms": {"partition_field_value": addresses}}));
    let body = json!({
        "size": MOST, "track_total_hits": true, "sort": [{"timestamp": {"order": "desc", "unmapped_type": "date"}}],
        "query": {"bool": {"filter": conditions}},
    });
    Search { what: LEARNING, place: RESULTS.to_owned(), body, first: "newest" }
}

fn any(ways: Vec<Value>) -> Value {
    json!({"bool": {"should": ways, "minimum_should_match": 1}})
}

/// A range of time in milliseconds: some of these fields are kept as such. Open ends stay open.
fn within(field: &str, range: &Range) -> Value {
    let mut bounds = serde_json::Map::new();
    if range.from > Timestamp::UNIX_EPOCH {
        bounds.insert("gte".to_owned(), json!(range.from.as_millisecond()));
    }
    // Beyond the year 9999 no cluster reads a time.
    if range.to.as_second() < 250_000_000_000 {
        bounds.insert("lt".to_owned(), json!(range.to.as_millisecond().saturating_add(i64::from(range.to.subsec_nanosecond() % 1_000_000 > 0))));
    }
    if bounds.is_empty() {
        return json!({"exists": {"field": field}});
    }
    bounds.insert("format".to_owned(), json!("epoch_millis"));
    json!({"range": {field: bounds}})
}

impl Elastic {
    /// What the cluster's own detection says about a scope.
    pub(super) async fn alerts(&self, scope: &Scope, company: &Company) -> Result<Alerts, BackendError> {
        let mut gaps = Gaps::default();
        let mut alerts = Alerts::nothing(gaps.completeness(0));
        let mut failure = None;
        for search in searches(scope, company) {
            let seen = match self.look(&search, &mut gaps).await {
                Ok((hits, seen)) => {
                    for hit in &hits {
                        match detected::read(hit) {
                            Some(Detected::Alert(alert)) => alerts.alerts.push(*alert),
                            Some(Detected::Influencer(influencer)) => alerts.influencers.push(influencer),
                            Some(Detected::Model(point)) => alerts.model.push(point),
                            None => {}
                        }
                    }
                    seen
                }
                Err(error) if is_forbidden(&error) => Seen::Forbidden(format!("no right to read {}", search.place)),
                Err(error) => {
                    let what = error.what.clone();
                    failure.get_or_insert(error);
                    Seen::Failed(what)
                }
            };
            note(&mut alerts.sights, Sight { what: search.what, place: search.place, seen });
        }
        // A cluster that answered none of it has not said that there is nothing.
        if let Some(error) = failure
            && alerts.sights.iter().all(|sight| matches!(sight.seen, Seen::Failed(_)))
        {
            return Err(error);
        }
        alerts = alerts.within(scope, company);
        alerts.completeness = gaps.completeness(alerts.alerts.len() as u64);
        Ok(alerts)
    }

    /// Sends one of the searches; the documents, and whether there was anything that could be read.
    async fn look(&self, search: &Search, gaps: &mut Gaps) -> Result<(Vec<Value>, Seen), BackendError> {
        let target = Target { path: encoded(&search.place), fields: Fields::new() };
        let what = format!("read {}", search.what);
        let mut answer = self.search(&what, &target, search.body.clone(), "hits.total.value,hits.hits", gaps).await?;
        let total = answer.pointer("/hits/total/value").and_then(Value::as_u64).unwrap_or(0);
        let hits = match answer.pointer_mut("/hits/hits").map(Value::take) {
            Some(Value::Array(hits)) => hits,
            _ => Vec::new(),
        };
        if total > hits.len() as u64 {
            gaps.cap(format!("{} {} of {total} {}", hits.len(), search.first, search.what));
        }
        if answer.pointer("/_shards/total").and_then(Value::as_u64) == Some(0) {
            return Ok((hits, self.why_unseen(&search.place).await));
        }
        Ok((hits, Seen::Visible))
    }

    /// Why a pattern leads to no index: nothing is there, or it is hidden from whoever has no right to it.
    async fn why_unseen(&self, place: &str) -> Seen {
        let names: Vec<&str> = place.split(',').collect();
        let body = json!({"index": [{"names": names, "privileges": ["read"]}]});
        let Ok(answer) = self.client.post("ask for rights", "_security/user/_has_privileges", &body).await else { return Seen::Absent };
        let may = |name: &str| answer.pointer(&format!("/index/{}/read", name.replace('~', "~0").replace('/', "~1"))).and_then(Value::as_bool);
        match names.first().and_then(|name| may(name)) {
            Some(false) => Seen::Forbidden(format!("no right to read {place}")),
            _ => Seen::Absent,
        }
    }
}

/// Whether a refusal is one of rights.
pub(super) fn is_forbidden(error: &BackendError) -> bool {
    error.what.contains("no right")
}

/// Keeps one line for each place: the worst of what was met there.
fn note(sights: &mut Vec<Sight>, sight: Sight) {
    match sights.iter_mut().find(|known| known.what == sight.what) {
        Some(known) if known.seen == Seen::Visible => known.seen = sight.seen,
        Some(_) => {}
        None => sights.push(sight),
    }
}

/// The question as it could be pasted into a console.
pub(super) fn text(scope: &Scope, company: &Company) -> String {
    let one = |search: &Search| format!("GET {}/_search\n{}\n", search.place, serde_json::to_string_pretty(&search.body).unwrap_or_default());
    searches(scope, company).iter().map(one).collect()
}

/// The question behind an ask, where it is this one.
pub(super) fn asked(ask: &Ask) -> Option<String> {
    match ask {
        Ask::Alerts { scope, company } => Some(text(scope, company)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_queue_asks_for_everything_and_a_destination_for_what_touches_it() {
        let range = Range { from: "2026-03-02T12:00:00Z".parse().expect("a time"), to: "2026-03-02T13:00:00Z".parse().expect("a time") };
        let queue = searches(&Scope::over(range), &Company::default());
        assert_eq!(queue.len(), 3);
        assert_eq!(queue[1].body.pointer("/query/bool/filter/1"), Some(&json!({"match_all": {}})));
        assert_eq!(
            queue[0].body.pointer("/query/bool/filter/0/range/@timestamp"),
            Some(&json!({"gte": 1_772_452_800_000_i64, "lt": 1_772_499_600_000_i64, "format": "epoch_millis"}))
        );
        assert_eq!(queue[2].body.pointer("/query/bool/filter/2/range/timestamp/gte"), Some(&json!(1_772_366_400_000_i64)));
        let mut destination = Destination::from(Address::clean("10.0.0.5").expect("an address"));
        destination.hosts.insert("Fs01".into());
        let company = Company { sources: Address::clean("10.0.9.9").into_iter().collect(), users: vec!["CORP\\Kim".into()] };
        let visit = searches(&Scope::over(range).at(Arc::new(destination)), &company);
        assert_eq!(visit.len(), 5);
        assert_eq!(
            visit[1].body.pointer("/query/bool/filter/1/bool/should"),
            Some(&json!([
                {"terms": {"host.name": ["Fs01", "fs01", "FS01"]}}, {"terms": {"host.ip": ["10.0.0.5"]}}, {"terms": {"destination.ip": ["10.0.0.5"]}},
                {"terms": {"source.ip": ["10.0.9.9"]}}, {"terms": {"host.ip": ["10.0.9.9"]}}, {"terms": {"user.name": ["Kim", "kim", "KIM"]}},
            ]))
        );
        assert_eq!(visit[4].body.pointer("/query/bool/filter/3"), Some(&json!({"terms": {"partition_field_value": ["10.0.0.5"]}})));
    }

    #[test]
    fn all_of_time_has_no_bounds() {
        assert_eq!(within("timestamp", &Range::ALL), json!({"exists": {"field": "timestamp"}}));
    }
}
