//! Sessions that a script tells one by one: who comes from where, what runs, where it goes on to.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::cast::{Cast, wrong};
use super::desk::{Desk, Sitting};
use super::scene::{Outcome, Scene, Visit, WRONG_PASSWORD, later};
use super::script::Run;
use crate::backend::BackendError;
use crate::domain::{Address, Foreign};

/// A session as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// When the connection is made, after `start`.
    pub at: SignedDuration,
    /// The server, by name or address.
    pub destination: String,
    /// The address it comes from.
    pub source: Option<Address>,
    /// Or the server that it comes from, by name or address: the open session there of the same story goes on from it.
    pub from: Option<String>,
    /// The program that connects out of that server.
    pub tool: Option<String>,
    /// Whose.
    pub user: String,
    /// How often the account is refused first.
    #[serde(default)]
    pub refused: u16,
    /// Until it is left for good.
    pub lasts: SignedDuration,
    /// What the client computer calls itself.
    pub client: Option<String>,
    /// Minutes that its clock is ahead of UTC.
    pub zone: Option<i16>,
    /// When it is left and come back to.
    #[serde(default)]
    pub back: Vec<Back>,
    /// Whether it ends with a logoff.
    #[serde(default)]
    pub logs_off: bool,
    /// Programs started in it, three quarters of a minute apart.
    #[serde(default)]
    pub runs: Vec<Run>,
}

/// A session left and come back to, both after its beginning.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Back {
    /// When it is left.
    pub left: SignedDuration,
    /// When somebody comes back.
    pub at: SignedDuration,
}

/// Plays the sessions; one that goes on from another comes after it in the script.
///
/// # Errors
/// Where the script names a server that is not there, or a session that nobody has.
pub fn play(sessions: &[Session], start: Timestamp, cast: &Cast, scene: &mut Scene) -> Result<(), BackendError> {
    let mut desks: Vec<(Address, Desk)> = Vec::new();
    for told in sessions {
        let place = cast.place(&told.destination)?;
        let time = start.checked_add(told.at).map_err(|_| wrong("a session leaves the calendar".to_owned()))?;
        let user = Foreign::from(told.user.as_str());
        let from = told.from.as_deref().map(|from| cast.place(from)).transpose()?;
        let source = told.source.or(from.map(|from| from.address)).ok_or_else(|| wrong(format!("a session of {} comes from nowhere", told.user)))?;
        for number in 0..told.refused {
            let before = later(time, -8_000 * i64::from(told.refused - number));
            scene.visit(place, &Visit { time: before, source, outcome: Outcome::Refused(user.clone(), WRONG_PASSWORD) });
        }
        let mut sitting = Sitting::ordinary(time, source, &user, told.lasts);
        if let (Some(from), Some(tool)) = (from, &told.tool) {
            let is_open = |(address, desk): &&mut (Address, Desk)| *address == from.address && desk.time <= time && time < desk.until;
            let (_, desk) =
                desks.iter_mut().rev().find(is_open).ok_or_else(|| {
                    wrong(format!("nobody has a session on {} from which {} could go on", told.from.as_deref().unwrap_or_default(), told.user))
                })?;
            let run = Run { image: tool.clone(), line: Some(format!("{tool} /v:{}", told.destination)), below: None };
            scene.run(from, later(time, -4_000), desk, &run);
            sitting.line = Some(scene.reach_out(from, later(time, -100), place, desk, tool));
            sitting.client = from.host.clone().unwrap_or(sitting.client);
        }
        if let Some(client) = &told.client {
            sitting.client = client.as_str().into();
        }
        sitting.zone = told.zone.unwrap_or(sitting.zone);
        sitting.back = told.back.iter().map(|back| (back.left, back.at)).collect();
        sitting.logs_off = told.logs_off;
        let mut desk = scene.sit(place, &sitting);
        for (step, run) in (0..).zip(&told.runs) {
            scene.run(place, later(time, 60_000 + 45_000 * step), &mut desk, run);
        }
        desks.push((place.address, desk));
    }
    Ok(())
}
