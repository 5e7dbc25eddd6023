//! When two accounts are the same, and when they only look alike.

use std::collections::BTreeMap;

use crate::domain::Foreign;

/// The name without domain, folded: Windows compares accounts without case, and logs write the domain in several ways or not at all.
pub fn bare(user: &Foreign) -> String {
    let raw = user.raw();
    let name = raw.rsplit_once('\\').map_or(raw, |(_, name)| name);
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    name.to_lowercase()
}

/// Whether both can be the same account; one that is not told contradicts nothing.
pub fn compatible(one: Option<&Foreign>, two: Option<&Foreign>) -> bool {
    match (one, two) {
        (Some(one), Some(two)) => one == two || bare(one) == bare(two),
        _ => true,
    }
}

/// Whether both are told and the same.
pub fn same(one: Option<&Foreign>, two: Option<&Foreign>) -> bool {
    matches!((one, two), (Some(one), Some(two)) if bare(one) == bare(two))
}

/// Whether this is an account of the system and of no person: computer accounts and those of services.
pub fn is_system(user: &Foreign) -> bool {
    let bare = bare(user);
    bare.ends_with('$')
        || matches!(bare.as_str(), "system" | "local service" | "network service" | "anonymous logon")
        || bare.strip_prefix("dwm-").or_else(|| bare.strip_prefix("umfd-")).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Letters of other alphabets and digits that pass for a Latin letter in most fonts, each row with the letter they pass for.
const ALIKE: &[(char, &str)] = &[
    ('a', "\u{430}\u{3b1}\u{251}"),
    ('c', "\u{441}\u{3f2}"),
    ('d', "\u{501}"),
    ('e', "\u{435}\u{4bd}"),
    ('h', "\u{4bb}"),
    ('i', "\u{456}\u{3b9}\u{131}"),
    ('j', "\u{458}\u{3f3}"),
    ('k', "\u{3ba}\u{43a}"),
    ('l', "1|\u{4cf}"),
    ('m', "\u{43c}"),
    ('n', "\u{578}"),
    ('o', "0\u{43e}\u{3bf}\u{585}"),
    ('p', "\u{440}\u{3c1}"),
    ('s', "\u{455}"),
    ('u', "\u{57d}\u{3c5}"),
    ('v', "\u{3bd}\u{475}"),
    ('w', "\u{51d}\u{461}"),
    ('x', "\u{445}\u{3c7}"),
    ('y', "\u{443}\u{3b3}"),
];

fn plain(letter: char) -> char {
    // The full-width forms stand in the order of ASCII.
    if let Some(ascii) = u32::from(letter).checked_sub(0xfee0).and_then(char::from_u32).filter(char::is_ascii_graphic) {
        return ascii.to_ascii_lowercase();
    }
    ALIKE.iter().find(|(_, others)| others.contains(letter)).map_or(letter, |(plain, _)| *plain)
}

/// Accounts that look alike without being the same: letters of other alphabets, digits for letters.
pub fn alike<'u>(users: impl Iterator<Item = &'u Foreign>) -> Vec<(Foreign, Foreign)> {
    let mut by_look: BTreeMap<String, Vec<&Foreign>> = BTreeMap::new();
    for user in users {
        by_look.entry(bare(user).chars().map(plain).collect::<String>()).or_default().push(user);
    }
    let mut pairs = Vec::new();
    for group in by_look.into_values() {
        if let Some((first, rest)) = group.split_first() {
            pairs.extend(rest.iter().filter(|other| bare(other) != bare(first)).map(|other| ((*first).clone(), (*other).clone())));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_other_alphabets_do_not_hide() {
        let users: Vec<Foreign> = ["CORP\\admin", "CORP\\\u{430}dmin", "CORP\\Admin", "CORP\\kim"].map(Foreign::from).to_vec();
        assert_eq!(alike(users.iter()), [(users[0].clone(), users[1].clone())]);
    }

    #[test]
    fn accounts_are_compared_as_windows_does() {
        let told = |one: &str, two: &str| compatible(Some(&one.into()), Some(&two.into()));
        assert!(told("THESHIRE\\kim", "theshire\\KIM"));
        assert!(told("kim@corp.example", "CORP\\kim"));
        assert!(!told("kim", "kin"));
        assert!(compatible(None, Some(&"kim".into())));
        assert!(!same(None, Some(&"kim".into())));
    }

    #[test]
    fn nobody_is_told_from_somebody() {
        for user in ["CORP\\SRV-1$", "NT AUTHORITY\\SYSTEM", "Window Manager\\DWM-3", "Font Driver Host\\UMFD-12"] {
            assert!(is_system(&user.into()), "{user}");
        }
        for user in ["CORP\\kim", "dwm-kim", "svc_backup"] {
            assert!(!is_system(&user.into()), "{user}");
        }
    }
}
