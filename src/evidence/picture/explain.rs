//! Harmless explanations: which of the sources each of them fits, and how many of the extra ones it explains. The alarm
//! counts distinct sources, so one monitor, however often it comes, adds one.

use std::collections::{BTreeMap, BTreeSet};

use super::{Picture, ROUND};
use crate::analysis::telltales::Sort;
use crate::domain::{Address, Foreign, Stage};

/// How unevenly a source may come back and still be a clock.
const EVEN: f64 = 0.15;
/// Accounts behind one source that make it a door for many.
const MANY: usize = 3;

/// The sources that each harmless step fits.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Explained {
    /// By id of the step.
    pub by: BTreeMap<&'static str, BTreeSet<Address>>,
}

/// How much an explanation explains.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    /// Extra sources that it explains.
    pub explained: usize,
    /// Extra sources there are: above what is usual, or all where nothing is above it.
    pub extra: usize,
}

impl Share {
    /// In hundredths.
    pub fn percent(self) -> u8 {
        u8::try_from((100 * self.explained).checked_div(self.extra).unwrap_or(0)).unwrap_or(100)
    }
}

impl Explained {
    /// The step that explains a source, the most particular first.
    pub fn of(&self, address: Address) -> Option<&'static str> {
        ["scan", "automation", "deployment", "gateway", "maintenance"]
            .into_iter()
            .find(|step| self.by.get(step).is_some_and(|sources| sources.contains(&address)))
    }

    /// The sources of a step.
    pub fn sources(&self, step: &str) -> &BTreeSet<Address> {
        static NONE: BTreeSet<Address> = BTreeSet::new();
        self.by.get(step).unwrap_or(&NONE)
    }

    /// How much a step explains: whoever is known here and did nothing odd needs no explanation.
    pub fn share(&self, step: &str, picture: &Picture<'_>) -> Share {
        let fitting = self.sources(step);
        let all = picture.facts.sources.len();
        let extra = picture.extra();
        let is_open = |source: &&super::SourceFact| !fitting.contains(&source.address) && (source.is_new != Some(false) || !source.suspicion.is_empty());
        let open = picture.facts.sources.iter().filter(is_open).count();
        // Where nothing is above the usual, all of them are what is to be explained.
        let extra = if extra == 0 { all } else { extra };
        let explained = if fitting.is_empty() { 0 } else { extra.saturating_sub(open) };
        Share { explained, extra }
    }
}

/// Sorts the sources by what could explain them.
pub(super) fn explain(picture: &Picture<'_>) -> Explained {
    let mut explained = Explained::default();
    let by = &mut explained.by;
    let is_harmless_so_far = |source: &&super::SourceFact| source.suspicion.is_empty();
    let sources = &picture.facts.sources;
    let of = |list: &mut dyn Iterator<Item = Address>| list.collect::<BTreeSet<Address>>();
    by.insert("scan", of(&mut sources.iter().filter(|source| scans(picture, source)).map(|source| source.address)));
    by.insert("automation", of(&mut sources.iter().filter(is_harmless_so_far).filter(|source| is_even(picture, source)).map(|source| source.address)));
    by.insert("deployment", of(&mut sources.iter().filter(|source| deploys(picture, source)).map(|source| source.address)));
    by.insert("gateway", of(&mut sources.iter().filter(|source| carries(picture, source)).map(|source| source.address)));
    let is_admin = |source: &&super::SourceFact| source.is_new == Some(false);
    by.insert("maintenance", of(&mut sources.iter().filter(is_harmless_so_far).filter(is_admin).map(|source| source.address)));
    explained
}

/// Whether it names itself a scanner, or knocks at many doors and enters none.
fn scans(picture: &Picture<'_>, source: &super::SourceFact) -> bool {
    let got_in = source.stage >= Stage::Authenticated
        || picture.elsewhere.iter().any(|(_, ladder)| ladder.source == Some(source.address) && ladder.stage() >= Stage::Authenticated);
    if got_in {
        return false;
    }
    let names_itself = picture.telltales.iter().any(|tale| tale.sort == Sort::ScannerCookie && tale.text.starts_with(&format!("{} ", source.address)));
    let many = 10.min((picture.past.destinations / 2).max(ROUND)) as u64;
    names_itself || (source.destinations >= many && source.refusals == 0)
}

/// Whether it comes like a clock, or on most days in many quarters of an hour, and never gets a session.
fn is_even(picture: &Picture<'_>, source: &super::SourceFact) -> bool {
    let is_clock = picture.rhythm.of.get(&source.address).is_some_and(|unevenness| *unevenness <= EVEN);
    let past = picture.past.of.get(&source.address);
    let days = picture.past.days.max(1);
    let is_daily = past.is_some_and(|past| {
        let came = u32::try_from(past.days.len()).unwrap_or(0);
        came >= 3 && 2 * came >= days && past.quarters >= 24 * came
    });
    source.stage < Stage::Shell && (is_clock || is_daily)
}

/// Whether it makes a round of the estate, logging on, and has done so before; or installs things.
fn deploys(picture: &Picture<'_>, source: &super::SourceFact) -> bool {
    if source.refusals >= 5 || source.stage < Stage::Authenticated {
        return false;
    }
    let past = picture.past.of.get(&source.address);
    let makes_rounds = past.is_some_and(|past| past.reached.len() >= ROUND && (past.rounds > 0 || past.weeks > 0));
    let is_known = source.is_new != Some(true);
    makes_rounds || (is_known && source.destinations >= ROUND as u64 && installer_of(picture, source.address).is_some())
}

/// What the sessions of a source ran that installs software.
pub fn installer_of<'p>(picture: &'p Picture<'_>, address: Address) -> Option<&'p Foreign> {
    let of_source =
        |session: Option<usize>| session.and_then(|session| picture.sessions.list.get(session)).is_some_and(|session| session.sources().contains(&address));
    picture.processes.iter().filter(|process| of_source(process.session)).filter_map(|process| process.image.as_ref()).find(|image| is_installer(image))
}

/// Whether a program installs software.
fn is_installer(image: &Foreign) -> bool {
    let name = crate::analysis::programs::name(image);
    let known = ["msiexec.exe", "trustedinstaller.exe", "tiworker.exe", "ccmexec.exe", "wusa.exe", "wuauclt.exe", "usoclient.exe", "dism.exe", "poqexec.exe"];
    known.contains(&name.as_str()) || ((name.starts_with("setup") || name.starts_with("install")) && !super::people::is_odd_place(image))
}

/// Whether many people come out of it: several accounts logged on, or several computers named behind one address.
fn carries(picture: &Picture<'_>, source: &super::SourceFact) -> bool {
    let sessions = || picture.visits().filter(|session| session.sources().contains(&source.address));
    let users: BTreeSet<String> = sessions().filter_map(|session| session.user.as_ref()).map(crate::analysis::account::bare).collect();
    let clients: BTreeSet<&Foreign> = sessions().flat_map(|session| &session.openings).filter_map(|opening| opening.client.as_ref()).collect();
    let has_tried = picture.users.sprays.iter().any(|spray| spray.source == source.address) || source.refusals >= 5;
    !has_tried && (users.len() >= MANY || clients.len() >= MANY || source.cookies.len() >= 2 * MANY)
}
