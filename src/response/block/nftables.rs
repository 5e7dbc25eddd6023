//! A table of its own for nft: it touches nothing that is there, and goes away whole.

use super::{Blocked, Piece, short};

/// The ruleset.
pub(super) fn write(blocked: &Blocked) -> Piece {
    let table = blocked.tag.replace('-', "_");
    let mut text = format!("table inet {table} {{\n");
    let mut rules = String::new();
    for (set, sort, family, networks) in [("sources4", "ipv4_addr", "ip", &blocked.v4), ("sources6", "ipv6_addr", "ip6", &blocked.v6)] {
        if networks.is_empty() {
            continue;
        }
        let elements: Vec<String> = networks.iter().map(short).collect();
        text.push_str(&format!("    set {set} {{\n        type {sort}\n        flags interval\n        elements = {{ {} }}\n    }}\n", elements.join(", ")));
        rules.push_str(&format!("        {family} saddr @{set} counter drop\n"));
    }
    for hook in ["input", "forward"] {
        text.push_str(&format!("    chain {hook} {{\n        type filter hook {hook} priority -10; policy accept;\n{rules}    }}\n"));
    }
    text.push_str("}\n");
    Piece {
        name: "nftables",
        title: "nftables".to_owned(),
        text,
        undo: Some(format!("delete table inet {table}\n")),
        notes: vec!["nft -c -f FILE checks it, nft -f FILE loads it; it is gone after a restart unless saved".to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Choice;
    use super::super::tests::of;
    use super::*;

    #[test]
    fn a_table_of_its_own_and_its_end() {
        let piece = write(&of(&["192.0.2.4", "198.51.100.9", "2001:db8::7"], Choice::default()));
        let lines = [
            "table inet rdptriage {",
            "    set sources4 {",
            "        type ipv4_addr",
            "        flags interval",
            "        elements = { 192.0.2.4, 198.51.100.9 }",
            "    }",
            "    set sources6 {",
            "        type ipv6_addr",
            "        flags interval",
            "        elements = { 2001:db8::7 }",
            "    }",
            "    chain input {",
            "        type filter hook input priority -10; policy accept;",
            "        ip saddr @sources4 counter drop",
            "        ip6 saddr @sources6 counter drop",
            "    }",
            "    chain forward {",
            "        type filter hook forward priority -10; policy accept;",
            "        ip saddr @sources4 counter drop",
            "        ip6 saddr @sources6 counter drop",
            "    }",
            "}",
        ];
        assert_eq!(piece.text.lines().collect::<Vec<_>>(), lines);
        assert_eq!(piece.undo.as_deref(), Some("delete table inet rdptriage\n"));
    }

    #[test]
    fn nft_itself_accepts_it_where_there_is_one() {
        let text =
            write(&of(&["192.0.2.4", "192.0.2.5", "2001:db8::7"], Choice { collapse: true, case: Some("2026-01-05-fs01".to_owned()), ..Choice::default() }))
                .text;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let output = match std::process::Command::new("nft").args(["-c", "-f"]).arg(file.path()).output() {
            Ok(output) => output,
            Err(error) => {
                eprintln!("not checked against nft: {error}");
                return;
            }
        };
        let said = String::from_utf8_lossy(&output.stderr);
        // Without the right to talk to the kernel it cannot check.
        assert!(output.status.success() || said.contains("Operation not permitted") || said.contains("cache initialization failed"), "{said}");
    }
}
