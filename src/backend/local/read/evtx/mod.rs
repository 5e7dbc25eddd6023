//! Windows event logs. Real logs, carved out of broken disks, have made parsers hang and eat all memory;
//! so a child process does the parsing, within limits, and is replaced when it falls.

mod child;
mod parent;

pub use child::{CHUNK, child_main, render};
pub use parent::{Command, Rendered};

/// The hidden command that makes this program the child.
pub const COMMAND: &str = "__read-evtx";
/// The flag that gives the child the chunk to start from.
const FROM_CHUNK: &str = "--from-chunk";
