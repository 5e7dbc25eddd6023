//! Long stretches: asked day by day, kept, gone on with, cut smaller. Against a server that answers as told, and a real one.

use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rdptriage::backend::Steps;
use rdptriage::domain::Timestamp;

use super::*;

/// Five days and a quarter of a sixth.
fn stretch() -> Range {
    Range { from: "2025-01-01T00:00:00Z".parse().expect("a time"), to: "2025-01-06T06:00:00Z".parse().expect("a time") }
}

/// The days of January whose events were asked for, in order: those of the census are not among them.
fn days_asked(server: &Scripted) -> Vec<String> {
    let mut days: Vec<String> = server
        .asked_for("_search")
        .iter()
        .filter(|request| !request.contains("\"days\""))
        .filter_map(|request| request.split("\"gte\":\"2025-01-").nth(1).map(|rest| rest.chars().take(2).collect()))
        .collect();
    days.dedup();
    days
}

fn forget(server: &Scripted) {
    server.asked.lock().expect("no panic").clear();
}

/// An answer to the census: so many documents on each of the first days of January.
fn by_day(documents: &[u64]) -> Reply {
    let bucket = |(day, documents): (usize, &u64)| json!({"key": 1_735_689_600_000_u64 + 86_400_000 * day as u64, "doc_count": documents});
    let buckets: Vec<Value> = documents.iter().enumerate().filter(|(_, documents)| **documents > 0).map(bucket).collect();
    Reply::json("200 OK", json!({"_shards": {"total": 1, "failed": 0}, "timed_out": false, "aggregations": {"days": {"buckets": buckets}}}).to_string())
}

/// Two events at the beginning of the stretch that is asked for.
fn two_events(request: &str) -> Reply {
    let from = request.split("\"gte\":\"").nth(1).map_or("", |rest| rest.get(..20).unwrap_or_default());
    let from: Timestamp = from.parse().expect("a time");
    let answer = census(r#"{"total":1,"successful":1,"failed":0}"#, false).replace("1735689600", &from.as_second().to_string());
    Reply::json("200 OK", answer.replace("1735689660", &from.as_second().saturating_add(60).to_string()))
}

async fn ask(server: &Scripted, cache: Option<&Path>) -> Result<Answer, BackendError> {
    let elastic = connect(Connection::to(vec![server.url.clone()])).await?;
    let elastic = match cache {
        Some(cache) => elastic.cached_in(cache.to_owned()),
        None => elastic,
    };
    elastic.answer(&Ask::Arrivals { scope: Scope { families: Families::only(Family::Network), ..Scope::over(stretch()) }, bucket: BucketSize::Quarter }).await
}

#[tokio::test]
async fn a_day_is_asked_once_and_again_only_when_its_documents_change() {
    let counted = Arc::new(Mutex::new(vec![2, 0, 2, 2, 2, 2]));
    let shared = Arc::clone(&counted);
    let server = searched(move |request, _| if request.contains("\"days\"") { by_day(&shared.lock().expect("no panic")) } else { two_events(request) }).await;
    let cache = tempfile::tempdir().expect("a folder");
    let first = ask(&server, Some(cache.path())).await.expect("an answer");
    assert_eq!(days_asked(&server), ["01", "03", "04", "05", "06"], "a day without documents is not asked");
    assert_eq!(server.asked_for("_search").iter().filter(|request| request.contains("\"days\"")).count(), 1);

    forget(&server);
    let second = ask(&server, Some(cache.path())).await.expect("an answer");
    assert_eq!(days_asked(&server), ["06"], "only what is no whole day");
    assert_eq!(second, first);

    forget(&server);
    counted.lock().expect("no panic")[2] = 3;
    ask(&server, Some(cache.path())).await.expect("an answer");
    assert_eq!(days_asked(&server), ["03", "06"], "what came in late");

    forget(&server);
    for file in std::fs::read_dir(cache.path().join("arrivals"))
        .expect("a folder")
        .flat_map(|folder| std::fs::read_dir(folder.expect("a folder").path()).expect("a folder"))
    {
        std::fs::write(file.expect("a file").path(), "what is this").expect("written");
    }
    assert_eq!(ask(&server, Some(cache.path())).await.expect("an answer"), first);
    assert_eq!(days_asked(&server), ["01", "03", "04", "05", "06"], "damaged files are none");

    forget(&server);
    ask(&server, None).await.expect("an answer");
    assert_eq!(days_asked(&server).len(), 5, "no cache, nothing kept");
}

#[tokio::test]
async fn a_stretch_that_breaks_off_goes_on_where_it_was() {
    let is_down = Arc::new(Mutex::new(true));
    let shared = Arc::clone(&is_down);
    let server = searched(move |request, _| {
        if request.contains("\"days\"") {
            by_day(&[2, 2, 2, 2, 2, 2])
        } else if request.contains("\"gte\":\"2025-01-04") && *shared.lock().expect("no panic") {
            Reply { status: "503 Service Unavailable", headers: "Retry-After: 0\r\n", body: String::new() }
        } else {
            two_events(request)
        }
    })
    .await;
    let elastic = connect(Connection::to(vec![server.url.clone()])).await.expect("a connection");
    let ask = Ask::Arrivals { scope: Scope { families: Families::only(Family::Network), ..Scope::over(stretch()) }, bucket: BucketSize::Quarter };
    let error = elastic.answer(&ask).await.expect_err("it is down");
    assert!(error.what.ends_with("answered 503 Service Unavailable (3 of 6 days of history are still to be read)"), "{error}");
    assert!(error.advice.is_some());
    forget(&server);
    *is_down.lock().expect("no panic") = false;
    elastic.answer(&ask).await.expect("an answer");
    assert_eq!(days_asked(&server), ["04", "05", "06"]);
}

#[tokio::test]
async fn what_is_too_much_at_a_time_is_asked_in_parts() {
    let refused = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&refused);
    // Whole days are too much; whatever begins or ends within one is not.
    let server = searched(move |request, _| {
        let is_day = request.contains("\"gte\":\"2025-01-02T00:00:00Z\"") && request.contains("\"lt\":\"2025-01-03T00:00:00Z\"");
        if request.contains("\"days\"") {
            by_day(&[0, 2])
        } else if is_day {
            counter.fetch_add(1, Ordering::Relaxed);
            Reply::json(
                "429 Too Many Requests",
                r#"{"error":{"type":"circuit_breaking_exception","reason":"[parent] Data too large","durability":"PERMANENT"}}"#,
            )
        } else {
            two_events(request)
        }
    })
    .await;
    let Answer::Arrivals(arrivals) = ask(&server, None).await.expect("an answer") else { panic!("another answer") };
    assert_eq!(refused.load(Ordering::Relaxed), 1, "not again as it is");
    assert!(arrivals.completeness.is_whole());
    for half in [r#""gte":"2025-01-02T00:00:00Z","lt":"2025-01-02T12:00:00Z""#, r#""gte":"2025-01-02T12:00:00Z","lt":"2025-01-03T00:00:00Z""#] {
        assert!(server.asked_for("_search").iter().any(|request| request.contains(half)), "{half}");
    }
}

/// Counts what it is told.
#[derive(Default)]
struct Told {
    steps: AtomicU64,
    of: AtomicU64,
}

impl Steps for Told {
    fn step(&self, done: u64, of: u64) {
        self.steps.store(done, Ordering::Relaxed);
        self.of.store(of, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn history_by_day_is_history_at_once() {
    for cluster in clusters() {
        let index = cluster.index("history");
        let document = |number: i64| {
            let time = Timestamp::from_second(1_735_689_600 + number * 3001).expect("a time").to_string();
            let document = json!({
                "@timestamp": time, "event": {"dataset": "endpoint.events.network", "action": "connection_accepted"}, "host": {"name": format!("FS{}", number % 3)},
                "source": {"ip": format!("10.66.0.{}", number % 7), "port": 50000}, "destination": {"ip": format!("10.77.0.{}", number % 3), "port": 3389},
            });
            (number.to_string(), document)
        };
        cluster.load(&index, &exact(), &(0..200).map(document).collect::<Vec<_>>()).await;
        let cache = tempfile::tempdir().expect("a folder");
        let ask = |range| Ask::Arrivals { scope: Scope::over(range), bucket: BucketSize::Quarter };
        let mut told: Vec<Vec<String>> = Vec::new();
        for (range, cached) in [(Range::ALL, false), (stretch(), true), (stretch(), true), (stretch(), false)] {
            let elastic = connect(cluster.connection(std::slice::from_ref(&index))).await.expect("a connection");
            let elastic = if cached { elastic.cached_in(cache.path().to_owned()) } else { elastic };
            let steps = Told::default();
            let Answer::Arrivals(arrivals) = elastic.answer_with(&ask(range), &steps).await.expect("arrivals") else { panic!("another answer") };
            assert!(arrivals.completeness.is_whole(), "{:?}", arrivals.completeness);
            assert_eq!(steps.of.load(Ordering::Relaxed), if range == Range::ALL { 0 } else { 6 });
            assert_eq!(steps.steps.load(Ordering::Relaxed), steps.of.load(Ordering::Relaxed));
            let end = stretch().to;
            let mut rows: Vec<String> = arrivals
                .rows
                .iter()
                .filter(|row| arrivals.bucket.at(row.bucket) < end)
                .map(|row| format!("{} {:?} {} x{}", row.bucket, arrivals.endpoints[row.endpoint as usize], arrivals.sources[row.source as usize], row.events))
                .collect();
            rows.sort();
            told.push(rows);
        }
        assert!(told[0].len() > 100);
        assert!(told.iter().all(|rows| *rows == told[0]), "{:?}", cluster.product);
    }
}
