//! An IP address as events spell it, cleaned: the key by which sources are counted.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A usable address: no port, no brackets, no zone, IPv4-mapped IPv6 folded into IPv4, never unspecified.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
#[serde(transparent)]
pub struct Address(IpAddr);

impl Address {
    /// Cleans what an event calls an address. `None` for `-`, `LOCAL`, the unspecified address and
    /// whatever is no address at all; the caller keeps the raw text where that is evidence.
    pub fn clean(raw: &str) -> Option<Self> {
        Self::clean_with_port(raw).map(|(address, _)| address)
    }

    /// Like [`Address::clean`], with the port where one is written behind the address
    /// (`10.0.0.1:36160`, `[fe80::1]:50123`).
    pub fn clean_with_port(raw: &str) -> Option<(Self, Option<u16>)> {
        let text = raw.trim();
        if let Ok(ip) = IpAddr::from_str(text) {
            return Self::usable(ip).map(|address| (address, None));
        }
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (host, tail) = rest.split_once(']')?;
            (host, tail.strip_prefix(':'))
        } else if text.matches(':').count() == 1 {
            let (host, port) = text.split_once(':')?;
            (host, Some(port))
        } else {
            (text, None)
        };
        let port = match port {
            Some(port) => Some(port.parse().ok()?),
            None => None,
        };
        let host = host.split_once('%').map_or(host, |(host, _zone)| host);
        let address = Self::usable(IpAddr::from_str(host).ok()?)?;
        Some((address, port))
    }

    fn usable(ip: IpAddr) -> Option<Self> {
        // A mapped address and its IPv4 form are one machine; counting both would double it.
        let ip = ip.to_canonical();
        (!ip.is_unspecified()).then_some(Self(ip))
    }

    /// The address for network arithmetic.
    pub fn ip(self) -> IpAddr {
        self.0
    }

    /// Whether this is the host itself (`127/8`, `::1`): kept and counted, but the mark of a tunnel.
    pub fn is_loopback(self) -> bool {
        self.0.is_loopback()
    }

    /// Whether an address tells hosts apart at all; loopback and link-local are the same on each.
    pub fn identifies_a_host(self) -> bool {
        match self.0 {
            IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_link_local() && !ip.is_broadcast() && !ip.is_multicast(),
            IpAddr::V6(ip) => !ip.is_loopback() && !ip.is_unicast_link_local() && !ip.is_multicast(),
        }
    }
}

impl From<IpAddr> for Address {
    fn from(ip: IpAddr) -> Self {
        Self(ip.to_canonical())
    }
}

impl From<&Address> for Address {
    fn from(address: &Address) -> Self {
        *address
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(raw: &str) -> Option<(String, Option<u16>)> {
        Address::clean_with_port(raw).map(|(address, port)| (address.to_string(), port))
    }

    #[test]
    fn the_address_zoo() {
        let table = [
            ("10.0.0.1", Some(("10.0.0.1", None))),
            (" 10.0.0.1 ", Some(("10.0.0.1", None))),
            ("10.0.0.1:36160", Some(("10.0.0.1", Some(36160)))),
            ("[fe80::1]:50123", Some(("fe80::1", Some(50123)))),
            ("[fe80::1]", Some(("fe80::1", None))),
            ("fe80::1%10", Some(("fe80::1", None))),
            ("[fe80::1%10]:3389", Some(("fe80::1", Some(3389)))),
            ("::ffff:10.0.0.1", Some(("10.0.0.1", None))),
            ("[::ffff:10.0.0.1]:7", Some(("10.0.0.1", Some(7)))),
            ("ff02:0:0:0:0:0:1:3", Some(("ff02::1:3", None))),
            ("127.0.0.1", Some(("127.0.0.1", None))),
            ("::1", Some(("::1", None))),
            ("-", None),
            ("", None),
            ("LOCAL", None),
            ("0.0.0.0", None),
            ("::", None),
            ("::%16777216", None),
            ("16777216", None),
            ("10.0.0.256", None),
            ("10.0.0.1:99999", None),
            ("host.example", None),
        ];
        for (raw, expected) in table {
            assert_eq!(cleaned(raw), expected.map(|(ip, port)| (ip.to_owned(), port)), "{raw:?}");
        }
    }

    #[test]
    fn loopback_is_kept_and_flagged() {
        assert!(Address::clean("127.0.0.2").is_some_and(Address::is_loopback));
        assert!(Address::clean("::1").is_some_and(Address::is_loopback));
        assert!(!Address::clean("127.0.0.2").is_some_and(Address::identifies_a_host));
        assert!(!Address::clean("fe80::1").is_some_and(Address::identifies_a_host));
        assert!(Address::clean("10.0.0.1").is_some_and(Address::identifies_a_host));
    }
}
