//! Values out of the rendered message of a Windows event, for shippers that drop the fields and keep the text.

/// The text behind `label` in its first line, or in its last: a logon names the asking account first and
/// the account logged on after it.
pub fn labelled<'m>(message: &'m str, label: &str, last: bool) -> Option<&'m str> {
    // One line is `Label:` and the value, with tabs or blanks; PowerShell keeps the line ends, some exports flatten them to blanks.
    let value = |line: &'m str| {
        let (name, value) = line.trim().split_once(':')?;
        (name.trim().eq_ignore_ascii_case(label)).then(|| value.trim()).filter(|value| super::scalar::is_usable(value))
    };
    let mut lines = message.split(['\n', '\r']);
    if last { lines.filter_map(value).next_back() } else { lines.find_map(value) }
}

/// The Windows session a message begins with: `Session 2 has been disconnected, reason code 5`.
pub fn session(message: &str) -> Option<u32> {
    let number = message.trim_start().strip_prefix("Session ")?.split_whitespace().next()?;
    number.parse().ok()
}

/// The reason a message ends with.
pub fn reason_code(message: &str) -> Option<&str> {
    let (_, code) = message.trim_end().rsplit_once("reason code ")?;
    code.bytes().all(|byte| byte.is_ascii_digit()).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_says_without_labels() {
        const MESSAGE: &str = "Session 2 has been disconnected, reason code 5";
        assert_eq!((session(MESSAGE), reason_code(MESSAGE)), (Some(2), Some("5")));
        assert_eq!(session("Session 3 has been disconnected by session 2"), Some(3));
        assert_eq!((session("Remote"), reason_code("reason code x; rm")), (None, None));
    }

    const MESSAGE: &str = "An account was logged on.\r\n\r\nSubject:\r\n\tAccount Name:\t\tSRV01$\r\n\r\nNew Logon:\r\n\tAccount Name:\t\tkim\r\n\r\n\
                           Network Information:\r\n\tSource Network Address:\t10.0.0.7\r\n\tSource Port:\t\t-\r\n";

    #[test]
    fn labels_are_whole_names() {
        assert_eq!(labelled(MESSAGE, "Source Network Address", false), Some("10.0.0.7"));
        assert_eq!(labelled(MESSAGE, "Account Name", false), Some("SRV01$"));
        assert_eq!(labelled(MESSAGE, "Account Name", true), Some("kim"));
        assert_eq!(labelled(MESSAGE, "Name", false), None);
        assert_eq!(labelled(MESSAGE, "Source Port", false), None);
        assert_eq!(labelled("Source Network Address: fe80::1%10", "Source Network Address", false), Some("fe80::1%10"));
    }
}
