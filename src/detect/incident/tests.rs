//! What makes an incident of episodes, and that neither order nor strangers change it.

use proptest::prelude::*;

use super::*;

fn address(text: &str) -> Address {
    Address::clean(text).expect("an address")
}

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_772_409_600 + minutes * 60).expect("a time")
}

/// An episode at `10.0.0.host` from so many minutes on for half an hour; newcomers are `192.0.2.n`, those known `10.1.0.n`.
fn episode(host: u8, from: i64, score: f64, newcomers: &[u8], known: &[u8]) -> Episode {
    let own = address(&format!("10.0.0.{host}"));
    let mut new: Vec<Address> = newcomers.iter().map(|number| address(&format!("192.0.2.{number}"))).collect();
    new.sort_unstable();
    let mut sources = new.clone();
    add(&mut sources, known.iter().map(|number| address(&format!("10.1.0.{number}"))));
    Episode {
        destination: own.to_string().into(),
        hosts: vec![own],
        range: Range { from: at(from), to: at(from + 30) },
        worst: at(from),
        score,
        sources,
        newcomers: new,
        pivots: Vec::new(),
    }
}

/// An episode in which the server `10.0.0.from_host` arrived.
fn through(host: u8, from: i64, score: f64, from_host: u8) -> Episode {
    let mut episode = episode(host, from, score, &[], &[]);
    episode.sources = vec![address(&format!("10.0.0.{from_host}"))];
    episode
}

/// Each incident as its members, with what ties them.
fn told(episodes: &[Episode]) -> Vec<Vec<String>> {
    let member = |member: &Member| format!("{} {}", member.destination.raw(), member.joined.words());
    incidents(episodes).iter().map(|incident| incident.members.iter().map(member).collect()).collect()
}

#[test]
fn the_same_strangers_at_several_destinations_are_one_incident() {
    let episodes = [episode(5, 0, 95.0, &[1, 2, 3, 4], &[9]), episode(6, 60, 71.0, &[2, 3], &[]), episode(7, 90, 90.0, &[30, 31], &[])];
    assert_eq!(told(&episodes), [vec!["10.0.0.5 first", "10.0.0.6 2 sources in common"], vec!["10.0.0.7 first"]]);
    let found = incidents(&episodes);
    let first = &found[0];
    assert_eq!((first.number, first.destinations, first.score, first.from, first.to), (1, 2, 95.0, at(0), at(90)));
    assert_eq!(first.sources.len(), 5);
    assert!(first.has(&"10.0.0.6".into(), at(60)) && !first.has(&"10.0.0.6".into(), at(90)));
}

#[test]
fn a_worm_is_one_incident_from_its_first_server_to_its_last() {
    let episodes = [episode(5, 0, 88.0, &[1, 2, 3], &[]), through(6, 120, 40.0, 5), through(7, 300, 75.0, 6), through(8, 900, 75.0, 5)];
    assert_eq!(told(&episodes), [vec!["10.0.0.5 first", "10.0.0.6 through 10.0.0.5", "10.0.0.7 through 10.0.0.6"], vec!["10.0.0.8 first"]]);
}

#[test]
fn an_administrator_in_common_is_no_common_cause() {
    assert_eq!(told(&[episode(5, 0, 80.0, &[1, 2, 3], &[7, 8]), episode(6, 0, 80.0, &[4, 5, 6], &[7, 8])]).len(), 2);
    assert_eq!(told(&[episode(5, 0, 80.0, &[], &[6, 7, 8, 9]), episode(6, 0, 80.0, &[], &[7, 8, 9])]).len(), 1, "a crowd of known people at an odd hour");
}

#[test]
fn a_day_later_it_is_another_matter() {
    let days = |minutes: i64| told(&[episode(5, 0, 80.0, &[1, 2], &[]), episode(6, minutes, 80.0, &[1, 2], &[])]).len();
    assert_eq!((days(30 + 24 * 60), days(31 + 24 * 60)), (1, 2));
}

#[test]
fn what_is_nowhere_anomalous_is_no_incident_and_what_is_minor_may_be_a_part_of_one() {
    assert_eq!(told(&[episode(5, 0, 69.0, &[1, 2], &[]), episode(6, 0, 69.0, &[1, 2], &[])]).len(), 0);
    assert_eq!(told(&[episode(5, 0, 26.0, &[1, 2], &[]), episode(6, 10, 70.0, &[1, 2], &[])]), [vec!["10.0.0.5 first", "10.0.0.6 2 sources in common"]]);
}

#[test]
fn buckets_an_hour_apart_are_one_episode() {
    let destination = Destination::from(address("10.0.0.5"));
    let buckets = [(0, 80.0), (15, 10.0), (30, 90.0), (105, 30.0), (181, 26.0), (200, 24.0)];
    let found = episodes(&destination, buckets.iter().map(|(minutes, score)| (at(*minutes), 900, *score, None)));
    let told: Vec<_> = found.iter().map(|episode| (episode.range.from, episode.range.to, episode.worst, episode.score)).collect();
    assert_eq!(told, [(at(0), at(120), at(30), 90.0), (at(181), at(196), at(181), 26.0)]);
}

fn any_episode() -> impl Strategy<Value = Episode> {
    let numbers = || proptest::collection::btree_set(1_u8..40, 0..5);
    (1_u8..9, 0_i64..3000, 25.0..100.0, numbers(), numbers(), proptest::option::of(1_u8..9)).prop_map(|(host, from, score, new, known, pivot)| {
        let mut episode = episode(host, from, score, &new.into_iter().collect::<Vec<_>>(), &known.into_iter().collect::<Vec<_>>());
        if let Some(pivot) = pivot.filter(|pivot| *pivot != host) {
            add(&mut episode.sources, std::iter::once(address(&format!("10.0.0.{pivot}"))));
        }
        episode
    })
}

proptest! {
    #[test]
    fn the_order_in_which_episodes_come_changes_nothing(episodes in proptest::collection::vec(any_episode(), 0..24), turn in 0_usize..24) {
        let mut turned = episodes.clone();
        if !turned.is_empty() {
            let turn = turn % turned.len();
            turned.rotate_left(turn);
        }
        let groups = |episodes: &[Episode]| incidents(episodes).into_iter().map(|incident| (incident.from, incident.to, incident.destinations, incident.sources)).collect::<BTreeSet<_>>();
        prop_assert_eq!(groups(&episodes), groups(&turned));
    }

    #[test]
    fn every_anomalous_episode_is_in_exactly_one_incident(episodes in proptest::collection::vec(any_episode(), 0..24)) {
        let found = incidents(&episodes);
        let members: usize = found.iter().map(|incident| incident.members.len()).sum();
        prop_assert!(members <= episodes.len());
        let anomalous = |score: &f64| *score >= ANOMALOUS;
        let in_incidents = found.iter().flat_map(|incident| &incident.members).filter(|member| anomalous(&member.score)).count();
        prop_assert_eq!(in_incidents, episodes.iter().filter(|episode| anomalous(&episode.score)).count());
        prop_assert!(found.iter().all(|incident| incident.members.iter().any(|member| member.score == incident.score)));
        prop_assert!(found.windows(2).all(|pair| (pair[0].score * 10.0).round() >= (pair[1].score * 10.0).round()));
    }

    #[test]
    fn a_stranger_to_all_of_them_joins_nobody(episodes in proptest::collection::vec(any_episode(), 0..16), from in 0_i64..3000) {
        let mut more = episodes.clone();
        more.push(episode(200, from, 99.0, &[250, 251], &[250]));
        prop_assert_eq!(incidents(&more).len(), incidents(&episodes).len() + 1);
    }
}
