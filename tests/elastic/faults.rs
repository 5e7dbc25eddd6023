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
        assert!(error.what.contains("were refused (401)") && error.advice.as_deref().is_some_and(|advice| advice.contains("start again")), "{error}");
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
