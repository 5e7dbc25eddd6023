//! Who plays in a story: the servers and people that its script names, found by name.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use super::scene::Place;
use super::script::{Profile, Script, Server};
use crate::backend::BackendError;
use crate::domain::{Address, Foreign};

/// Somebody with a computer.
#[derive(Clone, Debug)]
pub struct Person {
    /// The account.
    pub user: Foreign,
    /// The computer.
    pub address: Address,
}

/// A server with its part.
#[derive(Clone, Debug)]
pub struct Part {
    /// The server.
    pub place: Place,
    /// What goes on there.
    pub profile: Profile,
    /// Who comes.
    pub people: Vec<Person>,
    /// Spelled-out counts.
    pub counts: Vec<u32>,
}

/// Everybody in a story.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The servers, in order of the script.
    pub parts: Vec<Part>,
    people: BTreeMap<String, Vec<Person>>,
}

impl Cast {
    /// Everybody the script names.
    ///
    /// # Errors
    /// Where a name or an address leads nowhere.
    pub fn of(script: &Script) -> Result<Self, BackendError> {
        let mut people = BTreeMap::new();
        for group in &script.people {
            let members =
                group.users.iter().enumerate().map(|(place, user)| Some(Person { user: Foreign::from(user.as_str()), address: host(&group.network, place)? }));
            let members: Option<Vec<Person>> = members.collect();
            let members = members.ok_or_else(|| wrong(format!("{} has fewer addresses than {} has people", group.network, group.name)))?;
            people.insert(group.name.clone(), members);
        }
        let mut cast = Self { parts: Vec::new(), people };
        for server in &script.destination {
            let counts = server.counts()?;
            let people = match &server.people {
                Some(name) => cast.group(name)?.to_vec(),
                None => Vec::new(),
            };
            for number in 0..server.count {
                let place = Place { host: name(server, number), address: next(server.ip, number)?, sees: server.sees.clone() };
                cast.parts.push(Part { place, profile: server.profile, people: people.clone(), counts: counts.clone() });
            }
        }
        Ok(cast)
    }

    /// The people of this name.
    ///
    /// # Errors
    /// Where there are none.
    pub fn group(&self, name: &str) -> Result<&[Person], BackendError> {
        self.people.get(name).map(Vec::as_slice).ok_or_else(|| wrong(format!("there are no people called {name:?}")))
    }

    /// The server of this name or address.
    ///
    /// # Errors
    /// Where there is none.
    pub fn place(&self, name: &str) -> Result<&Place, BackendError> {
        let address = Address::clean(name);
        let known = |place: &&Place| place.host.as_ref().is_some_and(|host| host.raw() == name) || Some(place.address) == address;
        self.parts.iter().map(|part| &part.place).find(known).ok_or_else(|| wrong(format!("there is no destination called {name:?}")))
    }
}

/// A computer's address in a network: number 0 is the tenth, as the first few are seldom people's.
pub fn host(network: &IpNet, number: usize) -> Option<Address> {
    network.hosts().nth(9 + number).map(Address::from)
}

/// A story that cannot be played.
pub fn wrong(why: String) -> BackendError {
    BackendError::new(format!("the story could not be told: {why}")).advise("compare it with the stories that come with the program")
}

fn name(server: &Server, number: u8) -> Option<Foreign> {
    let name = server.name.as_deref()?;
    let stem = name.trim_end_matches(|character: char| character.is_ascii_digit());
    let digits = name.get(stem.len()..).unwrap_or("");
    Some(match digits.parse::<u64>() {
        Ok(first) if number > 0 => Foreign::from(format!("{stem}{:0width$}", first + u64::from(number), width = digits.len())),
        Err(_) if number > 0 => Foreign::from(format!("{name}{}", number + 1)),
        _ => Foreign::from(name),
    })
}

fn next(first: Address, number: u8) -> Result<Address, BackendError> {
    let out_of_range = || wrong(format!("there are too few addresses after {first}"));
    Ok(Address::from(match first.ip() {
        IpAddr::V4(ip) => IpAddr::V4(u32::from(ip).checked_add(u32::from(number)).ok_or_else(out_of_range)?.into()),
        IpAddr::V6(ip) => IpAddr::V6(u128::from(ip).checked_add(u128::from(number)).ok_or_else(out_of_range)?.into()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_alike_have_the_next_names_and_addresses() {
        let script = Script::parse(
            r#"
            title = "names"
            start = "2025-01-01T00:00:00Z"
            people = [{ name = "staff", network = "10.9.0.0/24", users = ['CORP\kim', 'CORP\lee'] }]
            [[destination]]
            name = "APP09"
            ip = "10.0.0.254"
            count = 3
            people = "staff"
            "#,
        )
        .expect("a story");
        let cast = Cast::of(&script).expect("a cast");
        let names: Vec<_> = cast.parts.iter().map(|part| (part.place.host.clone().map(|host| host.raw().to_owned()), part.place.address.to_string())).collect();
        let expected = [("APP09", "10.0.0.254"), ("APP10", "10.0.0.255"), ("APP11", "10.0.1.0")];
        assert_eq!(names, expected.map(|(name, address)| (Some(name.to_owned()), address.to_owned())));
        assert_eq!(cast.group("staff").expect("people")[1].address.to_string(), "10.9.0.11");
        assert_eq!(cast.place("10.0.0.255").expect("a place").host.as_ref().map(Foreign::raw), Some("APP10"));
        assert_eq!(cast.place("APP12").expect_err("nobody").to_string(), "the story could not be told: there is no destination called \"APP12\"");
    }
}
