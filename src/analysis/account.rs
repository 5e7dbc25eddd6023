//! When two accounts are the same, and when they only look alike.

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

#[cfg(test)]
mod tests {
    use super::*;

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
