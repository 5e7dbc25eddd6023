//! The facts about sources, accounts and hosts, out of what is joined already.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::history::is_public;
use super::{Picture, is_arrival};
use crate::analysis::{account, programs};
use crate::domain::stage::Ladder;
use crate::domain::{Address, Foreign, Kind, Stage};
use crate::evidence::{AccountFact, Facts, HostFact, Question, SourceFact};
use crate::query::Answer;

/// Refusals of one source before they are worth a word.
const TRIES: u64 = 5;

/// The facts; [`SourceFact::explained_by`] comes later.
pub(super) fn facts(picture: &Picture<'_>, sources: &BTreeSet<Address>) -> Facts {
    let known = picture.past.days > 0;
    let regulars = regulars(picture);
    let mut list: Vec<SourceFact> = sources.iter().map(|address| source(picture, *address, known, &regulars)).collect();
    // A spray from many sources: each tries little, all of them together much.
    let refused = list.iter().filter(|source| source.refusals > 0 && source.is_new != Some(false)).count();
    for source in &mut list {
        if refused >= 5 && source.refusals > 0 && source.is_new != Some(false) {
            source.suspicion.push(format!("refused like {} others", refused - 1));
        }
    }
    let verdict =
        picture.inquiry.verdicts.iter().filter(|verdict| picture.inquiry.overlaps(verdict.start)).filter_map(|verdict| verdict.score).max_by(f64::total_cmp);
    let open =
        picture.sessions.list.iter().zip(&picture.sessions.machine).filter(|(session, machine)| Some(**machine) == picture.machine && session.end.is_none());
    let open_sessions =
        open.filter(|(session, _)| session.is_desktop).filter_map(|(session, _)| Some((session.user.clone()?, session.source(), session.first)));
    let open_sessions = open_sessions.filter(|(user, ..)| !account::is_system(user)).collect();
    let accounts = accounts(picture, &list);
    let hosts = hosts(picture, &list);
    Facts { sources: list, accounts, hosts, usual: picture.past.usual, history_days: picture.past.days, score: verdict, open_sessions }
}

/// Who used each source here before the range, as far as history says.
fn regulars(picture: &Picture<'_>) -> BTreeMap<Address, BTreeSet<Foreign>> {
    let mut found: BTreeMap<Address, BTreeSet<Foreign>> = BTreeMap::new();
    if let Some(Answer::Tally(tally)) = picture.answers.answer(Question::Accounts) {
        for row in tally.rows.iter().filter(|row| !account::is_system(&row.value)) {
            for source in &row.sources {
                found.entry(*source).or_default().insert(row.value.clone());
            }
        }
    }
    found
}

fn source(picture: &Picture<'_>, address: Address, known: bool, regulars: &BTreeMap<Address, BTreeSet<Foreign>>) -> SourceFact {
    let past = picture.past.of.get(&address);
    let days_before = past.map_or(0, |past| u32::try_from(past.days.len()).unwrap_or(u32::MAX));
    let ladder = picture.ladders.get(&address);
    let is_new = known.then_some(days_before == 0);
    let stage = ladder.map_or(Stage::Touched, Ladder::stage);
    let mine = || {
        let places = 0..picture.events.len();
        places.filter(|place| picture.is_here(*place)).filter_map(|place| picture.events.get(place)).filter(move |event| event.source == Some(address))
    };
    let within = || mine().filter(|event| picture.inquiry.range.contains(event.time) && is_arrival(event));
    let (first, last) = (within().map(|event| event.time).min(), within().map(|event| event.time).max());
    let is_cookie = |event: &&crate::domain::Event| event.kind == Kind::ZeekRdp && event.source == Some(address);
    let cookies = picture.events.iter().filter(is_cookie).filter_map(|event| event.user.clone()).collect();
    let mut suspicion = Vec::new();
    let refusals = ladder.map_or(0, Ladder::refusals);
    let got_in = stage >= Stage::Authenticated;
    if is_new == Some(true) && got_in {
        suspicion.push("new here, and got in".to_owned());
    }
    if is_public(address) && got_in {
        suspicion.push("an address of the internet that got in".to_owned());
    }
    if address.is_loopback() {
        suspicion.push("the server itself: a tunnel".to_owned());
    }
    if refusals >= TRIES {
        suspicion.push(format!("refused {refusals} times"));
    }
    if let Some(spray) = picture.users.sprays.iter().find(|spray| spray.source == address) {
        suspicion.push(format!("tried {} accounts", spray.users.len()));
    }
    let broke = picture.users.rows.iter().filter_map(|user| user.after_refusals.as_ref()).find(|(_, source, _)| *source == address);
    if let Some((_, _, tries)) = broke {
        suspicion.push(format!("got in after {tries} refusals"));
    }
    SourceFact {
        address,
        is_new,
        days_before,
        stage,
        first: first.or(ladder.map(|ladder| ladder.first)).unwrap_or(picture.inquiry.range.from),
        last: last.or(ladder.map(|ladder| ladder.last)).unwrap_or(picture.inquiry.range.from),
        connections: ladder.map_or(0, |ladder| ladder.connections.max(ladder.sessions)),
        refusals,
        users: ladder
            .map(|ladder| ladder.users.iter().filter(|(user, _)| !account::is_system(user)).map(|(user, count)| (user.clone(), *count)).collect())
            .unwrap_or_default(),
        regulars: regulars.get(&address).cloned().unwrap_or_default(),
        destinations: past.map_or(1, |past| past.reached.len().max(1) as u64),
        cookies,
        suspicion,
        explained_by: None,
    }
}

/// The accounts that sources of the range came with, those that got in first.
fn accounts(picture: &Picture<'_>, sources: &[SourceFact]) -> Vec<AccountFact> {
    let is_meant = |address: &Address| sources.iter().any(|source| source.address == *address);
    let mut list = Vec::new();
    for user in &picture.users.rows {
        let here: Vec<_> = user.cells.iter().filter(|cell| Some(cell.machine) == picture.machine && cell.source.as_ref().is_none_or(is_meant)).collect();
        if here.is_empty() || user.last < picture.inquiry.range.from {
            continue;
        }
        let logons = here.iter().map(|cell| cell.logons.max(u64::from(cell.proof.is_some()))).sum();
        let refusals = here.iter().filter_map(|cell| cell.refused.as_ref()).map(|proof| proof.events).sum();
        let came: BTreeSet<Address> = here.iter().filter_map(|cell| cell.source).collect();
        if came.is_empty() && logons == 0 && refusals == 0 {
            continue;
        }
        let in_at = user.cells.iter().filter(|cell| cell.proof.is_some() && cell.source.as_ref().is_none_or(is_meant));
        let mut hosts: BTreeSet<Foreign> = in_at
            .filter_map(|cell| picture.sessions.machines.get(cell.machine))
            .map(|machine| machine.name().cloned().unwrap_or_else(|| machine.label()))
            .collect();
        // Where the account went on from here counts as where it is known to have been.
        let onward = picture.onward().into_iter().filter(|edge| edge.users.iter().any(|other| account::same(Some(other), Some(&user.name))));
        hosts.extend(onward.map(|edge| edge.to.label(&picture.sessions.machines)));
        let mut suspicion = Vec::new();
        let suspects = came.iter().filter(|address| sources.iter().any(|source| source.address == **address && !source.suspicion.is_empty())).count();
        if logons > 0 && suspects > 0 {
            suspicion.push(format!("got in from {suspects} suspect source{}", if suspects == 1 { "" } else { "s" }));
        }
        if let Some((_, source, tries)) = user.after_refusals.as_ref().filter(|(_, source, _)| is_meant(source)) {
            suspicion.push(format!("got in from {source} after {tries} refusals there"));
        }
        let at_once = user.at_once.iter().filter(|source| is_meant(source)).count();
        if at_once >= 2 {
            suspicion.push(format!("used from {at_once} sources within minutes"));
        }
        if user.is_new == Some(true) && logons > 0 {
            suspicion.push("never used here before".to_owned());
        }
        list.push(AccountFact {
            name: user.name.clone(),
            logons,
            refusals,
            is_privileged: user.privileged.is_some(),
            is_new: user.is_new,
            sources: came,
            hosts,
            suspicion,
        });
    }
    list.sort_by(|one, two| {
        (two.logons > 0, two.is_privileged, two.logons, two.refusals)
            .cmp(&(one.logons > 0, one.is_privileged, one.logons, one.refusals))
            .then_with(|| one.name.cmp(&two.name))
    });
    list
}

/// The destination, where its suspect sources got in besides, and where it went on to.
fn hosts(picture: &Picture<'_>, sources: &[SourceFact]) -> Vec<HostFact> {
    let furthest = sources.iter().map(|source| source.stage).max().unwrap_or(Stage::Touched);
    let first = sources.iter().map(|source| source.first).min().unwrap_or(picture.inquiry.range.from);
    let mut findings: Vec<String> = picture.telltales.iter().map(|tale| tale.text.clone()).collect();
    for process in picture
        .started()
        .filter(|process| process.is_new == Some(true) || process.is_trusted == Some(false) || process.image.as_ref().is_some_and(is_odd_place))
    {
        let image = process.image.as_ref().map(|image| image.safe().into_string()).unwrap_or_default();
        let by = process.user.as_ref().map(|user| format!(" by {}", user.safe())).unwrap_or_default();
        let new = if process.is_new == Some(true) { ", never seen on this host before" } else { "" };
        let line = format!("{image} was started{by}{new}");
        if !findings.contains(&line) {
            findings.push(line);
        }
    }
    let mut hosts =
        vec![HostFact { host: Arc::clone(&picture.inquiry.destination), why: "the destination itself".to_owned(), first, stage: furthest, findings }];
    let mut add = |machine: usize, why: String, first, stage: Stage| {
        let Some(host) = picture.sessions.machines.get(machine).filter(|_| Some(machine) != picture.machine) else { return };
        match hosts.iter_mut().find(|known| *known.host == *host) {
            Some(known) => {
                known.first = known.first.min(first);
                known.stage = known.stage.max(stage);
            }
            None => hosts.push(HostFact { host: Arc::new(host.clone()), why, first, stage, findings: Vec::new() }),
        }
    };
    for edge in picture.onward() {
        if let crate::analysis::hops::Node::Machine(machine) = edge.to {
            add(machine, "reached from the destination afterwards".to_owned(), edge.first, edge.stage);
        }
    }
    for (machine, ladder) in &picture.elsewhere {
        let is_suspect = sources.iter().any(|source| Some(source.address) == ladder.source && !source.suspicion.is_empty());
        if is_suspect && let Some(address) = ladder.source {
            add(*machine, format!("reached by {address} too"), ladder.first, ladder.stage());
        }
    }
    hosts
}

/// Whether a program lies where any user may write: nothing that is installed does.
pub fn is_odd_place(image: &Foreign) -> bool {
    let path = image.raw().to_lowercase().replace('/', "\\");
    let odd = ["\\users\\", "\\temp\\", "\\programdata\\", "\\perflogs\\", "\\$recycle.bin\\", "\\tsclient\\", "\\downloads\\", "\\windows\\tasks\\"];
    odd.iter().any(|folder| path.contains(folder)) && !programs::is_of_windows(image)
}
