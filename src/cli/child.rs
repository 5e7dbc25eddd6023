//! The hidden command by which the program reads Windows event logs in a child of its own.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::backend::local::read::evtx;

/// Serves `__read-evtx [--from-chunk N] FILE`; `None` where the command line says something else.
pub fn dispatch(arguments: &[OsString]) -> Option<ExitCode> {
    let (command, rest) = arguments.get(1..)?.split_first()?;
    if command != evtx::COMMAND {
        return None;
    }
    let (from, path) = match rest {
        [flag, from, path] if flag == "--from-chunk" => (from.to_str()?.parse().ok()?, path),
        [path] => (0, path),
        _ => return Some(ExitCode::from(super::failure::USAGE)),
    };
    Some(evtx::child_main(path, from))
}
