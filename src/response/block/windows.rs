//! PowerShell for the Windows firewall: rules that share a group, by which they are taken back.

use super::super::quoting::powershell;
use super::{Blocked, Piece, short};

/// Addresses in one rule: a rule may hold more, but a person cannot look over it.
const PER_RULE: usize = 200;

/// The lines.
pub(super) fn write(blocked: &Blocked) -> Piece {
    let group = powershell(&blocked.tag);
    let addresses: Vec<String> = blocked.all().map(|network| powershell(&short(network))).collect();
    let mut text = String::new();
    for (number, part) in addresses.chunks(PER_RULE).enumerate() {
        let name = powershell(&format!("{}-{}", blocked.tag, number + 1));
        text.push_str(&format!(
            "New-NetFirewallRule -Name {name} -DisplayName {name} -Group {group} -Direction Inbound -Action Block -Profile Any -RemoteAddress @({})\n",
            part.join(", ")
        ));
    }
    Piece {
        name: "windows-firewall",
        title: "Windows firewall".to_owned(),
        text,
        undo: Some(format!("Remove-NetFirewallRule -Group {group}\n")),
        notes: vec![
            "on the destination, as administrator; every port is closed to these sources, not RDP alone".to_owned(),
            "a block rule wins over every allow rule, except over IPsec rules that override blocks".to_owned(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Choice;
    use super::super::tests::of;
    use super::*;

    #[test]
    fn one_rule_one_group_one_way_back() {
        let piece = write(&of(&["192.0.2.4", "2001:db8::7"], Choice { case: Some("c1".to_owned()), ..Choice::default() }));
        assert_eq!(
            piece.text,
            "New-NetFirewallRule -Name 'rdptriage-c1-1' -DisplayName 'rdptriage-c1-1' -Group 'rdptriage-c1' -Direction Inbound -Action Block -Profile Any \
             -RemoteAddress @('192.0.2.4', '2001:db8::7')\n"
        );
        assert_eq!(piece.undo.as_deref(), Some("Remove-NetFirewallRule -Group 'rdptriage-c1'\n"));
    }

    #[test]
    fn many_sources_become_several_rules() {
        let many: Vec<String> = (0..450).map(|number| format!("198.51.{}.{}", number / 200, number % 200 + 1)).collect();
        let piece = write(&of(&many.iter().map(String::as_str).collect::<Vec<_>>(), Choice::default()));
        assert_eq!(piece.text.lines().map(|line| line.matches("'198.51.").count()).collect::<Vec<_>>(), [200, 200, 50]);
    }
}
