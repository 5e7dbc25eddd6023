//! What no prepared text may ever hit: the addresses, hosts and accounts that a site lists, and those that are the same on
//! every host. What is left out for that is said.

use ipnet::IpNet;

use crate::domain::{Address, Destination, Foreign};

/// One line of the list.
#[derive(Clone, PartialEq, Debug)]
struct Guarded {
    what: What,
    why: String,
}

#[derive(Clone, PartialEq, Debug)]
enum What {
    Network(IpNet),
    /// A host or an account, folded.
    Name(String),
}

/// The list of a site, and the server that the response is about.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Protected {
    lines: Vec<Guarded>,
    own: Destination,
}

/// A line that says nothing: a list that protects less than its author thinks is not used at all.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("reading the protected list {file} failed in line {line}: {reason}")]
pub struct ProtectedError {
    /// Its file.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl Protected {
    /// Reads a list: an address, a network or a name a line, and after `#` why.
    ///
    /// # Errors
    /// Where a line is none of these.
    pub fn read(file: &str, text: &str) -> Result<Self, ProtectedError> {
        let mut lines = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let (entry, why) = line.split_once('#').map_or((line, ""), |(entry, why)| (entry, why.trim()));
            let entry = entry.trim();
            if entry.is_empty() {
                continue;
            }
            let wrong = |reason: &str| ProtectedError { file: file.to_owned(), line: number + 1, reason: reason.to_owned() };
            let why = if why.is_empty() { format!("in the protected list, line {}", number + 1) } else { why.to_owned() };
            lines.push(Guarded { what: what(entry).map_err(|reason| wrong(&reason))?, why });
        }
        Ok(Self { lines, own: Destination::default() })
    }

    /// The same with one network or name more.
    ///
    /// # Errors
    /// Where the text is neither.
    pub fn and(mut self, entry: &str, why: &str) -> Result<Self, String> {
        self.lines.push(Guarded { what: what(entry)?, why: why.to_owned() });
        Ok(self)
    }

    /// The same for a response about this server: it never blocks itself.
    #[must_use]
    pub fn about(mut self, destination: &Destination) -> Self {
        self.own = destination.clone();
        self
    }

    /// Why this address must stay reachable; `None` where nothing protects it.
    pub fn address(&self, address: Address) -> Option<String> {
        if !address.identifies_a_host() {
            return Some("it is the same on every host".to_owned());
        }
        if self.own.addresses.contains(&address) {
            return Some("it is the destination itself".to_owned());
        }
        self.lines.iter().find(|line| matches!(&line.what, What::Network(network) if network.contains(&address.ip()))).map(|line| line.why.clone())
    }

    /// Why this network must not be blocked whole: it holds something protected.
    pub fn network(&self, network: IpNet) -> Option<String> {
        let own = self.own.addresses.iter().find(|address| network.contains(&address.ip())).map(|_| "it holds the destination itself".to_owned());
        let overlaps = |other: &IpNet| network.contains(&other.network()) || other.contains(&network.network());
        own.or_else(|| self.lines.iter().find(|line| matches!(&line.what, What::Network(other) if overlaps(other))).map(|line| line.why.clone()))
    }

    /// Why this account must not be touched; domain and case do not matter.
    pub fn account(&self, account: &Foreign) -> Option<String> {
        let full = account.raw().to_lowercase();
        let bare = crate::analysis::account::bare(account);
        self.name(|name| name == full || name == bare)
    }

    /// Why this host must not be isolated; a short name protects the full one too.
    pub fn host(&self, host: &Destination) -> Option<String> {
        let listed = |address: &&Address| self.lines.iter().any(|line| matches!(&line.what, What::Network(network) if network.contains(&address.ip())));
        if let Some(address) = host.addresses.iter().find(listed) {
            return self.lines.iter().find(|line| matches!(&line.what, What::Network(network) if network.contains(&address.ip()))).map(|line| line.why.clone());
        }
        host.hosts.iter().find_map(|host| {
            let full = host.raw().to_lowercase();
            let short = full.split('.').next().unwrap_or_default().to_owned();
            self.name(|name| name == full || name == short)
        })
    }

    fn name(&self, is: impl Fn(&str) -> bool) -> Option<String> {
        self.lines.iter().find(|line| matches!(&line.what, What::Name(name) if is(name))).map(|line| line.why.clone())
    }
}

fn what(entry: &str) -> Result<What, String> {
    if let Ok(network) = entry.parse::<IpNet>() {
        return Ok(What::Network(network.trunc()));
    }
    if let Some(address) = Address::clean(entry) {
        return Ok(What::Network(address.ip().into()));
    }
    // What was meant as a network and is none must not pass as a name that never matches.
    let looks_like_address = entry.contains('/') || entry.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b':' | b'*' | b'-'));
    if looks_like_address || entry.chars().any(char::is_whitespace) {
        return Err(format!("{} is neither an address nor a network nor a name", Foreign::from(entry).safe()));
    }
    Ok(What::Name(entry.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::clean(text).unwrap()
    }

    #[test]
    fn addresses_networks_hosts_and_accounts_are_protected_and_say_why() {
        let list = Protected::read("protected.txt", "# ours\n10.0.0.0/24 # domain controllers\n192.0.2.7\nsvc_backup # nightly\nDC01\n").unwrap();
        let list = list.about(&Destination::from(address("10.9.0.4")));
        assert_eq!(list.address(address("10.0.0.9")).as_deref(), Some("domain controllers"));
        assert_eq!(list.address(address("192.0.2.7")).as_deref(), Some("in the protected list, line 3"));
        assert_eq!(list.address(address("10.9.0.4")).as_deref(), Some("it is the destination itself"));
        assert_eq!(list.address(address("127.0.0.1")).as_deref(), Some("it is the same on every host"));
        assert_eq!(list.address(address("198.51.100.1")), None);
        assert_eq!(list.account(&"CORP\\SVC_backup".into()).as_deref(), Some("nightly"));
        assert_eq!(list.account(&"CORP\\kim".into()), None);
        assert_eq!(list.host(&Destination::from(Foreign::from("dc01.corp.example"))).as_deref(), Some("in the protected list, line 5"));
        assert_eq!(list.network("192.0.2.0/24".parse().unwrap()).as_deref(), Some("in the protected list, line 3"));
        assert_eq!(list.network("10.9.0.0/28".parse().unwrap()).as_deref(), Some("it holds the destination itself"));
    }

    #[test]
    fn a_line_that_protects_nothing_is_an_error_with_its_place() {
        for (text, reason) in [
            ("dc01\n10.0.0.0/33", "10.0.0.0/33 is neither an address nor a network nor a name"),
            ("dc01\n10.0.0.256", "10.0.0.256 is neither an address nor a network nor a name"),
            ("dc01\ntwo words", "two words is neither an address nor a network nor a name"),
        ] {
            let error = Protected::read("protected.txt", text).unwrap_err();
            assert_eq!(error.to_string(), format!("reading the protected list protected.txt failed in line 2: {reason}"));
        }
    }
}
