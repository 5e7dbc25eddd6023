//! The least rights with which everything works, as a request that an administrator can send.

use serde_json::{Value, json};

use crate::domain::Health;
use crate::domain::health::Place;

/// Indices beside the events that the program asks.
const BESIDE: [&str; 4] = [".alerts-security.alerts-*", ".siem-signals-*", ".ml-anomalies-*", "ml-rdp-lmd*"];

/// A request: where to, and its body.
#[derive(Clone, PartialEq, Debug)]
pub struct KeyRequest {
    /// Method and path.
    pub line: &'static str,
    /// The body.
    pub body: Value,
    /// What to do with it.
    pub note: &'static str,
}

/// The request for this cluster; `None` for files, which need no key.
pub fn request(health: &Health) -> Option<KeyRequest> {
    let Place::Cluster { is_opensearch, patterns } = &health.place else { return None };
    let mut names: Vec<&str> = patterns.iter().map(String::as_str).collect();
    names.extend(BESIDE.into_iter().filter(|beside| !patterns.iter().any(|pattern| pattern == beside)));
    Some(if *is_opensearch {
        KeyRequest {
            line: "PUT _plugins/_security/api/roles/rdptriage-read",
            body: json!({
                "cluster_permissions": ["cluster:monitor/main"],
                "index_permissions": [{"index_patterns": names, "allowed_actions": ["read", "indices:admin/mappings/get"]}],
            }),
            note: "then map a user of its own to the role rdptriage-read, and log in with --user and --password-file",
        }
    } else {
        KeyRequest {
            line: "POST _security/api_key",
            body: json!({
                "name": "rdptriage-read",
                "expiration": "90d",
                "role_descriptors": {"rdptriage-read": {"cluster": ["monitor"], "indices": [{"names": names, "privileges": ["read", "view_index_metadata"]}]}},
            }),
            note: "then put `id:api_key` of the answer into a file with mode 0600, and give it as --api-key-file",
        }
    })
}

/// The request as it is pasted into a console.
pub fn text(request: &KeyRequest) -> String {
    format!("{}\n{}", request.line, serde_json::to_string_pretty(&request.body).unwrap_or_default())
}
