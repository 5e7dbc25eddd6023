//! A value list for Elastic Security. Elastic Defend's own blocklist takes hashes, paths and signers, not addresses; rules
//! and exceptions take addresses from a value list.

use super::{Blocked, Piece, short};

/// The file to import, one value a line, without a head.
pub(super) fn write(blocked: &Blocked) -> Piece {
    let is_single = blocked.all().all(|network| network.prefix_len() == network.max_prefix_len());
    let sort = if is_single { "ip" } else { "ip_range" };
    let text = blocked.all().map(|network| if is_single { short(network) } else { network.to_string() } + "\n").collect();
    Piece {
        name: "elastic",
        title: format!("Elastic value list, type {sort}"),
        text,
        undo: Some(format!("DELETE kbn:/api/lists?id={}.csv\n", blocked.tag)),
        notes: vec![
            format!("save it as {}.csv, then Detection rules > Manage value lists, type {sort}; or POST /api/lists/items/_import?type={sort}", blocked.tag),
            "a list blocks nothing by itself: an indicator-match rule raises an alert for its addresses".to_owned(),
            "the blocklist of Elastic Defend takes hashes, paths and signers, no addresses".to_owned(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Choice;
    use super::super::tests::of;
    use super::*;

    #[test]
    fn a_type_for_all_lines() {
        let piece = write(&of(&["192.0.2.4", "2001:db8::7"], Choice::default()));
        assert_eq!((piece.title.as_str(), piece.text.as_str()), ("Elastic value list, type ip", "192.0.2.4\n2001:db8::7\n"));
        let piece = write(&of(&["192.0.2.4", "192.0.2.5", "192.0.2.9"], Choice { collapse: true, ..Choice::default() }));
        assert_eq!((piece.title.as_str(), piece.text.as_str()), ("Elastic value list, type ip_range", "192.0.2.4/31\n192.0.2.9/32\n"));
        assert_eq!(piece.undo.as_deref(), Some("DELETE kbn:/api/lists?id=rdptriage.csv\n"));
    }
}
