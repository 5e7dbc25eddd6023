//! The neighbourhoods of addresses: those whose sources are likely alike, and those that are fed to us together.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::domain::Address;

/// The network of a source: /24, or /64 where addresses are IPv6. What one desk, one VPN pool or one rack is given.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Network(u64, bool);

impl Network {
    /// The network of an address.
    pub fn of(address: Address) -> Self {
        match address.ip() {
            IpAddr::V4(ip) => Self(u64::from(u32::from(ip) >> 8), false),
            IpAddr::V6(ip) => Self((u128::from(ip) >> 64) as u64, true),
        }
    }

    /// As it is written.
    pub fn net(self) -> IpNet {
        let Self(bits, is_v6) = self;
        let (ip, length) = if is_v6 {
            (IpAddr::V6(Ipv6Addr::from(u128::from(bits) << 64)), 64)
        } else {
            (IpAddr::V4(Ipv4Addr::from(u32::try_from(bits << 8).unwrap_or(u32::MAX))), 24)
        };
        IpNet::new_assert(ip, length)
    }
}

/// What is likely fed to us by the same collectors: destinations of one /16 (or /48), and those without an address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Site(u64);

impl Site {
    /// The site of a destination with this address.
    pub fn of(address: Option<Address>) -> Self {
        match address.map(Address::ip) {
            // Told apart from IPv6 by a bit no /48 reaches.
            Some(IpAddr::V4(ip)) => Self(u64::from(u32::from(ip) >> 16) | 1 << 60),
            Some(IpAddr::V6(ip)) => Self((u128::from(ip) >> 80) as u64),
            None => Self(u64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> String {
        Network::of(Address::clean(text).expect("an address")).net().to_string()
    }

    #[test]
    fn networks_are_24_bits_or_64() {
        assert_eq!(network("10.20.66.12"), "10.20.66.0/24");
        assert_eq!(network("255.255.255.255"), "255.255.255.0/24");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        let site = |text: &str| Site::of(Address::clean(text));
        assert_eq!(site("10.20.66.12"), site("10.20.4.17"));
        assert_ne!(site("10.20.66.12"), site("10.21.66.12"));
        assert_ne!(site("2001:db8:1:2::1"), Site::of(None));
    }
}
