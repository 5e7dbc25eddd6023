//! Address objects and groups for FortiOS.

use super::{Blocked, Piece};

/// Longest name of an object in FortiOS.
const LONGEST: usize = 35;

/// The configuration.
pub(super) fn write(blocked: &Blocked) -> Piece {
    let (mut text, mut undo_groups, mut undo_addresses) = (String::new(), String::new(), String::new());
    for (table, group_table, suffix, networks) in [("address", "addrgrp", "", &blocked.v4), ("address6", "addrgrp6", "-6", &blocked.v6)] {
        if networks.is_empty() {
            continue;
        }
        let group = format!("{}{suffix}", blocked.tag.chars().take(LONGEST - 2).collect::<String>());
        let mut members = String::new();
        text.push_str(&format!("config firewall {table}\n"));
        undo_addresses.push_str(&format!("config firewall {table}\n"));
        for network in networks {
            // An address holds no character that ends a quoted name.
            let name = format!("rdp-{network}").replace('/', "_");
            let value = match network {
                ipnet::IpNet::V4(network) => format!("set type ipmask\n        set subnet {} {}", network.network(), network.netmask()),
                ipnet::IpNet::V6(network) => format!("set ip6 {network}"),
            };
            text.push_str(&format!("    edit \"{name}\"\n        {value}\n    next\n"));
            undo_addresses.push_str(&format!("    delete \"{name}\"\n"));
            members.push_str(&format!(" \"{name}\""));
        }
        text.push_str(&format!("end\nconfig firewall {group_table}\n    edit \"{group}\"\n        set member{members}\n    next\nend\n"));
        undo_groups.push_str(&format!("config firewall {group_table}\n    delete \"{group}\"\nend\n"));
        undo_addresses.push_str("end\n");
    }
    Piece {
        name: "fortinet",
        title: "FortiOS".to_owned(),
        text,
        undo: Some(undo_groups + &undo_addresses),
        notes: vec![
            "it acts where a policy denies these groups as source, above those that allow".to_owned(),
            "a group that a policy names cannot be deleted: take it out of the policy first".to_owned(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Choice;
    use super::super::tests::of;
    use super::*;

    #[test]
    fn objects_groups_and_their_deletion_in_the_other_order() {
        let piece = write(&of(&["192.0.2.4", "192.0.2.5", "2001:db8::7"], Choice { collapse: true, ..Choice::default() }));
        assert_eq!(
            piece.text,
            "config firewall address\n    edit \"rdp-192.0.2.4_31\"\n        set type ipmask\n        set subnet 192.0.2.4 255.255.255.254\n    next\nend\n\
             config firewall addrgrp\n    edit \"rdptriage\"\n        set member \"rdp-192.0.2.4_31\"\n    next\nend\n\
             config firewall address6\n    edit \"rdp-2001:db8::7_128\"\n        set ip6 2001:db8::7/128\n    next\nend\n\
             config firewall addrgrp6\n    edit \"rdptriage-6\"\n        set member \"rdp-2001:db8::7_128\"\n    next\nend\n"
        );
        assert_eq!(
            piece.undo.as_deref(),
            Some(
                "config firewall addrgrp\n    delete \"rdptriage\"\nend\nconfig firewall addrgrp6\n    delete \"rdptriage-6\"\nend\n\
                 config firewall address\n    delete \"rdp-192.0.2.4_31\"\nend\nconfig firewall address6\n    delete \"rdp-2001:db8::7_128\"\nend\n"
            )
        );
    }
}
