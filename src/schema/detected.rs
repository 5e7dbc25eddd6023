//! Documents that say what somebody else detected: security alerts and results of machine-learning jobs.
//!
//! One document may hold both `kibana.alert.rule.name` as one dotted key and `host.name` nested, and any value may be a
//! list: every path is looked for in every shape.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::moment::{self, Format};
use super::scalar::Scalar;
use crate::domain::{Address, Alert, Anomaly, Foreign, Influencer, ModelPoint, Origin, Raiser, Range, Timestamp};

/// What such a document says.
#[derive(Clone, PartialEq, Debug)]
pub enum Detected {
    /// An alert, or a record of an anomaly.
    Alert(Box<Alert>),
    /// Who contributed to an anomaly.
    Influencer(Influencer),
    /// What a job held for usual.
    Model(ModelPoint),
}

/// The most names of one sort that are kept of one alert.
const MOST_NAMES: usize = 200;
/// Width of a bucket whose document does not say.
const SPAN: SignedDuration = SignedDuration::from_mins(15);

/// Reads a document, plain or as an exported search hit; `None` where it says nothing of the kind, or not when.
pub fn read(document: &Value) -> Option<Detected> {
    let source = document.get("_source").filter(|source| source.is_object()).unwrap_or(document);
    let of_hit = |name: &str| document.get(name).and_then(Value::as_str).map(Foreign::from);
    let origin = Origin { file: None, index: of_hit("_index"), id: of_hit("_id") };
    let document = Document(source);
    let is_alert = ["kibana.alert.uuid", "kibana.alert.rule.rule_id", "kibana.alert.rule.uuid", "signal.rule.id"].iter().any(|path| document.has(path));
    if is_alert {
        return document.alert(origin).map(|alert| Detected::Alert(Box::new(alert)));
    }
    match document.text("result_type")?.raw() {
        "record" => document.record(origin).map(|alert| Detected::Alert(Box::new(alert))),
        "influencer" => document.influencer().map(Detected::Influencer),
        "model_plot" => document.model().map(Detected::Model),
        _ => None,
    }
}

struct Document<'a>(&'a Value);

impl<'a> Document<'a> {
    /// Every scalar at a path.
    fn values(&self, path: &str) -> Vec<&'a Value> {
        let mut found = Vec::new();
        gather(self.0, path, &mut found);
        found
    }

    /// The scalars at the first of these paths that has any.
    fn first(&self, paths: &[&str]) -> Vec<&'a Value> {
        paths.iter().map(|path| self.values(path)).find(|found| !found.is_empty()).unwrap_or_default()
    }

    fn has(&self, path: &str) -> bool {
        !self.values(path).is_empty()
    }

    fn text(&self, path: &str) -> Option<Foreign> {
        self.texts(&[path]).into_iter().next()
    }

    fn texts(&self, paths: &[&str]) -> Vec<Foreign> {
        let mut texts: Vec<Foreign> = Vec::new();
        for text in self.first(paths).into_iter().filter_map(worded) {
            if texts.len() < MOST_NAMES && !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts
    }

    fn number(&self, paths: &[&str]) -> Option<f64> {
        self.first(paths).into_iter().find_map(numbered)
    }

    fn time(&self, paths: &[&str]) -> Option<Timestamp> {
        let read = |value: &&Value| match value {
            Value::String(text) => moment::read(&Scalar::Text(text.as_str().into()), Format::Auto, &TimeZone::UTC),
            Value::Number(number) => number.as_i64().and_then(|millis| Timestamp::from_millisecond(millis).ok()),
            _ => None,
        };
        paths.iter().find_map(|path| self.values(path).iter().find_map(read))
    }

    /// Usable addresses at any of these paths.
    fn addresses(&self, paths: &[&str]) -> Vec<Address> {
        let mut addresses = Vec::new();
        for value in paths.iter().flat_map(|path| self.values(path)) {
            if let Some(address) = value.as_str().and_then(Address::clean)
                && addresses.len() < MOST_NAMES
                && !addresses.contains(&address)
            {
                addresses.push(address);
            }
        }
        addresses
    }

    fn users(&self) -> Vec<Foreign> {
        let names = self.texts(&["user.name", "user.target.name", "winlog.event_data.TargetUserName"]);
        // Lists of names and of domains do not say which belong together.
        match (names.as_slice(), self.texts(&["user.domain", "winlog.event_data.TargetDomainName"]).as_slice()) {
            ([name], [domain]) if !name.raw().contains('\\') => vec![Foreign::from(format!("{}\\{}", domain.raw(), name.raw()))],
            _ => names,
        }
    }

    fn alert(&self, origin: Origin) -> Option<Alert> {
        let raised = self.time(&["@timestamp", "kibana.alert.start", "kibana.alert.last_detected"])?;
        let anomaly = self.anomaly();
        let about = match &anomaly {
            Some(anomaly) => bucket(self.time(&["timestamp", "kibana.alert.original_time"]).unwrap_or(raised), anomaly.span),
            None => moment_of(self.time(&["kibana.alert.original_time", "signal.original_time", "event.created"]).unwrap_or(raised)),
        };
        let mut alert = Alert {
            origin,
            raiser: Raiser::Rule,
            raised,
            about,
            title: self.texts(&["kibana.alert.rule.name", "signal.rule.name", "kibana.alert.rule.rule_id"]).into_iter().next()?,
            rule: self.texts(&["kibana.alert.rule.rule_id", "signal.rule.rule_id", "kibana.alert.rule.parameters.rule_id"]).into_iter().next(),
            job: self.texts(&["job_id", "kibana.alert.rule.parameters.machine_learning_job_id", "signal.rule.machine_learning_job_id"]).into_iter().next(),
            severity: self.texts(&["kibana.alert.severity", "signal.rule.severity"]).into_iter().next(),
            risk: self.number(&["kibana.alert.risk_score", "signal.rule.risk_score"]),
            status: self.texts(&["kibana.alert.workflow_status", "signal.status"]).into_iter().next(),
            reason: self.texts(&["kibana.alert.reason", "signal.reason"]).into_iter().next(),
            tactics: self.texts(&[
                "kibana.alert.rule.threat.tactic.name",
                "kibana.alert.rule.parameters.threat.tactic.name",
                "signal.rule.threat.tactic.name",
                "threat.tactic.name",
            ]),
            techniques: self.texts(&[
                "kibana.alert.rule.threat.technique.id",
                "kibana.alert.rule.parameters.threat.technique.id",
                "signal.rule.threat.technique.id",
                "threat.technique.id",
            ]),
            ..self.entities()
        };
        alert.anomaly = anomaly;
        alert.name_influencers();
        Some(alert)
    }

    fn record(&self, origin: Origin) -> Option<Alert> {
        let anomaly = self.anomaly()?;
        let about = bucket(self.time(&["timestamp", "@timestamp"])?, anomaly.span);
        let job = self.text("job_id")?;
        let mut alert = Alert { origin, raiser: Raiser::Job, raised: about.to, about, title: job.clone(), job: Some(job), ..self.entities() };
        alert.anomaly = Some(anomaly);
        alert.name_influencers();
        Some(alert)
    }

    /// An alert of which only the names in it are known.
    fn entities(&self) -> Alert {
        Alert {
            origin: Origin::default(),
            raiser: Raiser::Rule,
            raised: Timestamp::UNIX_EPOCH,
            about: moment_of(Timestamp::UNIX_EPOCH),
            title: Foreign::default(),
            rule: None,
            job: None,
            severity: None,
            risk: None,
            status: None,
            reason: None,
            tactics: Vec::new(),
            techniques: Vec::new(),
            hosts: self.texts(&["host.name", "host.hostname", "winlog.computer_name"]),
            host_addresses: self.addresses(&["host.ip"]),
            destinations: self.addresses(&["destination.ip"]),
            sources: self.addresses(&["source.ip", "process.Ext.session_info.client_address", "winlog.event_data.IpAddress"]),
            users: self.users(),
            anomaly: None,
        }
    }

    fn anomaly(&self) -> Option<Anomaly> {
        let score = self.number(&["record_score"])?;
        let entity = ["partition", "by", "over"].iter().find_map(|role| {
            let field = self.text(&format!("{role}_field_name"))?;
            Some((field, self.text(&format!("{role}_field_value"))?))
        });
        let influencers = self.0.get("influencers").and_then(Value::as_array).into_iter().flatten().filter_map(|influencer| {
            let influencer = Document(influencer);
            Some((influencer.text("influencer_field_name")?, influencer.texts(&["influencer_field_values"])))
        });
        Some(Anomaly {
            score,
            initial: self.number(&["initial_record_score"]),
            probability: self.number(&["probability"]),
            multi_bucket_impact: self.number(&["multi_bucket_impact", "anomaly_score_explanation.multi_bucket_impact"]),
            actual: self.number(&["actual"]),
            typical: self.number(&["typical"]),
            is_interim: self.values("is_interim").iter().any(|value| value.as_bool() == Some(true)),
            span: self.span(),
            entity,
            influencers: influencers.take(MOST_NAMES).collect(),
        })
    }

    fn influencer(&self) -> Option<Influencer> {
        Some(Influencer {
            job: self.text("job_id")?,
            at: self.time(&["timestamp", "@timestamp"])?,
            field: self.text("influencer_field_name")?,
            value: self.text("influencer_field_value")?,
            score: self.number(&["influencer_score"])?,
        })
    }

    fn model(&self) -> Option<ModelPoint> {
        Some(ModelPoint {
            job: self.text("job_id")?,
            at: self.time(&["timestamp", "@timestamp"])?,
            span: self.span(),
            entity: self.texts(&["partition_field_value", "by_field_value", "over_field_value"]).into_iter().next(),
            typical: self.number(&["model_median"])?,
            upper: self.number(&["model_upper"])?,
            actual: self.number(&["actual"]),
        })
    }

    fn span(&self) -> SignedDuration {
        let seconds = self.number(&["bucket_span"]).filter(|seconds| (1.0..=31_536_000.0).contains(seconds));
        seconds.map_or(SPAN, |seconds| SignedDuration::from_secs(seconds as i64))
    }
}

impl Alert {
    /// Adds whom the job names, as what an anomaly is about or as who contributed, to the names in the alert.
    fn name_influencers(&mut self) {
        let Some(anomaly) = &self.anomaly else { return };
        let entity = anomaly.entity.iter().map(|(field, value)| (field, std::slice::from_ref(value)));
        let named = anomaly.influencers.iter().map(|(field, values)| (field, values.as_slice())).chain(entity);
        for (field, values) in named {
            for value in values {
                let address = Address::clean(value.raw());
                match field.raw() {
                    "destination.ip" => add(&mut self.destinations, address),
                    "source.ip" => add(&mut self.sources, address),
                    "host.name" => add(&mut self.hosts, Some(value.clone())),
                    // A name with its domain is there already where both stood in the document.
                    "user.name" if !self.users.iter().any(|user| user.raw().rsplit('\\').next() == Some(value.raw())) => {
                        add(&mut self.users, Some(value.clone()))
                    }
                    _ => {}
                }
            }
        }
    }
}

fn add<T: PartialEq>(names: &mut Vec<T>, name: Option<T>) {
    if let Some(name) = name.filter(|name| names.len() < MOST_NAMES && !names.contains(name)) {
        names.push(name);
    }
}

/// Finds the scalars at `path` however its dots are nested, through lists of values and of objects.
fn gather<'a>(value: &'a Value, path: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| gather(value, path, found)),
        Value::Object(object) => {
            if let Some(value) = object.get(path) {
                flatten(value, found);
            }
            for (dot, _) in path.match_indices('.') {
                let (head, tail) = path.split_at(dot);
                if let Some(value) = object.get(head) {
                    gather(value, tail.trim_start_matches('.'), found);
                }
            }
        }
        _ => {}
    }
}

fn flatten<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| flatten(value, found)),
        Value::Null | Value::Object(_) => {}
        scalar => found.push(scalar),
    }
}

fn worded(value: &Value) -> Option<Foreign> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => return None,
    };
    (!text.is_empty() && text != "-").then(|| Foreign::from(text))
}

fn numbered(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

fn bucket(from: Timestamp, span: SignedDuration) -> Range {
    Range { from, to: from.checked_add(span).unwrap_or(Timestamp::MAX) }
}

fn moment_of(time: Timestamp) -> Range {
    bucket(time, SignedDuration::from_micros(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn alert(document: &Value) -> Alert {
        match read(document) {
            Some(Detected::Alert(alert)) => *alert,
            other => panic!("{other:?}"),
        }
    }

    fn raws(texts: &[Foreign]) -> Vec<&str> {
        texts.iter().map(Foreign::raw).collect()
    }

    fn shown(addresses: &[Address]) -> Vec<String> {
        addresses.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_alert_of_dotted_and_nested_keys() {
        let alert = alert(&json!({"_index": ".internal.alerts-x", "_id": "a1", "_source": {
            "@timestamp": "2026-03-02T12:50:00.100Z",
            "kibana.alert.uuid": "a1", "kibana.alert.rule.rule_id": "r1", "kibana.alert.rule.name": "New Windows Service",
            "kibana.alert.original_time": "2026-03-02T12:44:10Z", "kibana.alert.severity": "high", "kibana.alert.risk_score": 73,
            "kibana.alert.workflow_status": "open", "kibana.alert.reason": "service on FS01",
            "kibana.alert.rule.threat": [{"framework": "MITRE ATT&CK", "tactic": {"id": "TA0003", "name": "Persistence"}, "technique": [{"id": "T1543"}]},
                                         {"tactic": {"name": "Execution"}}],
            "host": {"name": "FS01", "ip": ["fe80::1", "10.20.4.17", "::1"]}, "user": {"name": "admmig", "domain": "CORP"},
            "source.ip": "::ffff:10.20.66.12",
        }}));
        assert_eq!((alert.title.raw(), alert.rule.as_ref().map(Foreign::raw), alert.raiser), ("New Windows Service", Some("r1"), Raiser::Rule));
        assert_eq!((alert.raised.to_string().as_str(), alert.at().to_string().as_str()), ("2026-03-02T12:50:00.1Z", "2026-03-02T12:44:10Z"));
        assert_eq!((alert.severity.as_ref().map(Foreign::raw), alert.risk, alert.status.as_ref().map(Foreign::raw)), (Some("high"), Some(73.0), Some("open")));
        assert_eq!((raws(&alert.tactics), raws(&alert.techniques)), (vec!["Persistence", "Execution"], vec!["T1543"]));
        assert_eq!((raws(&alert.hosts), raws(&alert.users), shown(&alert.sources)), (vec!["FS01"], vec!["CORP\\admmig"], vec!["10.20.66.12".to_owned()]));
        assert_eq!(shown(&alert.host_addresses), ["fe80::1", "10.20.4.17", "::1"]);
        assert_eq!((alert.origin.index.as_ref().map(Foreign::raw), alert.origin.id.as_ref().map(Foreign::raw)), (Some(".internal.alerts-x"), Some("a1")));
        assert!(alert.anomaly.is_none() && !alert.is_spike());
    }

    #[test]
    fn a_record_of_the_rules_job() {
        let alert = alert(&json!({
            "job_id": "lmd_high_rdp_distinct_count_source_ip_for_destination_ea", "result_type": "record", "timestamp": 1_772_452_800_000_i64,
            "bucket_span": 21600, "record_score": 84.2, "initial_record_score": 88.1, "is_interim": true, "multi_bucket_impact": -5.0, "probability": 1.2e-7,
            "actual": [14.0], "typical": [1.03], "partition_field_name": "destination.ip", "partition_field_value": "10.20.4.17",
            "influencers": [{"influencer_field_name": "source.ip", "influencer_field_values": ["10.20.66.12", "10.20.66.13"]},
                            {"influencer_field_name": "user.name", "influencer_field_values": ["admmig"]}],
        }));
        assert!(alert.is_spike());
        assert_eq!(
            (alert.raiser, alert.about.from.to_string(), alert.about.to.to_string()),
            (Raiser::Job, "2026-03-02T12:00:00Z".to_owned(), "2026-03-02T18:00:00Z".to_owned())
        );
        assert_eq!(
            (shown(&alert.destinations), shown(&alert.sources), raws(&alert.users)),
            (vec!["10.20.4.17".to_owned()], vec!["10.20.66.12".to_owned(), "10.20.66.13".to_owned()], vec!["admmig"])
        );
        let anomaly = alert.anomaly.expect("figures");
        assert_eq!((anomaly.score, anomaly.initial, anomaly.actual, anomaly.typical, anomaly.is_interim), (84.2, Some(88.1), Some(14.0), Some(1.03), true));
    }

    #[test]
    fn an_alert_of_a_machine_learning_rule_bears_the_records_figures() {
        let alert = alert(&json!({
            "@timestamp": "2026-03-02T19:16:00Z", "timestamp": 1_772_452_800_000_i64, "kibana.alert.uuid": "m1", "kibana.alert.rule.name": "Spike",
            "kibana.alert.rule.parameters": {"rule_id": "18a5dd9a-e3fa-4996-99b1-ae533b8f27fc", "machine_learning_job_id": ["lmd_x"]},
            "result_type": "record", "record_score": 84.2, "bucket_span": 21600, "actual": [14], "typical": [1.0], "host": {"name": ["FS01"]},
            "partition_field_name": "destination.ip", "partition_field_value": "10.20.4.17",
        }));
        assert!(alert.is_spike());
        assert_eq!(
            (alert.raiser, alert.raised.to_string(), alert.about.to.to_string()),
            (Raiser::Rule, "2026-03-02T19:16:00Z".to_owned(), "2026-03-02T18:00:00Z".to_owned())
        );
        assert_eq!((shown(&alert.destinations), raws(&alert.hosts)), (vec!["10.20.4.17".to_owned()], vec!["FS01"]));
    }

    #[test]
    fn an_alert_of_the_older_layout() {
        let alert = alert(
            &json!({"@timestamp": "2021-03-02T12:00:00Z", "signal": {"rule": {"id": "x", "rule_id": "r9", "name": "Old", "severity": "low", "risk_score": 21,
            "threat": [{"tactic": {"name": "Lateral Movement"}}]}, "status": "closed", "original_time": "2021-03-02T11:58:00Z"}, "host": {"name": "FS01"}}),
        );
        assert_eq!((alert.title.raw(), alert.rule.as_ref().map(Foreign::raw), raws(&alert.tactics)), ("Old", Some("r9"), vec!["Lateral Movement"]));
        assert_eq!((alert.status.as_ref().map(Foreign::raw), alert.at().to_string().as_str()), (Some("closed"), "2021-03-02T11:58:00Z"));
    }

    #[test]
    fn influencers_and_model_plots() {
        let influencer = read(&json!({"job_id": "j", "result_type": "influencer", "timestamp": 1_772_452_800_000_i64, "influencer_field_name": "source.ip",
            "influencer_field_value": "10.0.0.7", "influencer_score": 94.1}));
        assert!(matches!(influencer, Some(Detected::Influencer(influencer)) if influencer.score == 94.1 && influencer.value.raw() == "10.0.0.7"));
        let model = read(&json!({"job_id": "j", "result_type": "model_plot", "timestamp": 1_772_452_800_000_i64, "bucket_span": 21600,
            "partition_field_value": "10.20.4.17", "model_median": 1.0, "model_upper": 2.4, "model_lower": 0.0}));
        assert!(matches!(model, Some(Detected::Model(model)) if (model.typical, model.upper, model.actual) == (1.0, 2.4, None)));
        assert_eq!(read(&json!({"job_id": "j", "result_type": "bucket", "anomaly_score": 94.0, "timestamp": 1})), None);
    }
}
