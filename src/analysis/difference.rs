//! Why a job's score and ours differ, told from the figures of both: never a fixed text.

use jiff::SignedDuration;

use crate::domain::finding::ANOMALOUS;
use crate::domain::{Address, Alert, BucketSize, Job, Raiser};

/// What we say of the same destination at the same time.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Ours {
    /// Width of our buckets.
    pub size: BucketSize,
    /// The highest score within the job's bucket; `None` where there is no verdict.
    pub score: Option<f64>,
    /// The most distinct sources of one of our buckets in it.
    pub peak: u32,
    /// Distinct sources of all of it; `None` where events of that time are not here.
    pub sources: Option<usize>,
}

/// By how much a score must have been rescaled to be worth a word.
const RESCALED: f64 = 1.0;
/// The impact of earlier buckets from which a score leans on them.
const LEANS: f64 = 2.0;

/// One sentence a reason, without periods; empty where there is no figure to compare.
pub fn reasons(alert: &Alert, ours: &Ours) -> Vec<String> {
    let Some(anomaly) = &alert.anomaly else { return Vec::new() };
    let mut reasons = Vec::new();
    let span = SignedDuration::from_secs(ours.size.seconds());
    if anomaly.span != span {
        let usual = anomaly.typical.map_or_else(String::new, |typical| format!("; it holds {typical:.1} for usual in that time"));
        reasons.push(format!("its bucket is {} wide, ours {}{usual}", words(anomaly.span), words(span)));
    }
    if let (Some(actual), Some(sources), Some(Job::SourcesPerDestination)) = (anomaly.actual, ours.sources, alert.lateral()) {
        let actual = actual.max(0.0).round() as usize;
        if actual < sources {
            reasons.push(format!(
                "it counted {actual} of the {sources} sources that we count in its bucket: it sees sessions on hosts with Elastic Defend, not touches and refusals"
            ));
        } else if actual > sources {
            reasons.push(format!("it counted {actual} sources where the events here show {sources}: not all that it saw is in what is asked here"));
        }
    }
    if let Some(initial) = anomaly.initial.filter(|initial| (initial - anomaly.score).abs() >= RESCALED) {
        reasons.push(format!("it was {initial:.0} at first and has been rescaled since, as the job met other buckets"));
    }
    if anomaly.is_interim {
        reasons.push("its bucket was still open: the score may change, and the rule passes over it until it is closed".to_owned());
    }
    if let Some(impact) = anomaly.multi_bucket_impact.filter(|impact| *impact >= LEANS) {
        reasons.push(format!("it leans on the buckets before this one too (multi-bucket impact {impact:.1} of 5)"));
    }
    if let Some(delay) = delay(alert) {
        reasons.push(format!("it was raised {} after its bucket began; ours stands with its own bucket", words(delay)));
    }
    if anomaly.score < ANOMALOUS && ours.score.is_some_and(|score| score >= ANOMALOUS) {
        reasons.push(format!("below {ANOMALOUS:.0} the rule raises no alert"));
    }
    if let Some((field, value)) = &anomaly.entity
        && Address::clean(value.raw()).is_some_and(|address| !address.identifies_a_host())
    {
        reasons.push(format!("its {} is {}, which is the same on every host: several servers may have become one there", field.safe(), value.safe()));
    }
    if ours.score.is_none() {
        reasons.push("we give no verdict at that time: too little history, or no events".to_owned());
    }
    reasons
}

/// How long after its bucket began it was raised, where that is known and more than the bucket itself.
fn delay(alert: &Alert) -> Option<SignedDuration> {
    let delay = alert.raised.duration_since(alert.about.from);
    (alert.raiser == Raiser::Rule && delay > SignedDuration::from_mins(30)).then_some(delay)
}

/// `15 min`, `6 h`, `6 h 11 min`, `3 d`.
pub fn words(span: SignedDuration) -> String {
    let minutes = span.as_secs().max(0) / 60;
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{} s", span.as_secs().max(0)),
        (0, minutes) => format!("{minutes} min"),
        (hours, _) if hours >= 48 => format!("{} d", hours / 24),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Detected, detected};
    use serde_json::{Value, json};

    fn alert(change: &Value) -> Alert {
        let mut document = json!({
            "job_id": "lmd_high_rdp_distinct_count_source_ip_for_destination_ea", "result_type": "record", "timestamp": 1_772_452_800_000_i64,
            "bucket_span": 21600, "record_score": 84.2, "initial_record_score": 84.2, "actual": [41.0], "typical": [1.03],
            "partition_field_name": "destination.ip", "partition_field_value": "10.20.4.17",
        });
        document.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        match detected::read(&document) {
            Some(Detected::Alert(alert)) => *alert,
            other => panic!("{other:?}"),
        }
    }

    const OURS: Ours = Ours { size: BucketSize::SixHours, score: Some(90.0), peak: 41, sources: Some(41) };

    #[test]
    fn where_figures_agree_there_is_nothing_to_say() {
        assert_eq!(reasons(&alert(&json!({})), &OURS), Vec::<String>::new());
    }

    #[test]
    fn each_reason_rests_on_a_figure() {
        let only = |change: Value, ours: Ours| match reasons(&alert(&change), &ours).as_slice() {
            [one] => one.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(only(json!({}), Ours { size: BucketSize::Quarter, ..OURS }), "its bucket is 6 h wide, ours 15 min; it holds 1.0 for usual in that time");
        assert_eq!(
            only(json!({"actual": [4]}), OURS),
            "it counted 4 of the 41 sources that we count in its bucket: it sees sessions on hosts with Elastic Defend, not touches and refusals"
        );
        assert_eq!(only(json!({"actual": [60]}), OURS), "it counted 60 sources where the events here show 41: not all that it saw is in what is asked here");
        assert_eq!(only(json!({"initial_record_score": 97.6}), OURS), "it was 98 at first and has been rescaled since, as the job met other buckets");
        assert_eq!(only(json!({"is_interim": true}), OURS), "its bucket was still open: the score may change, and the rule passes over it until it is closed");
        assert_eq!(only(json!({"multi_bucket_impact": 4.1}), OURS), "it leans on the buckets before this one too (multi-bucket impact 4.1 of 5)");
        assert_eq!(only(json!({"record_score": 51, "initial_record_score": 51}), OURS), "below 70 the rule raises no alert");
        assert_eq!(
            only(json!({"partition_field_value": "::1"}), OURS),
            "its destination.ip is ::1, which is the same on every host: several servers may have become one there"
        );
        assert_eq!(only(json!({}), Ours { score: None, ..OURS }), "we give no verdict at that time: too little history, or no events");
        let raised = json!({"@timestamp": "2026-03-02T19:16:00Z", "kibana.alert.uuid": "a", "kibana.alert.rule.name": "Spike"});
        assert_eq!(only(raised, OURS), "it was raised 7 h 16 min after its bucket began; ours stands with its own bucket");
    }
}
