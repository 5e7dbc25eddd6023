//! The filter grammar of screens and flags: a subset of KQL, parsed once, answered by every backend.

use crate::domain::Event;

/// A condition on events.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Filter {
    /// No condition.
    #[default]
    Everything,
}

impl Filter {
    /// Whether `event` meets the condition.
    pub fn accepts(&self, _event: &Event) -> bool {
        match self {
            Self::Everything => true,
        }
    }
}
