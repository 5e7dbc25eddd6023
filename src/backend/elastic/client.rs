//! The one function through which every request to a cluster goes: time-outs, patience, caps, plain words for failures.
//! It knows no request that writes. The sending is done here on the HTTP client below the cluster library's own: that one
//! cannot stop in the middle of a body, follows redirects and waits for a dead node as long as for an answer.

use std::error::Error as _;
use std::hash::{BuildHasher as _, Hasher as _};
use std::time::{Duration, Instant};

use elasticsearch::http::headers::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, USER_AGENT};
use elasticsearch::http::{StatusCode, Url};
use reqwest::{Method, Response};
use serde_json::Value;

use super::connection::Connection;
use super::nodes::Nodes;
use super::refusal::{Leave, Refusals};
use super::{certificate, fingerprint, tls};
use crate::backend::{BackendError, Fault};
use crate::domain::{Foreign, Timestamp};

/// Longest wait for one answer; searches stop themselves a little earlier and say so.
pub(super) const TIMEOUT: Duration = Duration::from_secs(40);
/// Longest wait for a connection; a node that is gone without a word must not cost more.
pub(super) const CONNECT: Duration = Duration::from_secs(5);
/// Largest answer taken, in bytes.
const LARGEST: usize = 64 * 1024 * 1024;
/// How often a request is sent before its failure is believed.
const TRIES: u32 = 4;
/// First pause between tries; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Longest pause, also where the cluster asks for a longer one.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A connection to a cluster that can only read.
pub(super) struct Client {
    http: reqwest::Client,
    nodes: Nodes,
    /// Where it leads, for messages; no credentials in it.
    place: String,
    /// To look at certificates that were not accepted.
    connection: Connection,
    first_pause: Duration,
    refusals: Refusals,
}

impl Client {
    /// Prepares a connection. Only where a fingerprint is to be compared, the certificates are looked at.
    pub(super) async fn new(connection: &Connection) -> Result<Self, BackendError> {
        let urls = connection.checked_urls()?;
        let place = urls.iter().map(place_of).collect::<Vec<_>>().join(", ");
        let nodes = Nodes::new(&urls);
        let pinned = match &connection.ca_fingerprint {
            Some(wanted) => Some(fingerprint::find(connection, wanted).await?),
            None => None,
        };
        let http = tls::client(connection, &place, pinned.as_deref())?;
        Ok(Self { http, nodes, place, connection: connection.clone(), first_pause: FIRST_PAUSE, refusals: Refusals::default() })
    }

    /// Where the connection leads.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Asks without a body. `what` says what for, as in "could not {what}".
    pub(super) async fn get(&self, what: &str, path: &str) -> Result<Value, BackendError> {
        self.send(what, Method::GET, path, None).await
    }

    /// Asks a read endpoint that takes a body.
    pub(super) async fn post(&self, what: &str, path: &str, body: &Value) -> Result<Value, BackendError> {
        self.send(what, Method::POST, path, Some(body)).await
    }

    /// Asks a read endpoint that wants a POST and no body.
    pub(super) async fn post_empty(&self, what: &str, path: &str) -> Result<Value, BackendError> {
        self.send(what, Method::POST, path, None).await
    }

    async fn send(&self, what: &str, method: Method, path: &str, body: Option<&Value>) -> Result<Value, BackendError> {
        match self.refusals.leave(Instant::now()) {
            Leave::Send => {}
            Leave::Wait(left) => return Err(self.waiting(what, left)),
            Leave::Never => {
                return Err(BackendError::new(format!(
                    "could not {what}: the credentials for {} were refused (401) before and are not sent again",
                    self.place
                ))
                .advise("check the API key or password, then start again")
                .of(Fault::Credentials));
            }
        }
        let mut attempt = 1;
        loop {
            let failure = match self.attempt(what, &method, path, body).await {
                Ok(answer) => {
                    self.refusals.taken();
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            if failure.error.fault == Fault::Credentials
                && let Leave::Wait(left) = self.refusals.refused(Instant::now())
            {
                return Err(self.waiting(what, left));
            }
            if !failure.may_pass || attempt == TRIES {
                return Err(failure.error);
            }
            tokio::time::sleep(failure.pause.unwrap_or_else(|| self.pause(attempt)).min(LONGEST_PAUSE)).await;
            attempt += 1;
        }
    }

    /// Credentials that were good are refused: a cluster that has just started may not know its users yet.
    fn waiting(&self, what: &str, left: Duration) -> BackendError {
        let seconds = left.as_secs_f64().ceil();
        BackendError::new(format!("could not {what}: {} refused the credentials (401) that were good before; they are sent again in {seconds} s", self.place))
            .advise("nothing to do where the cluster has just restarted; where the key was withdrawn or has expired, start again with another")
            .of(Fault::Credentials)
    }

    /// Exponential with full jitter, so that several of us do not return in step.
    fn pause(&self, attempt: u32) -> Duration {
        let ceiling = self.first_pause.saturating_mul(1 << attempt.min(8));
        let random = std::collections::hash_map::RandomState::new().build_hasher().finish() % 1000;
        ceiling.mul_f64(0.5 + random as f64 / 2000.0)
    }

    async fn attempt(&self, what: &str, method: &Method, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let node = self.nodes.current();
        // Without the dot the name of a remote cluster before an index would be taken for a scheme.
        let url = node
            .join(&format!("./{}", path.trim_start_matches('/')))
            .map_err(|_| Failure::final_(BackendError::new(format!("could not {what}: {path} is no path of a request"))))?;
        let mut request = self.http.request(method.clone(), url).headers(signature());
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let response = match request.send().await {
            Ok(response) => response,
            Err(reason) => return Err(self.unreachable(what, &node, &reason).await),
        };
        let status = response.status();
        let pause = retry_after(&response);
        if status.is_redirection() {
            return Err(self.led_away(what, &response));
        }
        let bytes = self.body(what, &node, response).await?;
        let answer = serde_json::from_slice::<Value>(&bytes);
        match answer {
            Ok(answer) if status.is_success() => Ok(answer),
            Ok(answer) => Err(self.refused(what, &node, status, Some(&answer), pause)),
            Err(_) if status.is_success() => Err(Failure::final_(
                BackendError::new(format!("could not {what}: {} answered, but not with JSON", self.place))
                    .advise("check that the address is that of Elasticsearch or OpenSearch itself, not of Kibana or a log-in page"),
            )),
            Err(_) => Err(self.refused(what, &node, status, None, pause)),
        }
    }

    /// The body, as long as it is of any measure; whatever it is said to be, it is counted as it comes.
    async fn body(&self, what: &str, node: &Url, mut response: Response) -> Result<Vec<u8>, Failure> {
        if response.content_length().is_some_and(|length| length > LARGEST as u64) {
            return Err(Failure::final_(self.too_large(what)));
        }
        let mut bytes = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if bytes.len() + chunk.len() > LARGEST => return Err(Failure::final_(self.too_large(what))),
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => return Ok(bytes),
                Err(reason) => return Err(self.unreachable(what, node, &reason).await),
            }
        }
    }

    /// Whoever answers wants us elsewhere. Credentials do not follow.
    fn led_away(&self, what: &str, response: &Response) -> Failure {
        let place = response.headers().get(LOCATION).and_then(|place| place.to_str().ok()).unwrap_or("another place");
        Failure::final_(
            BackendError::new(format!("could not {what}: {} leads to {}, which is not followed", self.place, Foreign::from(place).safe()))
                .advise("give the address of the cluster itself; a proxy or log-in page stands before it"),
        )
    }

    fn too_large(&self, what: &str) -> BackendError {
        BackendError::new(format!("could not {what}: the answer of {} is larger than {} MiB", self.place, LARGEST / (1024 * 1024)))
            .advise("ask for a shorter time range")
            .of(Fault::TooMuch)
    }

    /// Turns to the next node, where there is one; with it there is no reason to pause.
    fn leave(&self, node: &Url) -> Option<Duration> {
        self.nodes.leave(node);
        (self.nodes.len() > 1).then_some(Duration::ZERO)
    }

    /// What is wrong with the certificate of a node, for which it is looked at once more.
    async fn distrusted(&self, what: &str, node: &Url, verdict: &rustls::CertificateError) -> Failure {
        let shown = certificate::shown(&self.connection, node).await.unwrap_or_default();
        let own = self.connection.ca_cert.as_ref().map(|path| path.display().to_string());
        let host = node.host_str().unwrap_or("?");
        let (wrong, advice) = certificate::diagnosis(verdict, &shown, host, own.as_deref(), Timestamp::now());
        Failure::final_(BackendError::new(format!("could not {what}: the certificate of {} {wrong}", place_of(node))).advise(advice))
    }

    /// No answer came at all.
    async fn unreachable(&self, what: &str, node: &Url, reason: &reqwest::Error) -> Failure {
        let place = &self.place;
        if let Some(verdict) = certificate::verdict(reason) {
            return self.distrusted(what, node, verdict).await;
        }
        let pause = self.leave(node);
        if reason.is_timeout() && !reason.is_connect() {
            return Failure::final_(
                BackendError::new(format!("could not {what}: {place} did not answer in full within {:?}", self.connection.patience))
                    .advise("ask for a shorter time range, or try again later")
                    .of(Fault::TooMuch),
            );
        }
        let mut causes = Vec::new();
        let mut cause = reason.source();
        while let Some(next) = cause {
            causes.push(next.to_string());
            cause = next.source();
        }
        let chain = causes.join(": ");
        if chain.contains("CertificateRequired") || chain.contains("BadCertificate") || chain.contains("CertificateUnknown") {
            return Failure::final_(
                BackendError::new(format!("could not {what}: {place} did not accept the client certificate, or asks for one"))
                    .advise("give --client-cert and --client-key, signed by an authority that the cluster trusts"),
            );
        }
        let (reason, advice) = if chain.contains("dns error") || chain.contains("failed to lookup") {
            ("its name could not be resolved", "check the address")
        } else if reason.is_timeout() {
            ("no connection came about in time", "check address, port and firewall, and that the cluster is up")
        } else if chain.contains("refused") {
            ("the connection was refused", "check address and port, and that the cluster is up")
        } else if chain.contains("InvalidContentType") || chain.contains("corrupt message") {
            ("it does not speak TLS", "try http:// instead of https://")
        } else {
            ("the connection failed or broke off", "check address, port and network; an https server asked by http:// also ends like this")
        };
        let error = BackendError::new(format!("could not {what}: {place} was not reached, {reason}")).advise(advice).of(Fault::Unreachable);
        Failure { error, may_pass: true, pause }
    }

    /// An answer came, and it is a refusal. `answer` is `None` where it was no JSON.
    fn refused(&self, what: &str, node: &Url, status: StatusCode, answer: Option<&Value>, pause: Option<Duration>) -> Failure {
        let place = &self.place;
        let code = status.as_u16();
        let kind = answer.map(|answer| text_at(answer, &["/error/root_cause/0/type", "/error/type", "/error"])).unwrap_or_default();
        let reason = answer.map(|answer| text_at(answer, &["/error/root_cause/0/reason", "/error/reason", "/message"])).unwrap_or_default();
        let said = if reason.is_empty() { kind.clone() } else { reason };
        let said = if said.is_empty() { String::new() } else { format!(" ({})", Foreign::from(said).safe()) };
        let error = match code {
            401 => BackendError::new(format!("could not {what}: {place} refused the credentials (401)"))
                .advise("check the API key or password; it may have expired. It was sent once only, so no account gets locked"),
            403 => BackendError::new(format!("could not {what}: no right to do so{said}"))
                .advise("the key needs the index privileges read and view_index_metadata on what is asked; --index names other patterns"),
            404 if kind == "index_not_found_exception" => {
                BackendError::new(format!("could not {what}: there is no such index{said}")).advise("check --index; * may stand at the end of a pattern")
            }
            429 => BackendError::new(format!("could not {what}: {place} is overloaded (429){said}")).advise("try again later, or ask for a shorter time range"),
            502..=504 => BackendError::new(format!("could not {what}: {place} answered {status}{said}"))
                .advise("the cluster or a proxy before it is down or overloaded; try again later"),
            _ => BackendError::new(format!("could not {what}: {place} answered {status}{said}")),
        };
        // A breaker that is open for good stays open; asking again would only add load.
        let permanent = answer.is_some_and(|answer| text_at(answer, &["/error/durability", "/error/root_cause/0/durability"]) == "PERMANENT");
        let pause = if matches!(code, 502..=504) { pause.or(self.leave(node)) } else { pause };
        let is_too_much = permanent || code == 413 || answer.is_some_and(|answer| kinds(answer).any(|kind| kind == "too_many_buckets_exception"));
        let error = error.of(match code {
            _ if is_too_much => Fault::TooMuch,
            404 if kind == "search_context_missing_exception" => Fault::Expired,
            401 => Fault::Credentials,
            403 => Fault::Rights,
            429 | 502..=504 => Fault::Unreachable,
            _ => Fault::Other,
        });
        Failure { error, may_pass: matches!(code, 429 | 502 | 503 | 504) && !is_too_much, pause }
    }
}

/// Why one try came to nothing.
struct Failure {
    error: BackendError,
    /// Whether trying again may help.
    may_pass: bool,
    /// How long the cluster asked to wait.
    pause: Option<Duration>,
}

impl Failure {
    fn final_(error: BackendError) -> Self {
        Self { error, may_pass: false, pause: None }
    }
}

/// By what the cluster's slow log and task list know us.
fn signature() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("rdptriage/", env!("CARGO_PKG_VERSION"))));
    headers.insert(HeaderName::from_static("x-opaque-id"), HeaderValue::from_static("rdptriage"));
    headers
}

pub(super) fn place_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or("?");
    url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Every type of error that an answer names, the causes of causes too.
fn kinds(answer: &Value) -> impl Iterator<Item = &str> {
    const PLACES: [&str; 5] =
        ["/error/type", "/error/root_cause/0/type", "/error/caused_by/type", "/error/caused_by/caused_by/type", "/error/failed_shards/0/reason/type"];
    PLACES.iter().filter_map(|place| answer.pointer(place)?.as_str())
}

/// The first text among the places.
fn text_at(answer: &Value, places: &[&str]) -> String {
    places.iter().find_map(|place| answer.pointer(place).and_then(Value::as_str)).unwrap_or_default().to_owned()
}
