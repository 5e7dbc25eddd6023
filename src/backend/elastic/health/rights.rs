//! Which rights the key has: asked where a cluster tells, tried where it does not.

use serde_json::{Value, json};

use super::super::Elastic;
use super::super::detected::{ALERTS, RESULTS, is_forbidden};
use super::super::fields::encoded;
use super::hidden;
use super::lateral::SESSIONS;
use crate::domain::health::{Fact, Right};

const READ: &str = "read";
const METADATA: &str = "view_index_metadata";
const MONITOR: &str = "monitor";
const CLUSTER: &str = "cluster";

impl Elastic {
    /// The rights that matter, in order of need.
    fn wanted(&self) -> Vec<Right> {
        let right = |on: &str, privilege: &str, need: &'static str, is_essential: bool| Right {
            on: on.to_owned(),
            privilege: privilege.to_owned(),
            is_granted: false,
            need,
            is_essential,
        };
        let mut wanted: Vec<Right> = Vec::new();
        for pattern in &self.patterns {
            wanted.push(right(pattern, READ, "to see events", true));
            wanted.push(right(pattern, METADATA, "to see how fields are kept", true));
        }
        wanted.push(right(ALERTS, READ, "to see security alerts", false));
        wanted.push(right(RESULTS, READ, "to see what the jobs found", false));
        wanted.push(right(SESSIONS, READ, "to see what the jobs look at", false));
        wanted.push(right(CLUSTER, MONITOR, "to see version, licence, transforms and jobs", false));
        wanted
    }

    /// Which of them are there.
    pub(super) async fn rights(&self) -> Fact<Vec<Right>> {
        if self.is_opensearch {
            return self.tried().await;
        }
        let mut wanted = self.wanted();
        let indices: Vec<Value> =
            wanted.iter().filter(|right| right.on != CLUSTER).map(|right| json!({"names": [right.on], "privileges": [right.privilege]})).collect();
        match self.client.post("ask for rights", "_security/user/_has_privileges", &json!({"cluster": [MONITOR], "index": indices})).await {
            Ok(answer) => {
                for right in &mut wanted {
                    let path = if right.on == CLUSTER { format!("/cluster/{MONITOR}") } else { format!("/index/{}/{}", escaped(&right.on), right.privilege) };
                    right.is_granted = answer.pointer(&path).and_then(Value::as_bool).unwrap_or(false);
                }
                Fact::Known(wanted)
            }
            Err(error) if is_forbidden(&error) => self.tried().await,
            Err(error) => hidden(&error),
        }
    }

    /// Tries each right by a question that needs it.
    async fn tried(&self) -> Fact<Vec<Right>> {
        let mut wanted = self.wanted();
        for right in &mut wanted {
            let place = encoded(&right.on);
            let tried = match right.privilege.as_str() {
                READ => self.client.get("try to read", &format!("{place}/_search?size=0&ignore_unavailable=true&allow_no_indices=true")).await,
                METADATA => {
                    self.client.get("try to see fields", &format!("{place}/_field_caps?fields=@timestamp&ignore_unavailable=true&allow_no_indices=true")).await
                }
                _ => self.client.get("try to see the cluster", "").await,
            };
            right.is_granted = match tried {
                Ok(_) => true,
                Err(error) if is_forbidden(&error) => false,
                Err(error) => return hidden(&error),
            };
        }
        Fact::Known(wanted)
    }
}

/// A name as part of a JSON pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
