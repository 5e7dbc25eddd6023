//! What sort of program a path names: part of every desktop's start, or started by somebody.

use crate::domain::Foreign;

/// What a program says of a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sort {
    /// Windows starts it in every session by itself.
    Own,
    /// The desktop itself.
    Shell,
    /// Somebody or something started it.
    Started,
}

/// Programs that Windows starts in a session by itself. Only in the system's own folders do the names mean anything.
const OWN: &[&str] = &[
    "smss.exe",
    "csrss.exe",
    "winlogon.exe",
    "logonui.exe",
    "dwm.exe",
    "fontdrvhost.exe",
    "wlrmdr.exe",
    "rdpclip.exe",
    "rdpinput.exe",
    "tstheme.exe",
    "atbroker.exe",
    "taskhost.exe",
    "taskhostw.exe",
    "taskhostex.exe",
    "sihost.exe",
    "ctfmon.exe",
    "dllhost.exe",
    "runtimebroker.exe",
    "backgroundtaskhost.exe",
    "svchost.exe",
    "shellexperiencehost.exe",
    "startmenuexperiencehost.exe",
    "searchui.exe",
    "searchapp.exe",
    "searchhost.exe",
    "textinputhost.exe",
    "lockapp.exe",
    "applicationframehost.exe",
    "smartscreen.exe",
    "conhost.exe",
    "ui0detect.exe",
    "slui.exe",
    "unsecapp.exe",
    "usocoreworker.exe",
    "wudfhost.exe",
    "consent.exe",
];

/// The name of a program without its folder, folded.
pub fn name(image: &Foreign) -> String {
    let raw = image.raw();
    raw.rsplit(['\\', '/']).next().unwrap_or(raw).to_lowercase()
}

/// Whether a path lies below the Windows folder; a bare name may be anything, and is taken for what it says.
pub fn is_of_windows(image: &Foreign) -> bool {
    let path = image.raw().to_lowercase().replace('/', "\\");
    if !path.contains('\\') {
        return true;
    }
    // Drives are written as letters or as devices.
    let below = path
        .strip_prefix("\\device\\harddiskvolume")
        .map_or_else(|| path.get(2..).unwrap_or_default(), |rest| rest.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    below.starts_with("\\windows\\") && !["\\windows\\temp\\", "\\windows\\tasks\\"].iter().any(|folder| below.starts_with(folder))
}

/// What sort of program it is.
pub fn sort(image: &Foreign) -> Sort {
    let name = name(image);
    match name.as_str() {
        _ if !is_of_windows(image) => Sort::Started,
        "explorer.exe" | "userinit.exe" => Sort::Shell,
        known if OWN.contains(&known) => Sort::Own,
        _ => Sort::Started,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_something_only_in_the_folder_of_windows() {
        for (image, expected) in [
            ("C:\\Windows\\explorer.exe", Sort::Shell),
            ("C:\\WINDOWS\\System32\\rdpclip.exe", Sort::Own),
            ("\\device\\harddiskvolume3\\windows\\system32\\csrss.exe", Sort::Own),
            ("C:\\Windows\\System32\\cmd.exe", Sort::Started),
            ("C:\\Windows\\Temp\\svchost.exe", Sort::Started),
            ("C:\\Users\\kim\\explorer.exe", Sort::Started),
            ("explorer.exe", Sort::Shell),
        ] {
            assert_eq!(sort(&image.into()), expected, "{image}");
        }
    }
}
