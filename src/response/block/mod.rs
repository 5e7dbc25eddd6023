//! Block lists: which sources, minus what is protected, in the words of each firewall, with the undo of each and who would
//! be cut off. One file per firewall.

mod elastic;
mod fortinet;
mod lists;
mod nftables;
mod windows;

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use super::{Choice, Item, Picture, Piece, Prepared, Source, caveats, counted, named};
use crate::domain::{Address, Foreign};

const TITLE: &str = "Block the sources";

/// What is blocked, as networks: single addresses are networks of one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Blocked {
    /// IPv4, in order.
    pub v4: Vec<IpNet>,
    /// IPv6, in order.
    pub v6: Vec<IpNet>,
    /// Addresses covered that nobody asked for.
    pub beyond: u128,
    /// Name of rules and groups.
    pub tag: String,
}

impl Blocked {
    /// All of them, IPv4 first.
    pub fn all(&self) -> impl Iterator<Item = &IpNet> {
        self.v4.iter().chain(&self.v6)
    }
}

/// Writes one block list.
pub type Write = fn(&Blocked) -> Piece;

/// Every way to write a block list, by its name in `--as`.
pub const STYLES: &[(&str, &str, Write)] = &[
    ("plain", "one address or network a line", lists::plain),
    ("cidr", "the same, always with its prefix length", lists::cidr),
    ("nftables", "a table for nft, beside whatever there is", nftables::write),
    ("windows-firewall", "PowerShell for the Windows firewall", windows::write),
    ("pan-edl", "an external dynamic list for PAN-OS", lists::pan_edl),
    ("fortinet", "address objects and groups for FortiOS", fortinet::write),
    ("pfsense", "an alias for pfSense", lists::pfsense),
    ("elastic", "a value list for Elastic Security, as CSV", elastic::write),
];

/// Prepares it.
pub(super) fn prepare(picture: &Picture, choice: &Choice) -> Prepared {
    let mut left_out: Vec<(Foreign, String)> = Vec::new();
    let mut chosen: Vec<&Source> = Vec::new();
    let mut strangers: Vec<Address> = Vec::new();
    let suspects: BTreeSet<Address> = picture.suspects().map(|source| source.address).collect();
    let wanted = choice.sources.clone().unwrap_or_else(|| suspects.clone());
    for source in &picture.sources {
        if !wanted.contains(&source.address) {
            if choice.sources.is_none() {
                left_out.push((source.address.to_string().into(), format!("known here: seen on {} before", counted(source.days_before, "day"))));
            }
        } else if let Some(why) = choice.protected.address(source.address) {
            left_out.push((source.address.to_string().into(), format!("protected: {why}")));
        } else {
            chosen.push(source);
        }
    }
    for address in wanted.iter().filter(|address| picture.sources.iter().all(|source| source.address != **address)) {
        match choice.protected.address(*address) {
            Some(why) => left_out.push((address.to_string().into(), format!("protected: {why}"))),
            None => strangers.push(*address),
        }
    }
    // Those who reach furthest are blocked first.
    chosen.sort_by_key(|source| (std::cmp::Reverse((source.stage, source.also_to.len(), source.events)), source.address));
    let addresses: BTreeSet<Address> = chosen.iter().map(|source| source.address).chain(strangers.iter().copied()).collect();
    let (blocked, kept_apart) = blocked(&addresses, choice);
    let mut prepared = Prepared::new("block", TITLE, summary(&addresses, &blocked, left_out.len()));
    prepared.warnings = caveats(picture);
    if choice.sources.is_none() && picture.sources.iter().all(|source| source.is_new.is_none()) && !picture.sources.is_empty() {
        prepared.warnings.push("no history says who is new here: regulars are in the list too; choose sources or look further back".to_owned());
    }
    if blocked.beyond > 0 {
        prepared.warnings.push(format!("the networks cover {} addresses that were not seen: whoever has one of them is cut off too", blocked.beyond));
    }
    prepared.warnings.extend(kept_apart);
    for address in &strangers {
        prepared.warnings.push(format!("{address} was not seen here in this range"));
    }
    for source in &chosen {
        prepared.warnings.extend(conflict(source));
        prepared.cut_off.extend(cut_off(source));
        prepared.items.push(Item { what: source.address.to_string().into(), why: why(source) });
    }
    prepared.items.extend(strangers.iter().map(|address| Item { what: address.to_string().into(), why: "chosen by hand".to_owned() }));
    prepared.left_out = left_out;
    if !addresses.is_empty() {
        prepared.pieces = STYLES.iter().map(|(.., write)| write(&blocked)).collect();
    }
    prepared
}

fn summary(addresses: &BTreeSet<Address>, blocked: &Blocked, left_out: usize) -> String {
    let as_networks = blocked.v4.len() + blocked.v6.len();
    let form = if as_networks == addresses.len() { String::new() } else { format!(" as {}", counted(as_networks, "network")) };
    let out = if left_out == 0 { String::new() } else { format!(", {left_out} left out") };
    match addresses.len() {
        0 => format!("nothing to block{out}"),
        _ => format!("{}{form} to block{out}", counted(addresses.len(), "source")),
    }
}

fn why(source: &Source) -> String {
    let mut parts = vec![source.stage.name().to_owned()];
    match source.is_new {
        Some(true) => parts.push("new here".to_owned()),
        Some(false) => parts.push(format!("seen on {} before", counted(source.days_before, "day"))),
        None => {}
    }
    if !source.also_to.is_empty() {
        parts.push(format!("also to {}", named(&source.also_to, 3)));
    }
    parts.join(", ")
}

/// Who works from there: now, and before the spike.
fn cut_off(source: &Source) -> Option<String> {
    let mut who = Vec::new();
    if source.open > 0 {
        who.push(format!("{} open, {}", counted(source.open, "session"), named(&source.users, 3)));
    }
    if !source.regulars.is_empty() {
        who.push(format!("regularly used by {}", named(&source.regulars, 4)));
    }
    (!who.is_empty()).then(|| format!("{}: {}", source.address, who.join("; ")))
}

/// Why blocking it may hit others.
fn conflict(source: &Source) -> Option<String> {
    let people = source.regulars.len();
    if source.is_server {
        return Some(format!("{} is itself a server that people reach over RDP: what runs there loses its way here too", source.address));
    }
    (people >= 3).then(|| format!("{people} accounts came from {} before: a gateway, a jump host or a pool of addresses", source.address))
}

/// The addresses as networks, as asked for; and in words what was not widened because it holds something protected.
fn blocked(addresses: &BTreeSet<Address>, choice: &Choice) -> (Blocked, Vec<String>) {
    let single = |address: &Address| IpNet::from(address.ip());
    let mut kept_apart = Vec::new();
    let mut networks: Vec<IpNet> = Vec::new();
    for address in addresses {
        let wide = match (choice.widen, address.ip()) {
            (Some(length), IpAddr::V4(ip)) => Ipv4Net::new(ip, length.min(32)).ok().map(|network| IpNet::V4(network.trunc())),
            _ => None,
        };
        match wide.map(|network| (network, choice.protected.network(network))) {
            Some((network, None)) => networks.push(network),
            Some((network, Some(why))) => {
                let said = format!("{network} is not blocked whole: {why}");
                if !kept_apart.contains(&said) {
                    kept_apart.push(said);
                }
                networks.push(single(address));
            }
            None => networks.push(single(address)),
        }
    }
    if choice.collapse || choice.widen.is_some() {
        // Neighbours only: what comes out holds exactly what went in.
        networks = IpNet::aggregate(&networks);
    }
    networks.sort_unstable();
    networks.dedup();
    let size = |network: &IpNet| 1_u128 << u32::from(network.max_prefix_len() - network.prefix_len()).min(127);
    let covered: u128 = networks.iter().map(size).sum();
    let beyond = covered.saturating_sub(addresses.len() as u128);
    let (v4, v6) = networks.into_iter().partition(|network| matches!(network, IpNet::V4(_)));
    (Blocked { v4, v6, beyond, tag: choice.tag() }, kept_apart)
}

/// A network as most lists have it: a single address without prefix length.
fn short(network: &IpNet) -> String {
    if network.prefix_len() == network.max_prefix_len() { network.addr().to_string() } else { network.to_string() }
}

#[cfg(test)]
mod tests {
    use super::super::Protected;
    use super::super::sample::{address, picture};
    use super::*;

    fn text(choice: &Choice, style: &str) -> (String, Option<String>) {
        let prepared = prepare(&picture(), choice);
        let piece = prepared.piece(style).unwrap();
        (piece.text.clone(), piece.undo.clone())
    }

    pub(super) fn of(sources: &[&str], choice: Choice) -> Blocked {
        let addresses = sources.iter().map(|source| address(source)).collect();
        blocked(&addresses, &choice).0
    }

    #[test]
    fn strangers_are_blocked_regulars_and_protected_left_out_and_said() {
        let protected = Protected::read("p", "10.66.0.13 # our scanner").unwrap();
        let prepared = prepare(&picture(), &Choice { protected, ..Choice::default() });
        assert_eq!(prepared.summary, "2 sources to block, 2 left out");
        assert_eq!(prepared.piece("plain").unwrap().text, "10.66.0.12\n2001:db8::7\n");
        assert_eq!(
            prepared.left_out,
            [("10.20.8.3".into(), "known here: seen on 21 days before".to_owned()), ("10.66.0.13".into(), "protected: our scanner".to_owned())]
        );
        assert_eq!(prepared.items[0].why, "logged on, new here, also to DC01");
        assert_eq!(prepared.cut_off, ["10.66.0.12: 1 session open, CORP\\admmig", "2001:db8::7: regularly used by CORP\\kim, CORP\\lee"]);
        assert_eq!(prepared.warnings, ["2001:db8::7 is itself a server that people reach over RDP: what runs there loses its way here too"]);
    }

    #[test]
    fn a_choice_by_hand_wins_but_never_over_the_protected_list() {
        let protected = Protected::default().and("198.51.100.0/24", "partner").unwrap();
        let sources = Some(BTreeSet::from([address("10.20.8.3"), address("192.0.2.9"), address("198.51.100.4"), address("127.0.0.1")]));
        let prepared = prepare(&picture(), &Choice { sources, protected, ..Choice::default() });
        assert_eq!(prepared.piece("plain").unwrap().text, "10.20.8.3\n192.0.2.9\n");
        assert_eq!(
            prepared.left_out,
            [("127.0.0.1".into(), "protected: it is the same on every host".to_owned()), ("198.51.100.4".into(), "protected: partner".to_owned())]
        );
        assert_eq!(prepared.warnings, ["192.0.2.9 was not seen here in this range"]);
    }

    #[test]
    fn neighbours_become_networks_only_when_asked_and_never_hold_more() {
        let sources = ["192.0.2.4", "192.0.2.5", "192.0.2.6", "192.0.2.7", "192.0.2.9", "2001:db8::2", "2001:db8::3"];
        let plain: Vec<String> = of(&sources, Choice::default()).all().map(short).collect();
        assert_eq!(plain, sources);
        let collapsed = of(&sources, Choice { collapse: true, ..Choice::default() });
        assert_eq!(collapsed.all().map(short).collect::<Vec<_>>(), ["192.0.2.4/30", "192.0.2.9", "2001:db8::2/127"]);
        assert_eq!(collapsed.beyond, 0);
    }

    #[test]
    fn widening_says_how_many_strangers_it_hits_and_spares_protected_networks() {
        let protected = Protected::default().and("192.0.2.200", "the VPN gateway").unwrap();
        let choice = Choice { widen: Some(24), protected, ..Choice::default() };
        let (wide, said) = blocked(&[address("192.0.2.4"), address("198.51.100.7"), address("198.51.100.8")].into(), &choice);
        assert_eq!(wide.all().map(short).collect::<Vec<_>>(), ["192.0.2.4", "198.51.100.0/24"]);
        assert_eq!(wide.beyond, 254);
        assert_eq!(said, ["192.0.2.0/24 is not blocked whole: the VPN gateway"]);
    }

    #[test]
    fn every_style_has_an_undo_and_holds_every_source() {
        for (style, ..) in STYLES {
            let (text, undo) = text(&Choice::default(), style);
            assert!(undo.is_some_and(|undo| !undo.is_empty()), "{style}");
            for source in ["10.66.0.12", "10.66.0.13", "2001:db8::7"] {
                assert!(text.contains(source), "{style}: {text}");
            }
            assert!(!text.contains("10.20.8.3"), "{style}");
        }
    }

    #[test]
    fn where_no_history_tells_all_are_in_and_that_is_said() {
        let mut picture = picture();
        picture.sources.iter_mut().for_each(|source| source.is_new = None);
        let prepared = prepare(&picture, &Choice::default());
        assert!(prepared.piece("plain").unwrap().text.contains("10.20.8.3"));
        assert!(prepared.warnings[0].starts_with("no history says who is new here"));
    }
}
