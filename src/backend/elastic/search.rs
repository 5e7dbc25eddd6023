//! Searches: one request, what it left out, and the pages behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};

use super::Elastic;
use super::clause::Query;
use super::fields::{self, Landscape, Target};
use crate::backend::{BackendError, Fault};
use crate::domain::Completeness;
use crate::domain::completeness::Shards;

/// After how long a cluster stops a search and answers with what it has.
const SEARCH_TIMEOUT: &str = "30s";
/// How long a point in time outlives a page.
const KEEP_ALIVE: &str = "1m";
/// Documents of a page.
pub(super) const PAGE: usize = 1000;
/// How often a point in time is made anew for one answer.
const MOST_RENEWALS: usize = 5;
/// Most documents read for one answer.
pub(super) const MOST_DOCUMENTS: usize = 200_000;

/// What the answers to several searches left out.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    /// By target, the most shards asked and the most that failed.
    shards: BTreeMap<String, Shards>,
    timed_out: bool,
    capped: Option<String>,
    /// Documents that were read because no aggregation could count them.
    read: u64,
}

impl Gaps {
    /// Takes note of what an answer says about itself.
    fn note(&mut self, target: &str, answer: &Value) {
        let count = |name: &str| answer.pointer(&format!("/_shards/{name}")).and_then(Value::as_u64).unwrap_or(0);
        let shards = self.shards.entry(target.to_owned()).or_insert(Shards { total: 0, failed: 0 });
        shards.total = shards.total.max(count("total"));
        shards.failed = shards.failed.max(count("failed"));
        // `terminated_early` says nothing here: no limit is asked for, and OpenSearch 3 says it wherever its index knew the answer.
        self.timed_out |= answer.get("timed_out").and_then(Value::as_bool).unwrap_or(false);
        let clusters = |state: &str| answer.pointer(&format!("/_clusters/{state}")).and_then(Value::as_u64).unwrap_or(0);
        let lost = clusters("skipped") + clusters("failed") + clusters("partial");
        if lost > 0 {
            self.cap(format!("{lost} remote clusters did not answer in full"));
        }
    }

    /// So many documents were read because no aggregation could count them.
    pub(super) fn read_here(&mut self, documents: u64) {
        self.read += documents;
    }

    /// Some of the answer is missing because of this limit.
    pub(super) fn cap(&mut self, limit: impl Into<String>) {
        self.capped.get_or_insert(limit.into());
    }

    /// What an answer over `events` events has to say about itself.
    pub(super) fn completeness(&self, events: u64) -> Completeness {
        let total = self.shards.values().map(|shards| shards.total).sum();
        let failed = self.shards.values().map(|shards| shards.failed).sum();
        let mut completeness = Completeness::whole(events);
        completeness.shards = Some(Shards { total, failed });
        completeness.timed_out = self.timed_out;
        completeness.capped.clone_from(&self.capped);
        completeness
    }
}

impl Elastic {
    /// What the asked patterns lead to, from memory where it was asked lately. What could not be had is a gap of every answer.
    pub(super) async fn landscape(&self, gaps: &mut Gaps) -> Result<Arc<Landscape>, BackendError> {
        let mut known = self.known.lock().await;
        let landscape = match known.as_ref() {
            Some((since, landscape)) if since.elapsed() < super::fields_stay(landscape) => Arc::clone(landscape),
            _ => {
                let asked = fields::Asked { layouts: &self.layouts, named: &self.named };
                let landscape = Arc::new(fields::landscape(&self.client, &self.patterns, &asked).await?);
                *known = Some((Instant::now(), Arc::clone(&landscape)));
                landscape
            }
        };
        if let Some(lost) = &landscape.lost {
            gaps.cap(lost.clone());
        }
        Ok(landscape)
    }

    /// Sends one search to a target. The parts of the answer to keep are named in `keep`, beside what says how whole it is.
    pub(super) async fn search(&self, what: &str, target: &Target, mut body: Value, keep: &str, gaps: &mut Gaps) -> Result<Value, BackendError> {
        if let Some(body) = body.as_object_mut() {
            body.insert("timeout".to_owned(), json!(SEARCH_TIMEOUT));
        }
        let path = format!("{}/_search?ignore_unavailable=true&allow_no_indices=true&filter_path=timed_out,_shards,_clusters,{keep}", target.path);
        let answer = self.client.post(what, &path, &body).await?;
        gaps.note(&target.path, &answer);
        Ok(answer)
    }

    /// Hands every document that `query` finds to `each`, in order of the date at `time` where there is one, until that breaks
    /// off. Answers how many documents there are in all.
    pub(super) async fn scan(
        &self,
        what: &str,
        target: &Target,
        time: Option<&str>,
        query: &Query,
        gaps: &mut Gaps,
        mut each: impl FnMut(&Value) -> ControlFlow<()>,
    ) -> Result<u64, BackendError> {
        let sort: Vec<Value> = time.map(|time| json!({time: {"order": "asc", "numeric_type": "date"}})).into_iter().collect();
        let mut body = json!({
            "size": PAGE,
            "query": query.dsl(),
            "sort": sort,
            // All but the copy of the raw record that pipelines keep.
            "_source": {"excludes": ["event.original"]},
            "track_total_hits": true,
            "timeout": SEARCH_TIMEOUT,
        });
        // What fits one page needs no point in time, of which a cluster keeps few at once.
        let path = format!("{}/_search?ignore_unavailable=true&allow_no_indices=true", target.path);
        let answer = self.client.post(what, &path, &body).await?;
        let total = answer.pointer("/hits/total/value").and_then(Value::as_u64).unwrap_or(0);
        if total <= PAGE as u64 {
            gaps.note(&target.path, &answer);
            let _ = hits(&answer).iter().try_for_each(each);
            return Ok(total);
        }
        let mut point = self.point_in_time(what, target).await?;
        if let Some(sort) = body.get_mut("sort").and_then(Value::as_array_mut) {
            sort.extend(point.tiebreaks.iter().cloned());
        }
        let (mut total, mut seen) = (total, 0_usize);
        let (mut edge, mut renewed) = (Edge::default(), 0_usize);
        loop {
            if let Some(body) = body.as_object_mut() {
                body.insert("pit".to_owned(), json!({"id": point.id, "keep_alive": KEEP_ALIVE}));
            }
            let answer = match self.client.post(what, "_search", &body).await {
                // A node that restarts forgets what it held. Dates tell where to go on; without one nothing does.
                Err(error) if error.fault == Fault::Expired && renewed < MOST_RENEWALS && (seen == 0 || time.is_some()) => {
                    renewed += 1;
                    point = self.point_in_time(what, target).await?;
                    if let (Some(after), Some(body)) = (edge.again(&point), body.as_object_mut()) {
                        body.insert("search_after".to_owned(), after);
                    }
                    continue;
                }
                answer => answer?,
            };
            gaps.note(&target.path, &answer);
            if seen == 0 {
                total = answer.pointer("/hits/total/value").and_then(Value::as_u64).unwrap_or(0);
            }
            if let Some(id) = answer.get("pit_id").and_then(Value::as_str) {
                point.id = id.to_owned();
            }
            let hits = hits(&answer);
            let fresh: Vec<&Value> = hits.iter().filter(|hit| !edge.has(hit)).collect();
            if fresh.iter().try_for_each(|hit| each(hit)).is_break() {
                return Ok(total);
            }
            seen += fresh.len();
            edge.take(&fresh);
            let after = hits.last().and_then(|hit| hit.get("sort")).cloned();
            let Some(after) = after.filter(|_| hits.len() == PAGE) else {
                if (seen as u64) < total {
                    gaps.cap(format!("{} of {total} documents could not be paged through", total - seen as u64));
                }
                return Ok(total);
            };
            if seen >= MOST_DOCUMENTS {
                gaps.cap(format!("{MOST_DOCUMENTS} of {total} documents read"));
                return Ok(total);
            }
            if let Some(body) = body.as_object_mut() {
                body.insert("search_after".to_owned(), after);
                body.insert("track_total_hits".to_owned(), json!(false));
            }
        }
    }

    /// Freezes what a target holds, so that pages fit together. It is left to expire: releasing it would be a DELETE.
    async fn point_in_time(&self, what: &str, target: &Target) -> Result<PointInTime, BackendError> {
        let elastic = format!("{}/_pit?keep_alive={KEEP_ALIVE}&ignore_unavailable=true", target.path);
        let open = format!("{}/_search/point_in_time?keep_alive={KEEP_ALIVE}&ignore_unavailable=true", target.path);
        let spellings = if self.is_opensearch { [open, elastic] } else { [elastic, open] };
        let mut refusal = None;
        // Where the banner may not be read the product is a guess, and the other spelling may be the right one.
        for path in spellings {
            match self.client.post_empty(what, &path).await {
                Ok(answer) if answer.get("pit_id").is_some() => {
                    return Ok(PointInTime { id: text(&answer, "pit_id"), tiebreaks: vec![json!({"_seq_no": "asc"}), json!({"_index": "asc"})] });
                }
                Ok(answer) => return Ok(PointInTime { id: text(&answer, "id"), tiebreaks: vec![json!({"_shard_doc": "asc"})] }),
                Err(error) => {
                    refusal.get_or_insert(error);
                }
            }
        }
        Err(refusal.unwrap_or_else(|| BackendError::new(format!("could not {what}"))))
    }
}

struct PointInTime {
    id: String,
    tiebreaks: Vec<Value>,
}

/// The last moment that was read, and what was read of it: where another point in time goes on.
#[derive(Default)]
struct Edge {
    time: Option<Value>,
    read: BTreeSet<(String, String)>,
}

impl Edge {
    /// Whether a document was read already.
    fn has(&self, hit: &Value) -> bool {
        self.time.is_some() && self.time.as_ref() == hit.pointer("/sort/0") && self.read.contains(&named(hit))
    }

    /// These were read.
    fn take(&mut self, hits: &[&Value]) {
        for hit in hits {
            let time = hit.pointer("/sort/0").cloned();
            if time != self.time {
                (self.time, self.read) = (time, BTreeSet::new());
            }
            self.read.insert(named(hit));
        }
    }

    /// Where to go on: the same moment once more, since another point in time breaks ties otherwise. `None` before the first page.
    fn again(&self, point: &PointInTime) -> Option<Value> {
        let time = self.time.clone()?;
        let least = [json!(-1), json!("")];
        Some(std::iter::once(time).chain(least.into_iter().take(point.tiebreaks.len())).collect())
    }
}

fn named(hit: &Value) -> (String, String) {
    (text(hit, "_index"), text(hit, "_id"))
}

fn hits(answer: &Value) -> &[Value] {
    answer.pointer("/hits/hits").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text(answer: &Value, name: &str) -> String {
    answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}
