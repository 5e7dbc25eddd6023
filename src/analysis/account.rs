//! When two accounts are the same, and when they only look alike.

use std::collections::BTreeMap;

use unicode_security::skeleton;

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

/// The name as it looks: letters of other alphabets, digits for letters and invisible signs folded into what they pass for.
fn look(user: &Foreign) -> String {
    // Upper and lower case are folded on both sides: some letters pass for one of the other case.
    skeleton(&bare(user)).flat_map(char::to_lowercase).collect::<String>().replace('1', "l").replace('0', "o")
}

/// Accounts that look alike without being the same.
pub fn alike<'u>(users: impl Iterator<Item = &'u Foreign>) -> Vec<(Foreign, Foreign)> {
    let mut by_look: BTreeMap<String, Vec<&Foreign>> = BTreeMap::new();
    for user in users {
        by_look.entry(look(user)).or_default().push(user);
    }
    let mut pairs = Vec::new();
    for group in by_look.into_values() {
        if let Some((first, rest)) = group.split_first() {
            pairs.extend(rest.iter().filter(|other| bare(other) != bare(first)).map(|other| ((*first).clone(), (*other).clone())));
        }
    }
    pairs
}

/// What is odd about how accounts are written: one that looks like another, and one that is written in several cases.
pub fn spelled<'u>(users: impl Iterator<Item = &'u Foreign> + Clone) -> BTreeMap<Foreign, String> {
    let mut odd = BTreeMap::new();
    let mut by_fold: BTreeMap<String, Vec<&Foreign>> = BTreeMap::new();
    for user in users.clone() {
        by_fold.entry(user.raw().to_lowercase()).or_default().push(user);
    }
    for group in by_fold.into_values().filter(|group| group.len() > 1) {
        for user in &group {
            let others: Vec<String> = group.iter().filter(|other| other != &user).map(|other| other.safe().into_string()).collect();
            odd.insert((*user).clone(), format!("also written {}", others.join(", ")));
        }
    }
    for (one, two) in alike(users) {
        odd.insert(one.clone(), format!("LOOKS LIKE {}", two.safe()));
        odd.insert(two, format!("LOOKS LIKE {}", one.safe()));
    }
    odd
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_other_alphabets_do_not_hide() {
        let users: Vec<Foreign> = ["CORP\\admin", "CORP\\\u{430}dmin", "CORP\\Admin", "CORP\\kim"].map(Foreign::from).to_vec();
        assert_eq!(alike(users.iter()), [(users[0].clone(), users[1].clone())]);
        let odd = spelled(users.iter());
        assert_eq!(odd.get(&users[1]).map(String::as_str), Some("LOOKS LIKE CORP\\admin"));
        assert_eq!(odd.get(&users[2]).map(String::as_str), Some("also written CORP\\admin"));
        assert_eq!(odd.get(&users[3]), None);
        for (one, two) in [("paul", "pau1"), ("root", "r00t"), ("kim", "k\u{200b}im"), ("modem", "rnodern")] {
            assert_eq!(alike([one.into(), two.into()].iter()).len(), 1, "{one} {two:?}");
        }
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
