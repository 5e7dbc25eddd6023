//! T1: who came, who of them is new, how far each got, where else they were.

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::domain::{Address, Stage};
use crate::evidence::picture::{Picture, is_public};
use crate::evidence::weigh::{Weighed, count};
use crate::evidence::{Question, SourceFact};

/// Who came, and since when they are known.
pub const QUESTIONS: &[Question] = &[Question::Arrivals, Question::Events];

/// Destinations from which a source is worth a word.
const MANY: u64 = 10;

/// Weighs.
pub fn weigh(picture: &Picture<'_>) -> Weighed {
    let sources = &picture.facts.sources;
    let all = sources.len();
    let how_many = |is: &dyn Fn(&SourceFact) -> bool| sources.iter().filter(|source| is(source)).count();
    let days = picture.facts.history_days;
    let new = how_many(&|source| source.is_new == Some(true));
    let got_in = how_many(&|source| source.stage >= Stage::Authenticated);
    let refused = how_many(&|source| source.stage == Stage::Refused || source.refusals > 0);
    let wide = how_many(&|source| source.destinations >= MANY);
    let since = if days > 0 { format!("{new} never seen here in {days} d") } else { "with no history to say who is new".to_owned() };
    let mut parts = vec![format!("{}, {since}", count(all, "source"))];
    let stages = [("got in", got_in), ("were refused", refused), ("reach 10 destinations or more", wide)];
    parts.extend(stages.into_iter().filter(|(_, many)| *many > 0).map(|(what, many)| format!("{many} {what}")));
    let network = network(sources);
    if let Some((net, many)) = network.filter(|(_, many)| *many > 2) {
        parts.push(format!("{many} from {net}"));
    }
    let mut weighed = Weighed::new(parts.join("; "));
    weighed.sources = sources.iter().map(|source| source.address).collect();
    if all == 0 {
        weighed.missing("no event of the range names a usable source");
        return weighed.cannot_tell();
    }
    let new_and_in = how_many(&|source| source.is_new == Some(true) && source.stage >= Stage::Authenticated && source.explained_by.is_none());
    if new_and_in > 0 {
        weighed.plus(40, format!("{new_and_in} of {got_in} that got in were never seen here before"));
    }
    let unexplained = how_many(&|source| source.is_new == Some(true) && source.explained_by.is_none());
    if unexplained >= 5 && 2 * unexplained >= all {
        weighed.plus(40, format!("{unexplained} of {all} are new here and nothing harmless explains them"));
    }
    let internet = how_many(&|source| is_public(source.address) && source.stage >= Stage::Authenticated);
    if internet > 0 {
        weighed.plus(50, format!("{internet} of the public internet got in"));
    }
    let loops = how_many(&|source| source.address.is_loopback());
    if loops > 0 {
        weighed.plus(40, "the server was reached from itself, as through a tunnel");
    }
    if refused >= 5 {
        weighed.plus(25, format!("{refused} were refused"));
    }
    if let Some((net, many)) = network.filter(|(_, many)| *many >= 5 && 2 * *many >= all && 2 * new >= all) {
        weighed.plus(15, format!("{many} of {all} come from one network, {net}"));
        weighed.human(format!("Whose is {net}: a partner, a VPN pool, a subnet of your own?"));
    }
    if wide >= 3 {
        weighed.plus(10, format!("{wide} reach {MANY} destinations or more around that time"));
    }
    let known = how_many(&|source| source.is_new == Some(false));
    if known > 0 && days > 0 {
        let weight = u8::try_from(50 * known / all).unwrap_or(50);
        weighed.minus(weight, format!("{known} of {all} were here on earlier days"));
    }
    let explained = how_many(&|source| source.explained_by.is_some() && source.is_new == Some(true));
    if explained > 0 {
        weighed.minus(u8::try_from(40 * explained / all).unwrap_or(40), format!("{explained} of the new ones fit a harmless explanation"));
    }
    if got_in == 0 && refused == 0 && picture.sees.logons {
        weighed.minus(20, "none got further than a connection");
    }
    weighed.missing("threat lists: none is part of this picture, so a known bad address shows only by what it does");
    if days == 0 {
        weighed.missing("history before the range: who is new here cannot be told");
    }
    if !picture.sees.logons {
        weighed.missing("logons are not visible in this data: how far a source got beyond a connection cannot be told");
    }
    weighed.triage(days > 0)
}

/// The network, /24 or /64, that most sources come from.
fn network(sources: &[SourceFact]) -> Option<(IpNet, usize)> {
    let mut networks: BTreeMap<IpNet, usize> = BTreeMap::new();
    for source in sources {
        *networks.entry(of(source.address)?).or_default() += 1;
    }
    networks.into_iter().max_by_key(|(_, many)| *many)
}

fn of(address: Address) -> Option<IpNet> {
    let width = if address.ip().is_ipv4() { 24 } else { 64 };
    IpNet::new(address.ip(), width).ok().map(|net| net.trunc())
}
