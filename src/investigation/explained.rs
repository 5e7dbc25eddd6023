//! Why a bucket on the board has its score: what the board, the late events and the answers themselves know of it.

use super::board::Partial;
use super::{Board, Investigation, Lane};
use crate::detect::Explanation;
use crate::detect::explanation::Facts;
use crate::detect::relatives::sessions;
use crate::domain::finding::Standing;
use crate::domain::{Completeness, Destination, Range, Timestamp};

impl Investigation {
    /// The bucket of a destination that holds a moment, explained; `None` where the board does not show it.
    pub fn explain(&self, destination: &Destination, at: Timestamp) -> Option<Explanation> {
        let board = self.board()?;
        self.explained(board, board.lane(destination)?, at)
    }

    fn explained(&self, board: &Board, lane: &Lane, at: Timestamp) -> Option<Explanation> {
        let start = board.size.start(at);
        let place = usize::try_from(board.size.index(start.as_second()).saturating_sub(board.first)).ok()?;
        let cell = lane.cells.get(place)?;
        let bucket = Range { from: start, to: board.at(place.saturating_add(1)) };
        // Nothing is said of a bucket in which nobody came; what is usual there still shows that it could have been.
        let unsaid = if cell.typical.is_some() { Standing::Judged } else { Standing::ShortHistory };
        let visit = self.visit().filter(|visit| visit.destination.as_ref().is_some_and(|visited| *visited == lane.destination));
        let beside = visit.and_then(|visit| visit.beside(bucket));
        let mut relatives = beside.map(|beside| beside.relatives.clone()).unwrap_or_default();
        // Sessions are told by the events around what is looked at, where these were asked for.
        relatives.extend(visit.and_then(|visit| visit.evidence()).into_iter().flat_map(|evidence| sessions(&evidence.sessions.list, bucket)));
        Some(Explanation::of(Facts {
            destination: lane.label.clone(),
            name: lane.name.clone(),
            start,
            bucket: board.size,
            standing: cell.standing.unwrap_or(unsaid),
            score: cell.score,
            reason: cell.reason.as_deref().map(str::to_owned),
            sources: cell.count,
            new: cell.new,
            events: cell.events.into(),
            without_source: cell.without_source.into(),
            typical: cell.typical,
            upper: cell.upper,
            cross: cell.cross,
            why: cell.why.clone(),
            incident: board.incident_at(lane, start).cloned(),
            waves: beside.map(|beside| beside.waves.clone()).unwrap_or_default(),
            relatives,
            late: self.late.words(&lane.destination, bucket, &self.zone),
            known_from: self.known_from(),
            lacks: self.completeness().filter(|completeness| !completeness.is_whole()).map(|completeness| completeness.words()),
        }))
    }

    /// From when on the answers are too incomplete for verdicts, and what they lack; `None` where they are not.
    pub fn partial(&self) -> Option<Partial> {
        let arrivals = self.arrivals.load.kept().map(|kept| &kept.completeness);
        let history = self.history.load.kept().map(|kept| &kept.completeness);
        if let Some(lacks) = arrivals.into_iter().chain(history).find_map(Completeness::forbids_verdicts) {
            return Some(Partial { from: Timestamp::MIN, lacks });
        }
        // Of the live answers only what they asked again is in doubt.
        let live = self.live.load.kept().and_then(|kept| kept.completeness.forbids_verdicts());
        self.live_from.zip(live).map(|(from, lacks)| Partial { from, lacks })
    }
}
