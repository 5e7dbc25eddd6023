//! Bad days, each with a sentence that says what to do: servers that break as told.

use super::support::faulty::{Fate, Faulty};
use super::*;

fn fine(body: &str) -> Fate {
    Fate::Answer("200 OK", body.to_owned())
}

/// A cluster whose searches end as told.
async fn searching(search: impl Fn(&str, usize) -> Fate + Send + Sync + 'static) -> Faulty {
    Faulty::start(move |request, before| match request.lines().next().unwrap_or_default() {
        line if line.contains("_search") => search(request, before),
        line if line.contains("_field_caps") => fine(FIELD_CAPS),
        _ => fine(BANNER),
    })
    .await
}

fn whole() -> Fate {
    fine(&census(r#"{"total":1,"successful":1,"failed":0}"#, false))
}

/// Half a day.
fn shift() -> Ask {
    let range = Range { from: "2025-01-01T00:00:00Z".parse().expect("a time"), to: "2025-01-01T12:00:00Z".parse().expect("a time") };
    Ask::Arrivals { scope: Scope { families: Families::only(Family::Network), ..Scope::over(range) }, bucket: BucketSize::Quarter }
}

async fn to(server: &Faulty) -> Elastic {
    connect(Connection::to(vec![server.url.clone()])).await.expect("a connection")
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    let server = searching(|_, before| {
        if before < 4 { Fate::Cut("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{\"aggre".to_owned()) } else { whole() }
    })
    .await;
    assert!(to(&server).await.answer(&shift()).await.expect("an answer at last").completeness().is_whole());

    let server = searching(|_, _| Fate::Cut("HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n{".to_owned())).await;
    let error = to(&server).await.answer(&shift()).await.expect_err("never whole");
    assert!(error.what.ends_with("was not reached, the connection failed or broke off"), "{error}");
    assert!(error.advice.is_some());
    assert_eq!(server.asked().iter().filter(|line| line.contains("_search")).count(), 4);
}

#[tokio::test]
async fn nobody_there_and_no_such_name() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let error = connect(Connection::to(vec![format!("http://{free}")])).await.expect_err("refused");
    assert_eq!(error.what, format!("could not greet the cluster: {free} was not reached, the connection was refused"));
    assert_eq!(error.advice.as_deref(), Some("check address and port, and that the cluster is up"));
    let error = connect(Connection::to(vec!["http://no-such-cluster.invalid:9200".to_owned()])).await.expect_err("no such name");
    assert!(error.what.ends_with("was not reached, its name could not be resolved"), "{error}");
}

#[tokio::test]
async fn refused_credentials_are_never_sent_again() {
    let refusal = || Fate::Answer("401 Unauthorized", r#"{"error":{"type":"security_exception","reason":"API key has expired"}}"#.to_owned());
    let server = searching(move |_, _| refusal()).await;
    let mut connection = Connection::to(vec![server.url.clone()]);
    connection.credentials = Credentials::ApiKey("id:key".to_owned());
    let elastic = connect(connection).await.expect("a connection while the key was good");
    let error = elastic.answer(&shift()).await.expect_err("expired");
    assert!(error.what.contains("refused the credentials (401)"), "{error}");
    let asked = server.asked().len();
    for _ in 0..3 {
        let error = elastic.answer(&shift()).await.expect_err("expired");
        assert!(error.what.contains("(401) that were good before; they are sent again in "), "{error}");
        assert!(error.advice.as_deref().is_some_and(|advice| advice.contains("just restarted") && advice.contains("start again")), "{error:?}");
    }
    assert_eq!(server.asked().len(), asked, "a live view that goes on asking would lock the account");
}

#[tokio::test]
async fn an_index_that_is_not_there_is_named() {
    let missing = r#"{"error":{"root_cause":[{"type":"index_not_found_exception","reason":"no such index [rdp-2025]"}],"type":"index_not_found_exception"},"status":404}"#;
    let server =
        Faulty::start(move |request, _| if request.contains("_field_caps") { Fate::Answer("404 Not Found", missing.to_owned()) } else { fine(BANNER) }).await;
    let mut connection = Connection::to(vec![server.url.clone()]);
    connection.index = vec!["rdp-2025".to_owned()];
    let error = connect(connection).await.expect("a connection").answer(&Ask::Overview).await.expect_err("not there");
    assert_eq!(error.what, "could not ask for the fields of rdp-2025: there is no such index (no such index [rdp-2025])");
    assert!(error.advice.is_some_and(|advice| advice.contains("--index")));
}

#[tokio::test]
async fn what_may_not_be_read_is_named_and_the_rest_answers() {
    let denied = r#"{"error":{"type":"security_exception","reason":"action [indices:data/read/field_caps] is unauthorized"}}"#;
    let server = Faulty::start(move |request, _| {
        let line = request.lines().next().unwrap_or_default();
        match line {
            line if line.contains("_field_caps") && line.contains("secret") => Fate::Answer("403 Forbidden", denied.to_owned()),
            line if line.contains("_field_caps") => fine(FIELD_CAPS),
            line if line.contains("_search") => whole(),
            _ => fine(BANNER),
        }
    })
    .await;
    let mut connection = Connection::to(vec![server.url.clone()]);
    connection.index = vec!["logs-x".to_owned(), "secret".to_owned()];
    let answer = connect(connection).await.expect("a connection").answer(&shift()).await.expect("an answer");
    let Answer::Arrivals(arrivals) = &answer else { panic!("another answer") };
    assert_eq!(arrivals.rows.len(), 1);
    assert!(!answer.completeness().is_whole());
    assert!(answer.completeness().words().contains("no right to secret"), "{}", answer.completeness().words());
}

#[tokio::test]
async fn an_empty_cluster_says_what_was_looked_for() {
    let server = Faulty::start(|request, _| if request.contains("_field_caps") { fine(r#"{"indices":[],"fields":{}}"#) } else { fine(BANNER) }).await;
    let answer = to(&server).await.answer(&Ask::Overview).await.expect("an answer");
    let words = answer.completeness().words();
    assert!(words.contains("logs-*, winlogbeat-*, packetbeat-*, filebeat-*"), "{words}");
    assert!(!answer.completeness().is_whole(), "nothing found is not nothing there");
}

#[tokio::test]
async fn too_many_buckets_are_asked_for_in_parts() {
    let refusal = r#"{"error":{"type":"search_phase_execution_exception","reason":"","caused_by":{"type":"too_many_buckets_exception","reason":"Trying to create too many buckets"}}}"#;
    let server = searching(move |request, _| {
        if request.contains(r#""gte":"2025-01-01T00:00:00Z","lt":"2025-01-01T12:00:00Z""#) {
            Fate::Answer("503 Service Unavailable", refusal.to_owned())
        } else {
            whole()
        }
    })
    .await;
    assert!(to(&server).await.answer(&shift()).await.expect("an answer").completeness().is_whole());
    let asked: Vec<String> = server.requests().into_iter().filter(|request| request.contains("_search")).collect();
    assert_eq!(
        asked.iter().filter(|request| request.contains(r#""lt":"2025-01-01T12:00:00Z""#) && request.contains(r#""gte":"2025-01-01T00:00:00Z""#)).count(),
        1
    );
    assert!(asked.iter().any(|request| request.contains(r#""gte":"2025-01-01T00:00:00Z","lt":"2025-01-01T06:00:00Z""#)));
    assert!(asked.iter().any(|request| request.contains(r#""gte":"2025-01-01T06:00:00Z","lt":"2025-01-01T12:00:00Z""#)));
}

#[tokio::test]
async fn an_answer_beyond_all_measure_is_not_taken() {
    let server = searching(|_, _| Fate::Cut("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 70000000000\r\n\r\n{".to_owned())).await;
    let error = to(&server).await.answer(&Ask::Overview).await.expect_err("too large");
    assert!(error.what.ends_with("is larger than 64 MiB"), "{error}");
    assert_eq!(error.advice.as_deref(), Some("ask for a shorter time range"));
    assert_eq!(server.asked().iter().filter(|line| line.contains("_search")).count(), 1);
}

/// Sysmon connections by number, a second each; as hits of a search that is sorted by time.
fn hit(number: u64) -> Value {
    let millis = 1_735_689_600_000 + number / 4 * 1000;
    let time = rdptriage::domain::Timestamp::from_millisecond(i64::try_from(millis).expect("small")).expect("a time").to_string();
    json!({
        "_index": "logs-x", "_id": format!("d{number}"), "sort": [millis, number],
        "_source": {
            "@timestamp": time, "event_id": 3, "log_name": "Microsoft-Windows-Sysmon/Operational", "src_ip_addr": "10.0.0.7", "dst_ip_addr": "10.0.0.5",
            "dst_port": 3389, "network_initiated": "false", "host_name": "FS01",
        },
    })
}

#[tokio::test]
async fn a_point_in_time_that_expires_is_made_anew_and_nothing_is_read_twice_or_lost() {
    let gone = r#"{"error":{"root_cause":[{"type":"search_context_missing_exception","reason":"No search context found"}],"type":"search_phase_execution_exception"},"status":404}"#;
    let page = |from: u64, to: u64| {
        let hits: Vec<Value> = (from..to).map(hit).collect();
        fine(&json!({"timed_out": false, "_shards": {"total": 1, "failed": 0}, "hits": {"total": {"value": 1500}, "hits": hits}}).to_string())
    };
    let server = Faulty::start(move |request, _| {
        let line = request.lines().next().unwrap_or_default();
        match line {
            line if line.contains("_field_caps") => fine(FIELD_CAPS),
            line if line.contains("_pit") => fine(r#"{"id":"held"}"#),
            line if !line.contains("_search") => fine(BANNER),
            // The first page, then the end of the point in time, then everything of the last moment once more.
            _ if request.contains("\"search_after\":[1735689849000,-1]") => page(996, 1500),
            _ if request.contains("search_after") => Fate::Answer("404 Not Found", gone.to_owned()),
            _ => page(0, 1000),
        }
    })
    .await;
    let elastic = to(&server).await;
    let page = events(&elastic, &of(Family::Network), 0, 10_000).await;
    let ids: Vec<&str> = page.events.iter().filter_map(|event| event.origin.id.as_ref()).map(Foreign::raw).collect();
    assert_eq!(ids, (0..1500).map(|number| format!("d{number}")).collect::<Vec<_>>());
    assert!(page.completeness.is_whole(), "{:?}", page.completeness);
    assert_eq!(server.asked().iter().filter(|line| line.contains("_pit")).count(), 2);
}

#[tokio::test]
async fn a_body_without_end_and_without_a_length_is_not_taken() {
    let mut chunk = b"100000\r\n".to_vec();
    chunk.extend(std::iter::repeat_n(b' ', 0x0010_0000));
    chunk.extend(b"\r\n");
    let chunk: &'static [u8] = chunk.leak();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    let server = searching(move |_, _| Fate::Forever(head.to_owned(), chunk)).await;
    let error = to(&server).await.answer(&Ask::Overview).await.expect_err("too large");
    assert!(error.what.ends_with("is larger than 64 MiB"), "{error}");
    assert_eq!(server.asked().iter().filter(|line| line.contains("_search")).count(), 1);
}

#[tokio::test]
async fn an_answer_that_never_comes_to_its_end_is_given_up() {
    let server = searching(|_, _| Fate::Stall("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{".to_owned())).await;
    let mut connection = Connection::to(vec![server.url.clone()]);
    connection.patience = std::time::Duration::from_millis(1500);
    let error = connect(connection).await.expect("a connection").answer(&Ask::Overview).await.expect_err("never whole");
    assert!(error.what.ends_with(" did not answer in full within 1.5s"), "{error}");
    assert_eq!(error.advice.as_deref(), Some("ask for a shorter time range, or try again later"));
    assert_eq!(server.asked().iter().filter(|line| line.contains("_search")).count(), 1, "a cluster that is slow is not asked twice");
}

#[tokio::test]
async fn of_three_nodes_one_is_dead_and_the_next_answers() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let (second, third) = (searching(|_, _| whole()).await, searching(|_, _| whole()).await);
    let connection = Connection::to(vec![format!("http://{free}"), second.url.clone(), third.url.clone()]);
    let elastic = connect(connection).await.expect("a connection to the second");
    assert!(elastic.answer(&shift()).await.expect("an answer").completeness().is_whole());
    assert!(!second.asked().is_empty());
    assert_eq!(third.asked(), Vec::<String>::new(), "the second does it all");
}

#[tokio::test]
async fn a_cluster_that_starts_again_is_waited_for() {
    let starting =
        r#"{"error":{"type":"cluster_block_exception","reason":"blocked by: [SERVICE_UNAVAILABLE/1/state not recovered / initialized];"},"status":503}"#;
    let server = searching(move |_, before| if before < 5 { Fate::Answer("503 Service Unavailable", starting.to_owned()) } else { whole() }).await;
    assert!(to(&server).await.answer(&shift()).await.expect("an answer at last").completeness().is_whole());

    let server = searching(move |_, _| Fate::Answer("503 Service Unavailable", starting.to_owned())).await;
    let error = to(&server).await.answer(&shift()).await.expect_err("never ready");
    assert!(error.what.contains("answered 503 Service Unavailable (blocked by: [SERVICE_UNAVAILABLE/1/state not recovered"), "{error}");
    assert_eq!(error.advice.as_deref(), Some("the cluster or a proxy before it is down or overloaded; try again later"));
}

#[tokio::test]
async fn nobody_is_followed_elsewhere() {
    let elsewhere = Scripted::start(|_, _| Reply::json("200 OK", BANNER)).await;
    let location: &'static str = format!("Location: {}/login\r\n", elsewhere.url).leak();
    let server = Scripted::start(move |_, _| Reply { status: "302 Found", headers: location, body: String::new() }).await;
    let mut connection = Connection::to(vec![server.url.clone()]);
    connection.credentials = Credentials::ApiKey("id:key".to_owned());
    let error = connect(connection).await.expect_err("led away");
    assert!(error.what.ends_with(&format!("leads to {}/login, which is not followed", elsewhere.url)), "{error}");
    assert!(error.advice.is_some());
    assert_eq!(elsewhere.asked_for("").len(), 0);
}

#[tokio::test]
async fn indices_of_another_cluster_are_asked_of_this_one() {
    let server = searched(|_, _| Reply::json("200 OK", census(r#"{"total":1,"successful":1,"failed":0}"#, false))).await;
    let mut connection = Connection::to(vec![server.url.clone()]);
    connection.index = vec!["branch:logs-*".to_owned()];
    connect(connection).await.expect("a connection").answer(&shift()).await.expect("an answer");
    assert!(server.asked_for("GET /branch:logs-*/_field_caps").len() > 1);
}

#[tokio::test]
async fn an_index_that_knew_the_answer_at_once_left_nothing_out() {
    let server = searching(|_, _| {
        fine(&census(r#"{"total":1,"successful":1,"failed":0}"#, false).replace(r#""timed_out":false"#, r#""timed_out":false,"terminated_early":true"#))
    })
    .await;
    assert_eq!(to(&server).await.answer(&shift()).await.expect("an answer").completeness().words(), "complete");
}
