//! F3: many people behind one address, or several servers behind one.

use std::collections::BTreeSet;

use crate::domain::{Address, Foreign};
use crate::evidence::Question;
use crate::evidence::picture::Picture;
use crate::evidence::weigh::{Weighed, count, counted};

/// Who came through which address.
pub const QUESTIONS: &[Question] = &[Question::Arrivals, Question::Events];

/// Weighs.
pub fn weigh(picture: &Picture<'_>) -> Weighed {
    let doors = picture.explained.sources("gateway");
    let share = picture.explained.share("gateway", picture);
    let shared = shared(picture);
    let behind = doors.iter().map(|door| people(picture, *door).0.len()).max().unwrap_or(0);
    let twins = twins(picture);
    let mut weighed = Weighed::new(format!(
        "{} ({} behind the busiest); a proxy before the sources lowers their number, so they explain {} of {} sources to explain",
        counted(doors.len(), "address carries several people", "addresses carry several people"),
        count(behind, "account"),
        share.explained,
        share.extra
    ));
    weighed.sources = doors.iter().copied().collect();
    if !picture.sees.logons {
        weighed.missing("logons are not visible in this data: how many people come out of one address cannot be told");
        return weighed.cannot_tell();
    }
    if picture.facts.sources.is_empty() {
        weighed.missing("no event of the range names a usable source");
        return weighed.cannot_tell();
    }
    for door in doors {
        let (users, clients) = people(picture, *door);
        if users.len() >= 3 {
            weighed.plus(45, format!("{} came with {door}", count(users.len(), "account")));
        }
        if clients.len() >= 2 {
            weighed.plus(25, format!("{} computers name themselves behind {door}", clients.len()));
        }
        if picture.source(*door).is_some_and(|source| source.is_new == Some(false)) {
            weighed.plus(15, format!("{door} was here on earlier days"));
        } else {
            weighed.minus(25, format!("{door} was never here before"));
        }
    }
    if shared > 1 {
        weighed.plus(25, format!("{shared} hosts report the address of the destination: it stands for several servers, which raises the number of sources"));
    }
    if twins > 0 {
        weighed.plus(10, format!("{} come by IPv4 and by IPv6 within the same sessions: counted twice", count(twins, "computer")));
    }
    let refused: u64 = picture.facts.sources.iter().map(|source| source.refusals).sum();
    if refused >= 5 {
        weighed.minus(30, format!("{refused} refusals: people behind a gateway know their passwords"));
    }
    let alone = picture.facts.sources.iter().filter(|source| source.users.len() <= 1).count();
    if doors.is_empty() && alone > 0 {
        weighed.minus(30, format!("{alone} of {} sources came with one account or none", picture.facts.sources.len()));
    }
    weighed.human("What does the drawing of the network say stands there: a gateway, a broker, a NAT?");
    let explains = if shared > 1 { 80 } else { share.percent() };
    weighed.harmless(explains)
}

/// Accounts and computer names that came out of an address.
fn people(picture: &Picture<'_>, door: Address) -> (BTreeSet<String>, BTreeSet<Foreign>) {
    let sessions = || picture.visits().filter(|session| session.sources().contains(&door));
    let users = sessions().filter_map(|session| session.user.as_ref()).map(crate::analysis::account::bare).collect();
    let clients =
        sessions().flat_map(|session| &session.openings).filter(|opening| opening.source == Some(door)).filter_map(|opening| opening.client.clone()).collect();
    (users, clients)
}

/// Hosts that report the destination's address as theirs.
fn shared(picture: &Picture<'_>) -> usize {
    let of = |event: &crate::domain::Event| {
        let address = event.destination.filter(|address| address.identifies_a_host() && picture.inquiry.destination.addresses.contains(address))?;
        event.destination_host().map(|host| (address, host.raw().to_lowercase()))
    };
    let hosts: BTreeSet<(Address, String)> = picture.events.iter().filter_map(of).collect();
    hosts.len()
}

/// Sessions opened by both families of addresses.
fn twins(picture: &Picture<'_>) -> usize {
    let has = |session: &&crate::domain::RdpSession| {
        let sources = session.sources();
        sources.iter().any(|source| source.ip().is_ipv4()) && sources.iter().any(|source| source.ip().is_ipv6() && source.identifies_a_host())
    };
    picture.visits().filter(has).count()
}
