//! Why a bucket has its score, in the numbers that made it.

use std::sync::Arc;

use ipnet::IpNet;
use serde::Serialize;

use super::{Address, Severity, Timestamp};

/// The window, the sources and the expectation behind a score.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Why {
    /// How much likelier the arrivals are with extra sources than without, in nats, with what was brought along and all caps.
    pub nats: f64,
    /// Start of the window that speaks loudest; it ends with the bucket.
    pub from: Timestamp,
    /// Its width in minutes: 15 to a day. Wider than the bucket is a multi-bucket anomaly.
    pub minutes: i64,
    /// What the score would be if the bucket stood alone, whatever happened before it.
    pub alone: f64,
    /// What explains the window best, in words.
    pub explanation: &'static str,
    /// Sources that arrived in the window after four hours away, those that go from door to door left out.
    pub arrived: u32,
    /// How many of them were expected.
    pub expected: f64,
    /// The same by class of source, in order of surprise; classes with neither are left out.
    pub classes: Vec<ClassCount>,
    /// The networks that most of the arrivals came from, most first.
    pub networks: Vec<(IpNet, u32)>,
    /// Servers that arrived and had themselves just been reached by somebody unexpected.
    pub pivots: Vec<Pivot>,
    /// What the score would be without the largest network.
    pub without: Option<Without>,
    /// The sources of the window, door-to-door ones left out, in order: by these, anomalies of several destinations are one incident.
    #[serde(skip)]
    pub sources: Arc<[Address]>,
    /// The destination is in its first day: the score is capped.
    pub is_new: bool,
}

impl Why {
    /// Whether several buckets of so many seconds say together what the one with this `score` would not say alone: its band would
    /// be a milder one.
    pub fn is_multi_bucket(&self, seconds: i64, score: f64) -> bool {
        self.minutes.saturating_mul(60) > seconds && Severity::of(self.alone) < Severity::of(score)
    }
}

/// One class of sources in the window.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ClassCount {
    /// The class, in one word.
    pub class: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// How many arrived.
    pub arrived: u32,
    /// How many were expected.
    pub expected: f64,
    /// Who arrived, in order.
    pub sources: Vec<Address>,
}

/// A server that was reached and then reached out.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Pivot {
    /// Its address.
    pub host: Address,
    /// When somebody unexpected last reached it.
    pub reached: Option<Timestamp>,
    /// The suspicion it brought along, in nats.
    pub brought: f64,
}

/// What would be left.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Without {
    /// Without the sources of this network.
    pub network: IpNet,
    /// How many they are.
    pub sources: u32,
    /// The score would be this.
    pub score: f64,
}
