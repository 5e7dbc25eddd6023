//! What tests against clusters share: real servers, one that misbehaves on command, and one with certificates of our own.

pub mod cluster;
pub mod faulty;
pub mod scripted;
pub mod tls;

/// Writes a file that only its owner may read.
pub fn private(path: &std::path::Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).expect("written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("set");
}
