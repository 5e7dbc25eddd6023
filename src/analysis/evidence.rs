//! Which events an analysis needs, as questions any backend answers.

use std::sync::Arc;

use crate::domain::{Address, Destination, Families, Foreign, Range};
use crate::query::{Ask, Scope};

/// Most events one analysis holds in memory; an answer that has more says so by its total.
pub const MOST: usize = 200_000;

/// Everything known of one destination.
pub fn of_destination(range: Range, destination: Arc<Destination>) -> Ask {
    of(Scope::over(range).at(destination))
}

/// Everything that names this source.
pub fn of_source(range: Range, source: Address) -> Ask {
    of(Scope { source: Some(source), ..Scope::over(range) })
}

/// Everything that names this user.
pub fn of_user(range: Range, user: Foreign) -> Ask {
    of(Scope { user: Some(user), ..Scope::over(range) })
}

/// Everything of this scope, whatever it proves.
pub fn of(scope: Scope) -> Ask {
    Ask::Events { scope: Scope { families: Families::EVERY, ..scope }, skip: 0, take: MOST }
}
