//! What Windows' codes mean: why a logon was refused, why a session was left.

use crate::domain::{Event, Foreign, Kind};

/// Status codes of refused logons, in lower case; the more particular sub-status is looked for first.
const STATUS: &[(&str, &str)] = &[
    ("0xc0000064", "no such user"),
    ("0xc000006a", "wrong password"),
    ("0xc0000072", "account disabled"),
    ("0xc0000234", "account locked"),
    ("0xc0000193", "account expired"),
    ("0xc0000071", "password expired"),
    ("0xc0000224", "password must change"),
    ("0xc000006f", "outside permitted hours"),
    ("0xc0000070", "not from this workstation"),
    ("0xc000015b", "no right to this logon type"),
    ("0xc0000133", "clocks differ too much"),
    ("0xc0000413", "not allowed to authenticate here"),
    ("0xc000005e", "no domain controller"),
    ("0xc00000dc", "domain controller in wrong state"),
    ("0xc0000192", "logon service not running"),
    ("0xc000018c", "domain trust failed"),
    ("0xc0000199", "computer account used"),
    ("0xc00002ee", "logon error"),
    ("0x80090302", "request not supported"),
    ("0xc000006e", "account restriction"),
    ("0xc000006d", "wrong user name or password"),
    ("%%2313", "wrong user name or password"),
    ("%%2304", "logon error"),
    ("%%2305", "no right to this logon type"),
    ("%%2307", "account locked"),
    ("%%2308", "no right to this logon type"),
    ("%%2309", "password expired"),
    ("%%2310", "account disabled"),
    ("%%2311", "outside permitted hours"),
    ("%%2312", "not from this workstation"),
];

/// Reason codes of LocalSessionManager 40 and RdpCoreTS 103, as far as they are known.
const LEFT: &[(u32, &str)] = &[
    (0, "no reason given"),
    (1, "ended by an administrator's tool"),
    (2, "logged off by an administrator's tool"),
    (3, "idle for too long"),
    (4, "connected for too long"),
    (5, "replaced by another connection"),
    (6, "server out of memory"),
    (7, "server denied the connection"),
    (9, "not enough rights"),
    (10, "fresh credentials needed"),
    (11, "disconnected by the user"),
    (12, "logged off by the user"),
    (16, "host reached its limit"),
    (256, "licensing: internal error"),
    (257, "licensing: no licence server"),
    (258, "licensing: no licence"),
    (2308, "connection lost"),
];

/// Why a logon was refused, in words; the codes themselves where they are not known.
pub fn of_refusal(event: &Event) -> String {
    if event.kind == Kind::Denied {
        return "password right, no right to log on over RDP".to_owned();
    }
    match &event.reason {
        Some(reason) => refusal(reason),
        None if event.kind == Kind::CoreFailed => "wrong user name or password".to_owned(),
        None => "no reason given".to_owned(),
    }
}

/// A reason as written, in words.
pub fn refusal(reason: &Foreign) -> String {
    let codes = reason.raw().to_ascii_lowercase();
    // `status sub-status`: an empty sub-status leaves the status to speak.
    let known = |code: &str| STATUS.iter().find(|(known, _)| *known == code).map(|(_, words)| (*words).to_owned());
    codes.split_whitespace().rev().find_map(known).unwrap_or_else(|| reason.safe().into_string())
}

/// Why a session was left, in words; `None` where the code is not known.
pub fn of_leaving(reason: &Foreign) -> Option<&'static str> {
    let code: u32 = reason.raw().trim().parse().ok()?;
    LEFT.iter().find(|(known, _)| *known == code).map(|(_, words)| *words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_words_in_whatever_case() {
        for (code, words) in [
            ("0xC000006D 0xC000006A", "wrong password"),
            ("0xc000006d 0xc0000064", "no such user"),
            ("0xC000015B 0x0", "no right to this logon type"),
            ("0xC0000234", "account locked"),
            ("%%2313", "wrong user name or password"),
            ("Unknown user name or bad password", "Unknown user name or bad password"),
            ("0xdeadbeef \u{1b}[2J", "0xdeadbeef \\u{1b}[2J"),
        ] {
            assert_eq!(refusal(&code.into()), words, "{code}");
        }
        assert_eq!(of_leaving(&"5".into()), Some("replaced by another connection"));
        assert_eq!(of_leaving(&"x".into()), None);
    }
}
