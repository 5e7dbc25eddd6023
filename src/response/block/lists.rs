//! Block lists that are just lines: plain, with prefix lengths, for PAN-OS and for pfSense.

use super::{Blocked, Piece, short};

fn lines(blocked: &Blocked, line: impl Fn(&ipnet::IpNet) -> String) -> String {
    blocked.all().map(|network| line(network) + "\n").collect()
}

fn take_out(from: &str) -> String {
    format!("# take the same lines out of {from}\n")
}

/// One address or network a line.
pub(super) fn plain(blocked: &Blocked) -> Piece {
    Piece { name: "plain", title: "Addresses".to_owned(), text: lines(blocked, short), undo: Some(take_out("the list they were put into")), notes: Vec::new() }
}

/// The same, always with the prefix length.
pub(super) fn cidr(blocked: &Blocked) -> Piece {
    Piece {
        name: "cidr",
        title: "Networks".to_owned(),
        text: lines(blocked, ToString::to_string),
        undo: Some(take_out("the list they were put into")),
        notes: Vec::new(),
    }
}

/// For PAN-OS, an external dynamic list of type IP: what stands behind a space is a comment.
pub(super) fn pan_edl(blocked: &Blocked) -> Piece {
    Piece {
        name: "pan-edl",
        title: "PAN-OS external dynamic list".to_owned(),
        text: lines(blocked, |network| format!("{network} {}", blocked.tag)),
        undo: Some(format!(
            "# take every line with the comment {} out of the list, then on the firewall, with NAME the name of the list there:\nrequest system external-list refresh type ip name NAME\n",
            blocked.tag
        )),
        notes: vec!["it acts where a security policy denies this list as source, from its next refresh on".to_owned()],
    }
}

/// For pfSense, an alias to be imported: address, space, description.
pub(super) fn pfsense(blocked: &Blocked) -> Piece {
    Piece {
        name: "pfsense",
        title: "pfSense alias".to_owned(),
        text: lines(blocked, |network| format!("{network} {}", blocked.tag)),
        undo: Some(format!("# Firewall > Aliases: delete the alias {} (first the rule that uses it)\n", alias(&blocked.tag))),
        notes: vec![
            format!("Firewall > Aliases > Import, type networks, name {}; a rule has to block it as source", alias(&blocked.tag)),
            "states that are open stay open: Diagnostics > States, or pfctl -k ADDRESS".to_owned(),
        ],
    }
}

/// A name of an alias has letters, digits and underscores, at most 31.
fn alias(tag: &str) -> String {
    tag.replace('-', "_").chars().take(31).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::Choice;
    use super::super::tests::of;
    use super::*;

    #[test]
    fn lists_line_by_line() {
        let blocked = of(&["192.0.2.4", "192.0.2.5", "2001:db8::7"], Choice { collapse: true, case: Some("c1".to_owned()), ..Choice::default() });
        assert_eq!(plain(&blocked).text, "192.0.2.4/31\n2001:db8::7\n");
        assert_eq!(cidr(&blocked).text, "192.0.2.4/31\n2001:db8::7/128\n");
        assert_eq!(pan_edl(&blocked).text, "192.0.2.4/31 rdptriage-c1\n2001:db8::7/128 rdptriage-c1\n");
        assert_eq!(pfsense(&blocked).text, "192.0.2.4/31 rdptriage-c1\n2001:db8::7/128 rdptriage-c1\n");
        assert_eq!(pfsense(&blocked).undo.as_deref(), Some("# Firewall > Aliases: delete the alias rdptriage_c1 (first the rule that uses it)\n"));
    }
}
