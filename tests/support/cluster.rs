//! Real Elasticsearch and OpenSearch: running ones named by the environment, else started by `../shared/servers`
//! and stopped when the test process ends.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use rdptriage::backend::elastic::{Connection, Credentials};
use serde_json::Value;

/// Which product.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Product {
    /// Elasticsearch.
    Elasticsearch,
    /// OpenSearch.
    OpenSearch,
}

/// A running server and how to get in.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub product: Product,
    pub url: String,
    pub ca: Option<PathBuf>,
    pub user: String,
    pub password: String,
}

/// Both servers, as far as they can be had. Says why where they cannot.
pub fn clusters() -> Vec<&'static Cluster> {
    [elasticsearch(), opensearch()].into_iter().flatten().collect()
}

/// Elasticsearch.
pub fn elasticsearch() -> Option<&'static Cluster> {
    static SERVER: OnceLock<Option<Cluster>> = OnceLock::new();
    SERVER.get_or_init(|| found(Product::Elasticsearch)).as_ref()
}

/// OpenSearch.
pub fn opensearch() -> Option<&'static Cluster> {
    static SERVER: OnceLock<Option<Cluster>> = OnceLock::new();
    SERVER.get_or_init(|| found(Product::OpenSearch)).as_ref()
}

fn found(product: Product) -> Option<Cluster> {
    let cluster = named(product).map_or_else(|| started(product), Ok);
    match cluster {
        Ok(cluster) => Some(cluster),
        Err(reason) => {
            assert!(std::env::var_os("RDPTRIAGE_REQUIRE_SERVERS").is_none(), "no {product:?}: {reason}");
            eprintln!("skipped: no {product:?}: {reason}");
            None
        }
    }
}

/// A running server that the environment names, say `RDPTRIAGE_TEST_ES_URL`.
fn named(product: Product) -> Option<Cluster> {
    let prefix = if product == Product::Elasticsearch { "ES" } else { "OS" };
    let get = |name: &str| std::env::var(format!("RDPTRIAGE_TEST_{prefix}_{name}")).ok();
    Some(Cluster {
        product,
        url: get("URL")?,
        ca: get("CACERT").map(PathBuf::from),
        user: get("USER").unwrap_or_default(),
        password: get("PASSWORD").unwrap_or_default(),
    })
}

fn started(product: Product) -> Result<Cluster, String> {
    let root = std::env::var_os("RDPTRIAGE_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let (start, stop, prefix) = match product {
        Product::Elasticsearch => ("es-start", "es-stop", "ES"),
        Product::OpenSearch => ("os-start", "os-stop", "OS"),
    };
    let scripts = root.join("servers");
    if !scripts.join(start).is_file() {
        return Err(format!("{} is not there (set RDPTRIAGE_SHARED)", scripts.join(start).display()));
    }
    let folder = std::env::temp_dir().join(format!("rdptriage-test-{}-{}", std::process::id(), prefix.to_lowercase()));
    let output = Command::new(scripts.join(start))
        .args(["--port", "0", "--secure", "--fast", "--heap", "1g", "--dir"])
        .arg(&folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|reason| format!("{start} did not start ({reason})"))?;
    if !output.status.success() {
        return Err(format!("{start} failed: {}", String::from_utf8_lossy(&output.stderr)));
    }
    stop_later(&scripts.join(stop), &folder);
    let text = std::fs::read_to_string(folder.join("env")).map_err(|reason| format!("no settings of {start} ({reason})"))?;
    let settings: BTreeMap<&str, &str> =
        text.lines().filter_map(|line| line.split_once('=')).map(|(name, value)| (name, value.trim_matches(['"', '\'']))).collect();
    let get = |name: &str| settings.get(format!("{prefix}_{name}").as_str()).map(|value| (*value).to_owned());
    Ok(Cluster {
        product,
        url: get("URL").ok_or("no URL")?,
        ca: get("CACERT").map(PathBuf::from),
        user: get("USER").unwrap_or_default(),
        password: get("PASSWORD").unwrap_or_default(),
    })
}

/// A shell that outlives this process just long enough to stop the server: statics are never dropped, and a crash drops nothing.
fn stop_later(stop: &Path, folder: &Path) {
    let script = "while kill -0 \"$1\" 2>/dev/null; do sleep 1; done; exec \"$2\" --dir \"$3\" --wipe";
    let watcher = Command::new("sh")
        .args(["-c", script, "sh", &std::process::id().to_string()])
        .args([stop, folder])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Err(reason) = watcher {
        eprintln!("the server in {} will not be stopped ({reason})", folder.display());
    }
}

impl Cluster {
    /// A connection as the superuser to these index patterns.
    pub fn connection(&self, index: &[String]) -> Connection {
        let mut connection = Connection::to(vec![self.url.clone()]);
        connection.index = index.to_vec();
        connection.ca_cert.clone_from(&self.ca);
        if !self.user.is_empty() {
            connection.credentials = Credentials::Basic { user: self.user.clone(), password: self.password.clone() };
        }
        connection
    }

    /// The name of an index of this test process alone.
    pub fn index(&self, name: &str) -> String {
        format!("rdptriage-test-{}-{name}", std::process::id())
    }

    /// Sends a request as the superuser; panics where it is refused.
    pub async fn send(&self, method: reqwest::Method, path: &str, body: String) -> Value {
        let mut builder = reqwest::Client::builder();
        if let Some(ca) = &self.ca {
            let pem = std::fs::read(ca).expect("the CA");
            builder = builder.add_root_certificate(reqwest::Certificate::from_pem(&pem).expect("a CA"));
        }
        let mut request = builder.build().expect("a client").request(method, format!("{}/{path}", self.url)).header("Content-Type", "application/json");
        if !self.user.is_empty() {
            request = request.basic_auth(&self.user, Some(&self.password));
        }
        let response = request.body(body).send().await.expect("an answer");
        let status = response.status();
        let text = response.text().await.expect("a text");
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Makes an index with a mapping and fills it.
    pub async fn load(&self, index: &str, mappings: &Value, documents: &[(String, Value)]) {
        // Two shards that learn different types for a field at once refuse documents; few documents need one only.
        let shards = if documents.len() < 1000 { 1 } else { 2 };
        self.send(
            reqwest::Method::PUT,
            index,
            serde_json::json!({"settings": {"number_of_replicas": 0, "number_of_shards": shards}, "mappings": mappings}).to_string(),
        )
        .await;
        self.add(index, documents).await;
    }

    /// Takes indices away again: their mappings fill the memory of a small server.
    pub async fn remove(&self, indices: impl Iterator<Item = &String>) {
        for index in indices {
            self.send(reqwest::Method::DELETE, index, String::new()).await;
        }
    }

    /// Adds documents to an index; they can be found when this returns.
    pub async fn add(&self, index: &str, documents: &[(String, Value)]) {
        let refused = self.offer(index, documents).await;
        assert!(refused.is_empty(), "{refused:?}");
    }

    /// The same, where some may be refused: answers which.
    pub async fn offer(&self, index: &str, documents: &[(String, Value)]) -> BTreeSet<String> {
        let mut body = String::new();
        for (id, document) in documents {
            body.push_str(&serde_json::json!({"index": {"_id": id}}).to_string());
            body.push('\n');
            body.push_str(&document.to_string());
            body.push('\n');
        }
        let answer = self.send(reqwest::Method::POST, &format!("{index}/_bulk?refresh=true"), body).await;
        let refused = answer["items"].as_array().into_iter().flatten().map(|item| &item["index"]).filter(|item| !item["error"].is_null());
        refused.map(|item| item["_id"].as_str().unwrap_or_default().to_owned()).inspect(|id| eprintln!("{index} refuses {id}")).collect()
    }
}
