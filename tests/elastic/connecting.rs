//! Every way to connect, and every certificate that must not be accepted.

use rdptriage::backend::elastic::{ClientCertificate, Connection, Credentials, Proxy};
use rdptriage::domain::Range;
use rdptriage::query::Scope;
use sha2::{Digest as _, Sha256};

use super::support::cluster::{Product, clusters};
use super::support::scripted::{Reply, Scripted};
use super::support::tls::{Authority, Like, Server};
use super::{BANNER, connect, counts, dynamic, helk};

fn hex(der: &[u8]) -> String {
    Sha256::digest(der).iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

/// The first certificate of a PEM text.
fn der(pem: &str) -> Vec<u8> {
    use rustls::pki_types::pem::PemObject as _;
    rustls::pki_types::CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate").to_vec()
}

#[tokio::test]
async fn a_fingerprint_opens_a_real_cluster_and_a_wrong_one_names_both_values() {
    for cluster in clusters() {
        let ca = std::fs::read_to_string(cluster.ca.as_ref().expect("a CA")).expect("a CA");
        let index = cluster.index("fingerprint");
        cluster.load(&index, &dynamic(), &helk()).await;
        let mut connection = cluster.connection(&[index]);
        connection.ca_cert = None;
        connection.ca_fingerprint = Some(hex(&der(&ca)));
        let elastic = connect(connection.clone()).await.expect("a connection");
        assert_eq!(counts(&elastic, &Scope::over(Range::ALL), rdptriage::domain::By::HostName).await.destinations[0].events, 6, "{:?}", cluster.product);

        let wrong = "00".repeat(32);
        connection.ca_fingerprint = Some(wrong.clone());
        let error = connect(connection.clone()).await.expect_err("refused");
        let right = hex(&der(&ca)).replace(':', "").to_lowercase();
        assert!(error.what.contains(&wrong) && error.what.contains(&right) && error.what.contains("CN=test CA"), "{error}");
        assert!(!error.what.contains(&cluster.password));
        connection.ca_fingerprint = Some("ab:cd".to_owned());
        assert!(connect(connection).await.expect_err("refused").what.ends_with("is no SHA-256: it has 4 characters instead of 64"));
    }
}

#[tokio::test]
async fn a_wrong_password_is_sent_once_and_the_right_one_gets_in() {
    for cluster in clusters() {
        let mut connection = cluster.connection(&[]);
        connect(connection.clone()).await.expect("a connection");
        connection.credentials = Credentials::Basic { user: cluster.user.clone(), password: "hunter2".to_owned() };
        let error = connect(connection.clone()).await.expect_err("refused");
        assert!(error.what.ends_with("refused the credentials (401)") && !format!("{error:?}").contains("hunter2"), "{error:?}");
        if cluster.product == Product::Elasticsearch {
            connection.credentials = Credentials::Bearer("hunter2".to_owned());
            assert!(connect(connection).await.expect_err("refused").what.ends_with("(401)"));
        }
    }
}

#[tokio::test]
async fn each_kind_of_credentials_is_sent_as_its_header() {
    let server = Scripted::start(|_, _| Reply::json("200 OK", BANNER)).await;
    let kinds = [
        (Credentials::ApiKey("Txy:key".to_owned()), "authorization: ApiKey VHh5OmtleQ=="),
        (Credentials::Basic { user: "kim".to_owned(), password: "p".to_owned() }, "authorization: Basic a2ltOnA="),
        (Credentials::Bearer("token".to_owned()), "authorization: Bearer token"),
    ];
    for (credentials, header) in kinds {
        let mut connection = Connection::to(vec![server.url.clone()]);
        connection.credentials = credentials;
        connect(connection).await.expect("a connection");
        let last = server.asked.lock().expect("no panic").last().cloned().expect("a request");
        assert!(last.contains(header), "{last}");
    }
}

#[tokio::test]
async fn certificates_in_disorder_are_refused_with_cause_and_both_values() {
    let folder = tempfile::tempdir().expect("a folder");
    let (ours, other) = (Authority::new("Lab CA"), Authority::new("Other CA"));
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, ours.pem()).expect("written");
    let good = Server::start(&ours.sign(&["127.0.0.1"], &Like::default()), &ours, None);
    let expired = Server::start(&ours.sign(&["127.0.0.1"], &Like { is_expired: true, ..Like::default() }), &ours, None);
    let misnamed = Server::start(&ours.sign(&["es1.example", "10.0.0.5"], &Like::default()), &ours, None);
    let foreign = Server::start(&other.sign(&["127.0.0.1"], &Like::default()), &other, None);
    let to = |server: &Server| {
        let mut connection = Connection::to(vec![format!("https://127.0.0.1:{}", server.port)]);
        connection.ca_cert = Some(ca.clone());
        connection.credentials = Credentials::ApiKey("Txy:hunter2".to_owned());
        connection
    };
    connect(to(&good)).await.expect("a connection");
    let mut pinned = to(&good);
    (pinned.ca_cert, pinned.ca_fingerprint) = (None, Some(hex(ours.der())));
    connect(pinned).await.expect("a connection");
    let table = [
        (&expired, "expired on 2025-01-01T00:00:00Z, and it is "),
        (&misnamed, "was made for 10.0.0.5, es1.example, and not for 127.0.0.1"),
        (&foreign, "CN=Other CA, which is neither an authority of "),
    ];
    for (server, expected) in table {
        let error = connect(to(server)).await.expect_err(expected);
        let place = format!("could not greet the cluster: the certificate of 127.0.0.1:{} ", server.port);
        assert!(error.what.starts_with(&place) && error.what.contains(expected), "{error}");
        assert!(server.asked.lock().expect("no panic").is_empty(), "a request got through");
    }
    let mut trusting = to(&foreign);
    trusting.ca_cert = None;
    let error = connect(trusting).await.expect_err("refused");
    assert!(error.advice.as_deref().is_some_and(|advice| advice.contains("--ca-fingerprint")), "{:?}", error.advice);
}

#[tokio::test]
async fn a_client_certificate_gets_in_where_one_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let (ours, people) = (Authority::new("Lab CA"), Authority::new("People CA"));
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, ours.pem()).expect("written");
    let server = Server::start(&ours.sign(&["127.0.0.1"], &Like::default()), &ours, Some(&people));
    let mut connection = Connection::to(vec![format!("https://127.0.0.1:{}", server.port)]);
    connection.ca_cert = Some(ca);
    let error = connect(connection.clone()).await.expect_err("refused");
    assert!(error.what.contains("did not accept the client certificate, or asks for one"), "{error}");
    let (cert, key) = people.sign(&["kim"], &Like { is_for_client: true, ..Like::default() }).write(folder.path());
    connection.client_cert = Some(ClientCertificate { cert, key: key.clone() });
    connection.credentials = Credentials::ApiKey("Txy:key".to_owned());
    connect(connection.clone()).await.expect("a connection");
    assert!(server.asked.lock().expect("no panic").last().expect("a request").contains("ApiKey VHh5OmtleQ=="), "a key beside the certificate");
    super::support::private(&key, "no key");
    let error = connect(connection).await.expect_err("refused");
    assert!(error.what.contains("own.pem could not be used"), "{error}");
}

#[tokio::test]
async fn a_dead_node_is_left_for_the_next() {
    let alive = Scripted::start(|_, _| Reply::json("200 OK", BANNER)).await;
    let dead = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let sick = Scripted::start(|_, _| Reply::json("503 Service Unavailable", "{}")).await;
    connect(Connection::to(vec![format!("http://{dead}"), sick.url.clone(), alive.url.clone()])).await.expect("a connection");
    assert_eq!((sick.asked.lock().expect("no panic").len(), alive.asked.lock().expect("no panic").len()), (1, 1));
}

#[tokio::test]
async fn a_proxy_is_asked_where_one_is_set() {
    let proxy = Scripted::start(|_, _| Reply::json("200 OK", BANNER)).await;
    let mut connection = Connection::to(vec!["http://es.example:9200".to_owned()]);
    connection.proxy = Proxy::Through(proxy.url.clone());
    connect(connection.clone()).await.expect("a connection");
    assert!(proxy.asked.lock().expect("no panic")[0].starts_with("GET http://es.example:9200/"));
    connection.proxy = Proxy::Through("proxy.example".to_owned());
    assert_eq!(connect(connection).await.expect_err("refused").what, "the address of the proxy is no URL of http or https");
}

/// Answers on standard input; the questions and answers that follow are on standard output.
fn program(folder: &std::path::Path, line: &str, answers: &str) -> (Option<i32>, String) {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let mut command = Command::new(env!("CARGO_BIN_EXE_rdptriage"));
    command.args(line.split(' ')).env_clear().env("RDPTRIAGE_CONFIG_DIR", folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    child.stdin.take().expect("a pipe").write_all(answers.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("ended");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn three_questions_make_a_profile_that_opens_a_real_cluster() {
    for cluster in clusters() {
        let ca = std::fs::read_to_string(cluster.ca.as_ref().expect("a CA")).expect("a CA");
        let index = cluster.index("init");
        cluster.load(&index, &dynamic(), &helk()).await;
        let folder = tempfile::tempdir().expect("a folder");
        let answers = format!("{}\nuser\n{}\n{}\n{index}\n{}\n", cluster.url, cluster.user, cluster.password, hex(&der(&ca)));
        let (code, said) = program(folder.path(), "config init", &answers);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("an authority this machine does not trust") && said.contains("Reached ") && said.contains("8 RDP events"), "{said}");
        assert!(!said.contains(&cluster.password), "{said}");
        let (code, counts) = program(folder.path(), "counts --by host.name --from 2000-01-01 --format csv", "");
        assert_eq!(code, Some(0), "{counts}");
        assert!(counts.contains("FS01,2025-01-01T00:00:00Z,6,"), "{counts}");
    }
}
