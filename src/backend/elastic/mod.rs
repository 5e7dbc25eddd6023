//! Elasticsearch and OpenSearch: the questions answered by a cluster, by aggregations where they can and never by writing.

mod aggregate;
mod baseline;
mod certificate;
mod clause;
mod client;
mod conditions;
mod connection;
mod count;
mod delay;
mod detected;
mod document;
mod events;
mod fields;
mod fingerprint;
mod group;
mod health;
mod hunt;
mod leaf;
mod narrow;
mod nodes;
mod overview;
mod refusal;
mod row;
mod search;
pub mod secret;
mod sigma_query;
mod tally;
mod tls;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use serde_json::Value;

use super::{Backend, BackendError, Steps};
use crate::domain::{Foreign, Timestamp};
use crate::query::{Answer, Ask};
use crate::schema::{Interpreter, Layout, Options, SchemaError, Schemas, layouts};
use crate::sigma::RuleSet;
use client::Client;
pub use connection::{ClientCertificate, Connection, Credentials, DEFAULT_INDEX, Proxy};
use fields::Landscape;

/// How long the fields of a cluster are believed to stay as they are.
const FIELDS_STAY: Duration = Duration::from_secs(60);

/// How long where something is missing: an index that appears is to be seen soon.
const GAPS_STAY: Duration = Duration::from_secs(10);

/// How long this is believed.
const fn fields_stay(landscape: &Landscape) -> Duration {
    if landscape.lost.is_some() || landscape.targets.is_empty() { GAPS_STAY } else { FIELDS_STAY }
}

/// What was last learnt of the fields, and when.
type Known = Option<(Instant, Arc<Landscape>)>;

/// A cluster that can be asked.
pub struct Elastic {
    client: Client,
    patterns: Vec<String>,
    ports: Vec<u16>,
    /// Reads documents by the rules that hold for files too.
    interpreter: Interpreter,
    /// The schemas as questions are put by them.
    layouts: Vec<Layout>,
    /// Names that Sigma rules use, for the named values of events.
    named: Vec<String>,
    title: String,
    /// OpenSearch spells a few requests its own way.
    is_opensearch: bool,
    known: tokio::sync::Mutex<Known>,
    /// What the cluster is told apart by: its id, or where it is.
    identity: String,
    memory: baseline::Memory,
}

impl Elastic {
    /// Days of history that were asked once are kept in files below this folder.
    #[must_use]
    pub fn cached_in(mut self, folder: std::path::PathBuf) -> Self {
        self.memory.keep_in(folder);
        self
    }
}

/// Connects to a cluster and sees what it is.
///
/// # Errors
/// Where the connection is not allowed, not possible, or refused.
pub async fn open(connection: Connection, rules: Arc<RuleSet>, schemas: Schemas) -> Result<Elastic, BackendError> {
    let client = Client::new(&connection).await?;
    let mut identity = client.place().to_owned();
    let (title, is_opensearch) = match client.get("greet the cluster", "").await {
        Ok(banner) => {
            if let Some(id) = banner.get("cluster_uuid").and_then(Value::as_str).filter(|id| !id.is_empty() && *id != "_na_") {
                id.clone_into(&mut identity);
            }
            read_banner(&banner, client.place())
        }
        // The banner needs the cluster privilege monitor, which a reader of events need not have.
        Err(error) if error.what.contains("no right") => (client.place().to_owned(), false),
        Err(error) => return Err(error),
    };
    let ports = if connection.ports.is_empty() { vec![3389] } else { connection.ports.clone() };
    let options = Options { ports: ports.clone(), ..Options::default() };
    let layouts = layouts(&schemas);
    let named = rules.rules().iter().flat_map(|rule| sigma_query::names(&rule.parsed().detection)).collect();
    let interpreter = Interpreter::new(schemas, rules, options).map_err(|error: SchemaError| BackendError::new(error.to_string()))?;
    Ok(Elastic {
        client,
        patterns: connection.patterns(),
        ports,
        interpreter,
        layouts,
        named,
        title,
        is_opensearch,
        known: tokio::sync::Mutex::new(None),
        identity,
        memory: baseline::Memory::default(),
    })
}

/// What a cluster calls itself, and whether it is OpenSearch.
fn read_banner(banner: &Value, place: &str) -> (String, bool) {
    let text = |path: &str| banner.pointer(path).and_then(Value::as_str).map(|text| Foreign::from(text).safe().into_string());
    let is_opensearch = text("/version/distribution").is_some_and(|name| name == "opensearch");
    let product = if is_opensearch { "OpenSearch" } else { "Elasticsearch" };
    let name = text("/cluster_name").unwrap_or_else(|| place.to_owned());
    let version = text("/version/number").unwrap_or_else(|| "of unknown version".to_owned());
    (format!("{name} ({product} {version})"), is_opensearch)
}

impl Backend for Elastic {
    fn answer<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Answer, BackendError>> {
        self.answer_with(ask, &())
    }

    fn answer_with<'a>(&'a self, ask: &'a Ask, steps: &'a dyn Steps) -> BoxFuture<'a, Result<Answer, BackendError>> {
        Box::pin(async move {
            match ask {
                Ask::Overview => self.overview().await.map(Answer::Overview),
                Ask::Arrivals { scope, bucket } => self.arrivals_by_day(scope, *bucket, steps).await.map(Answer::Arrivals),
                Ask::Tally { scope, by } => self.tally(scope, *by).await.map(Answer::Tally),
                Ask::Events { scope, skip, take } => self.events(scope, *skip, *take).await.map(Answer::Events),
                Ask::Counts { scope, bucket, by } => self.counts(scope, *bucket, *by).await.map(Answer::Counts),
                Ask::Hunt { scope, rule } => self.hunt(scope, rule).await.map(Answer::Hunt),
                Ask::Health { range } => self.health(*range).await.map(|health| Answer::Health(Box::new(health))),
                Ask::Alerts { scope, company } => self.alerts(scope, company).await.map(Answer::Alerts),
            }
        })
    }

    fn query_text(&self, ask: &Ask) -> String {
        overview::query_text(self, ask)
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

impl std::fmt::Debug for Elastic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The client knows secrets.
        f.debug_struct("Elastic").field("title", &self.title).field("patterns", &self.patterns).finish_non_exhaustive()
    }
}
