//! Sigma rules: the cluster narrows down, the rule itself decides here.

use super::Elastic;
use crate::backend::BackendError;
use crate::query::{Hits, Scope};

impl Elastic {
    /// The events that a rule finds.
    pub(super) async fn hunt(&self, _scope: &Scope, rule: &str) -> Result<Hits, BackendError> {
        Err(BackendError::new(format!("could not hunt by {rule}")))
    }
}
