//! The one function through which every request to a cluster goes: time-outs, patience, caps, plain words for failures.
//! It knows no request that writes.

use std::error::Error as _;
use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

use elasticsearch::auth;
use elasticsearch::cert::{Certificate, CertificateValidation};
use elasticsearch::http::headers::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use elasticsearch::http::request::JsonBody;
use elasticsearch::http::response::Response;
use elasticsearch::http::transport::{MultiNodeConnectionPool, SingleNodeConnectionPool, Transport, TransportBuilder};
use elasticsearch::http::{Method, StatusCode, Url};
use serde_json::Value;

use super::connection::{Connection, Credentials};
use crate::backend::{BackendError, Fault};
use crate::domain::Foreign;

/// Longest wait for one answer; searches stop themselves a little earlier and say so.
const TIMEOUT: Duration = Duration::from_secs(40);
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
    transport: Transport,
    /// Where it leads, for messages; no credentials in it.
    place: String,
    has_own_ca: bool,
    first_pause: Duration,
}

impl Client {
    /// Prepares a connection; nothing is sent yet.
    pub(super) fn new(connection: &Connection) -> Result<Self, BackendError> {
        let urls = connection.checked_urls()?;
        let place = urls.iter().map(place_of).collect::<Vec<_>>().join(", ");
        let builder = match urls.as_slice() {
            [url] => TransportBuilder::new(SingleNodeConnectionPool::new(url.clone())),
            // Sniffing stays off: it panics on odd answers and leaves the addresses that were given.
            _ => TransportBuilder::new(MultiNodeConnectionPool::round_robin(urls, None)),
        };
        let mut builder = builder.enable_meta_header(false).timeout(TIMEOUT);
        if let Some(credentials) = authorization(&connection.credentials) {
            builder = builder.auth(credentials);
        }
        if let Some(path) = &connection.ca_cert {
            builder = builder.cert_validation(CertificateValidation::Full(authority(path)?));
        }
        let transport = builder.build().map_err(|reason| BackendError::new(format!("the connection to {place} could not be prepared ({reason})")))?;
        Ok(Self { transport, place, has_own_ca: connection.ca_cert.is_some(), first_pause: FIRST_PAUSE })
    }

    /// Where the connection leads.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Asks without a body. `what` says what for, as in "could not {what}".
    pub(super) async fn get(&self, what: &str, path: &str) -> Result<Value, BackendError> {
        self.send(what, Method::Get, path, None).await
    }

    /// Asks a read endpoint that takes a body.
    pub(super) async fn post(&self, what: &str, path: &str, body: &Value) -> Result<Value, BackendError> {
        self.send(what, Method::Post, path, Some(body)).await
    }

    /// Asks a read endpoint that wants a POST and no body.
    pub(super) async fn post_empty(&self, what: &str, path: &str) -> Result<Value, BackendError> {
        self.send(what, Method::Post, path, None).await
    }

    async fn send(&self, what: &str, method: Method, path: &str, body: Option<&Value>) -> Result<Value, BackendError> {
        let mut attempt = 1;
        loop {
            let failure = match self.attempt(what, method, path, body).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if !failure.may_pass || attempt == TRIES {
                return Err(failure.error);
            }
            tokio::time::sleep(failure.pause.unwrap_or_else(|| self.pause(attempt)).min(LONGEST_PAUSE)).await;
            attempt += 1;
        }
    }

    /// Exponential with full jitter, so that several of us do not return in step.
    fn pause(&self, attempt: u32) -> Duration {
        let ceiling = self.first_pause.saturating_mul(1 << attempt.min(8));
        let random = std::collections::hash_map::RandomState::new().build_hasher().finish() % 1000;
        ceiling.mul_f64(0.5 + random as f64 / 2000.0)
    }

    async fn attempt(&self, what: &str, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let sent = self.transport.send(method, path, signature(), None::<&()>, body.map(JsonBody::new), None).await;
        let response = sent.map_err(|reason| self.unreachable(what, &reason))?;
        let status = response.status_code();
        let pause = retry_after(&response);
        if response.content_length().is_some_and(|length| length > LARGEST as u64) {
            return Err(Failure::final_(self.too_large(what)));
        }
        let bytes = response.bytes().await.map_err(|reason| self.unreachable(what, &reason))?;
        if bytes.len() > LARGEST {
            return Err(Failure::final_(self.too_large(what)));
        }
        let answer = serde_json::from_slice::<Value>(&bytes);
        match answer {
            Ok(answer) if status.is_success() => Ok(answer),
            Ok(answer) => Err(self.refused(what, status, Some(&answer), pause)),
            Err(_) if status.is_success() => Err(Failure::final_(
                BackendError::new(format!("could not {what}: {} answered, but not with JSON", self.place))
                    .advise("check that the address is that of Elasticsearch or OpenSearch itself, not of Kibana or a log-in page"),
            )),
            Err(_) => Err(self.refused(what, status, None, pause)),
        }
    }

    fn too_large(&self, what: &str) -> BackendError {
        BackendError::new(format!("could not {what}: the answer of {} is larger than {} MiB", self.place, LARGEST / (1024 * 1024)))
            .advise("ask for a shorter time range")
            .of(Fault::TooMuch)
    }

    /// No answer came at all.
    fn unreachable(&self, what: &str, reason: &elasticsearch::Error) -> Failure {
        let place = &self.place;
        if reason.is_timeout() {
            return Failure::final_(
                BackendError::new(format!("could not {what}: {place} did not answer within {} s", TIMEOUT.as_secs()))
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
        if let Some((what_is_wrong, advice)) = certificate_trouble(&chain, self.has_own_ca) {
            return Failure::final_(BackendError::new(format!("could not {what}: the certificate of {place} {what_is_wrong}")).advise(advice));
        }
        let (reason, advice) = if chain.contains("dns error") || chain.contains("failed to lookup") {
            ("its name could not be resolved", "check the address")
        } else if chain.contains("refused") {
            ("the connection was refused", "check address and port, and that the cluster is up")
        } else if chain.contains("InvalidContentType") || chain.contains("corrupt message") {
            ("it does not speak TLS", "try http:// instead of https://")
        } else {
            ("the connection failed or broke off", "check address, port and network; an https server asked by http:// also ends like this")
        };
        let error = BackendError::new(format!("could not {what}: {place} was not reached, {reason}")).advise(advice).of(Fault::Unreachable);
        Failure { error, may_pass: true, pause: None }
    }

    /// An answer came, and it is a refusal. `answer` is `None` where it was no JSON.
    fn refused(&self, what: &str, status: StatusCode, answer: Option<&Value>, pause: Option<Duration>) -> Failure {
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
        let is_too_much = permanent || code == 413 || answer.is_some_and(|answer| kinds(answer).any(|kind| kind == "too_many_buckets_exception"));
        let error = error.of(match code {
            _ if is_too_much => Fault::TooMuch,
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
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("rdptriage/", env!("CARGO_PKG_VERSION"))));
    headers.insert(HeaderName::from_static("x-opaque-id"), HeaderValue::from_static("rdptriage"));
    headers
}

fn place_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or("?");
    url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn authorization(credentials: &Credentials) -> Option<auth::Credentials> {
    match credentials {
        Credentials::None => None,
        Credentials::ApiKey(key) => Some(match key.split_once(':') {
            Some((id, key)) => auth::Credentials::ApiKey(id.to_owned(), key.to_owned()),
            None => auth::Credentials::EncodedApiKey(key.clone()),
        }),
        Credentials::Basic { user, password } => Some(auth::Credentials::Basic(user.clone(), password.clone())),
        Credentials::Bearer(token) => Some(auth::Credentials::Bearer(token.clone())),
    }
}

fn authority(path: &std::path::Path) -> Result<Certificate, BackendError> {
    let failed = |reason: String| {
        BackendError::new(format!("the CA file {} could not be used ({reason})", path.display())).advise("it should hold one or more certificates in PEM form")
    };
    let pem = std::fs::read(path).map_err(|reason| failed(reason.to_string()))?;
    let certificate = Certificate::from_pem(&pem).map_err(|reason| failed(reason.to_string()))?;
    if certificate.is_empty() { Err(failed("there is no certificate in it".to_owned())) } else { Ok(certificate) }
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

/// What is wrong with a certificate and what helps, where that is why a connection failed.
fn certificate_trouble(chain: &str, has_own_ca: bool) -> Option<(&'static str, &'static str)> {
    if !chain.contains("certificate") {
        return None;
    }
    Some(if chain.contains("UnknownIssuer") || chain.contains("BadSignature") || chain.contains("CaUsedAsEndEntity") {
        if has_own_ca {
            ("was signed neither by the authority of --ca-cert nor by one this machine trusts", "check that --ca-cert holds the CA of this very cluster")
        } else {
            ("was signed by an authority this machine does not trust", "give the cluster's own CA with --ca-cert")
        }
    } else if chain.contains("Expired") || chain.contains("expired") {
        ("has expired", "have it renewed, or check this machine's clock")
    } else if chain.contains("NotValidYet") || chain.contains("not valid yet") {
        ("is not valid yet", "check this machine's clock")
    } else if chain.contains("NotValidForName") || chain.contains("not valid for name") {
        ("was made for another name than the one asked", "use the host name that stands in the certificate")
    } else {
        ("could not be verified", "check --ca-cert and the certificate of the cluster")
    })
}
