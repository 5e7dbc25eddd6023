//! Why an exception is wider than it should be: it is refused for that unless somebody insists.

use ipnet::IpNet;
use jiff::SignedDuration;

use super::Exception;
use crate::domain::Timestamp;

/// Shortest prefixes that pass without insisting.
const LONGEST_V4: u8 = 16;
/// The same of IPv6.
const LONGEST_V6: u8 = 48;
/// Days after which somebody should look again.
const DAYS: i64 = 366;

impl Exception {
    /// What makes it too wide, a sentence each without a period; empty where nothing does.
    pub fn too_wide(&self, now: Timestamp) -> Vec<String> {
        let mut said = Vec::new();
        let names_somebody = !self.sources.is_empty() || !self.users.is_empty();
        match (self.destinations.is_empty(), names_somebody, self.windows.is_empty()) {
            (true, false, true) => said.push("it would hide everything: it names neither destination nor source nor account nor hours".to_owned()),
            (true, false, false) => said.push("it would hide every destination in its hours: it names neither destination nor source nor account".to_owned()),
            (false, false, true) => said.push("it would hide every finding at its destinations: it names neither source nor account nor hours".to_owned()),
            _ => {}
        }
        for network in &self.sources {
            let least = if matches!(network, IpNet::V4(_)) { LONGEST_V4 } else { LONGEST_V6 };
            if network.prefix_len() < least {
                said.push(format!("{network} is a very large network"));
            }
        }
        match self.until {
            None => said.push("it never ends".to_owned()),
            Some(until) if until.duration_since(now) > SignedDuration::from_hours(24 * DAYS) => said.push("it ends in more than a year".to_owned()),
            Some(_) => {}
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::super::Window;
    use super::super::tests::{at, exception};
    use super::*;

    #[test]
    fn what_hides_everything_is_told() {
        let now = at("2026-01-05T12:00:00Z");
        let narrow = exception();
        assert_eq!(narrow.too_wide(now), [""; 0]);
        let mut wide = Exception { sources: vec![], ..narrow.clone() };
        assert_eq!(wide.too_wide(now), ["it would hide every finding at its destinations: it names neither source nor account nor hours"]);
        wide.windows = vec![Window::new(vec![], vec![], "22:00", "02:00", "UTC").unwrap()];
        assert_eq!(wide.too_wide(now), [""; 0]);
        wide.destinations.clear();
        assert_eq!(wide.too_wide(now), ["it would hide every destination in its hours: it names neither destination nor source nor account"]);
        let wide = Exception { sources: vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()], until: None, ..narrow.clone() };
        assert_eq!(wide.too_wide(now), ["0.0.0.0/0 is a very large network", "::/0 is a very large network", "it never ends"]);
        let wide = Exception { until: Some(at("2027-03-05T12:00:00Z")), destinations: vec![], sources: vec![], ..narrow };
        assert_eq!(
            wide.too_wide(now),
            ["it would hide everything: it names neither destination nor source nor account nor hours", "it ends in more than a year"]
        );
    }
}
