//! The clipboard of whoever sits before the terminal, over SSH and through tmux.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;
use tokio::io::AsyncWriteExt as _;

/// Most bytes that terminals take in one OSC 52 sequence.
const MOST: usize = 74_994;

/// Copies inert text and says where it went. A default tmux swallows OSC 52 without a word, so inside tmux its own
/// buffer is filled (which also asks the outer terminal where tmux is allowed to).
pub(super) async fn copy(text: String) -> String {
    let size = text.chars().count();
    if std::env::var_os("TMUX").is_some() && tmux(&text).await {
        return format!("copied {size} characters to the tmux buffer");
    }
    if text.len() <= MOST && crossterm::execute!(std::io::stdout(), CopyToClipboard::to_clipboard_from(&text)).is_ok() {
        return format!("copied {size} characters by OSC 52; where the terminal ignores it, Ctrl-l shows plain text");
    }
    file(&text).map_or_else(|error| format!("could not copy: {error}"), |path| format!("too long for the clipboard, written to {path}"))
}

async fn tmux(text: &str) -> bool {
    let child = tokio::process::Command::new("tmux")
        .args(["load-buffer", "-w", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let Ok(mut child) = child else { return false };
    let work = async {
        let mut input = child.stdin.take()?;
        input.write_all(text.as_bytes()).await.ok()?;
        drop(input);
        child.wait().await.ok().filter(std::process::ExitStatus::success)
    };
    tokio::time::timeout(Duration::from_secs(2), work).await.ok().flatten().is_some()
}

/// A new file that only this user can read: created, never opened where something lies already.
fn file(text: &str) -> std::io::Result<String> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = std::env::temp_dir().join(format!("rdptriage-copy-{}-{}.txt", std::process::id(), text.len()));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(text.as_bytes())?;
    Ok(path.display().to_string())
}
