//! Where secrets are fetched from: files that only their owner may read, and commands. What is fetched is never said again.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::backend::BackendError;
use crate::domain::Foreign;

/// Longest wait for a command; long enough for somebody to type a passphrase.
const PATIENCE: Duration = Duration::from_secs(60);
/// Pause between two looks at whether a command has ended.
const GLANCE: Duration = Duration::from_millis(20);
/// Largest secret, in bytes. A client key with its chain is a few thousand.
const LARGEST: u64 = 64 * 1024;

/// The secret in a file that only its owner may read; `what` it is, as in "the {what} file".
///
/// # Errors
/// Where the file cannot be read, may be read by others, is empty or too large.
pub fn from_file(path: &Path, what: &str) -> Result<String, BackendError> {
    let failed = |reason: std::io::Error| {
        BackendError::new(format!("the {what} file {} could not be read ({reason})", path.display())).advise("check the path and that you may read it")
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(BackendError::new(format!("the {what} file {} may be read by other users (mode {:04o})", path.display(), mode & 0o7777))
                .advise(format!("run: chmod 600 {}", path.display())));
        }
    }
    let mut text = String::new();
    std::fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text)).map_err(failed)?;
    if text.len() as u64 > LARGEST {
        return Err(BackendError::new(format!("the {what} file {} is larger than {} KiB", path.display(), LARGEST / 1024)).advise("name the right file"));
    }
    let secret = text.trim();
    if secret.is_empty() {
        return Err(BackendError::new(format!("the {what} file {} is empty", path.display())).advise(format!("put the {what} into it, on one line")));
    }
    Ok(secret.to_owned())
}

/// The first line that a command prints. It is started without a shell, and without the variables `hidden`, which may hold
/// other secrets.
///
/// # Errors
/// Where the command cannot be started, fails, takes too long, prints nothing or too much. What it printed is not repeated.
pub fn from_command(argv: &[String], what: &str, hidden: &[&str]) -> Result<String, BackendError> {
    run(argv, what, hidden, PATIENCE)
}

fn run(argv: &[String], what: &str, hidden: &[&str], patience: Duration) -> Result<String, BackendError> {
    let Some((program, rest)) = argv.split_first() else {
        return Err(BackendError::new(format!("the command for the {what} is empty")).advise("name a program and its arguments"));
    };
    let program = Foreign::from(program.as_str());
    let trouble = |how: String| BackendError::new(format!("the command {} for the {what} {how}", program.safe()));
    let mut command = Command::new(program.raw());
    command.args(rest).stdin(Stdio::null()).stdout(Stdio::piped());
    for name in hidden {
        command.env_remove(name);
    }
    let mut child = command
        .spawn()
        .map_err(|reason| trouble(format!("could not be started ({reason})")).advise("give a program with its arguments; no shell is started for it"))?;
    let deadline = Instant::now() + patience;
    let late = || trouble(format!("did not end within {} s", patience.as_secs())).advise("run it by hand to see what it waits for");
    let Some(stdout) = child.stdout.take() else { return Err(trouble("has no output".to_owned())) };
    let (sender, receiver) = mpsc::channel();
    // The thread ends with the pipe; a grandchild that keeps it open is not waited for.
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.take(LARGEST + 1).read_to_end(&mut bytes).map(|_| bytes);
        let _ = sender.send(read);
    });
    let output = receiver.recv_timeout(patience);
    let Ok(output) = output else {
        stop(&mut child);
        return Err(late());
    };
    let output = output.map_err(|reason| trouble(format!("could not be read ({reason})")))?;
    if output.len() as u64 > LARGEST {
        stop(&mut child);
        return Err(trouble(format!("printed more than {} KiB", LARGEST / 1024)).advise("it should print the secret and nothing else"));
    }
    let status = loop {
        match child.try_wait().map_err(|reason| trouble(format!("was lost ({reason})")))? {
            Some(status) => break status,
            None if Instant::now() >= deadline => {
                stop(&mut child);
                return Err(late());
            }
            None => std::thread::sleep(GLANCE),
        }
    };
    if !status.success() {
        return Err(trouble(format!("failed ({status})")).advise("run it by hand to see why"));
    }
    let text = String::from_utf8(output).map_err(|_| trouble("printed no text".to_owned()))?;
    match text.lines().map(str::trim).find(|line| !line.is_empty()) {
        Some(secret) => Ok(secret.to_owned()),
        None => Err(trouble("printed nothing".to_owned()).advise("run it by hand to see why")),
    }
}

fn stop(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn argv(line: &[&str]) -> Vec<String> {
        line.iter().map(|word| (*word).to_owned()).collect()
    }

    fn error_of(line: &[&str]) -> String {
        run(&argv(line), "API key", &[], Duration::from_millis(300)).expect_err("refused").what
    }

    #[test]
    fn a_command_is_started_without_a_shell_and_without_other_secrets() {
        assert_eq!(from_command(&argv(&["printf", "%s\n", "Txy:$HOME;key"]), "API key", &[]).unwrap(), "Txy:$HOME;key");
        let environment = |hidden: &[&str]| from_command(&argv(&["sh", "-c", "echo \"<$PATH>\""]), "API key", hidden).unwrap();
        assert_ne!(environment(&[]), "<>");
        let hidden = run(&argv(&["/bin/sh", "-c", "echo \"<${CARGO_MANIFEST_DIR}>\""]), "API key", &["CARGO_MANIFEST_DIR"], PATIENCE).unwrap();
        assert_eq!(hidden, "<>");
    }

    #[test]
    fn a_command_that_goes_wrong_says_how_and_repeats_nothing() {
        assert_eq!(error_of(&["sh", "-c", "echo hunter2; exit 3"]), "the command sh for the API key failed (exit status: 3)");
        assert_eq!(error_of(&["sleep", "30"]), "the command sleep for the API key did not end within 0 s");
        assert_eq!(error_of(&["true"]), "the command true for the API key printed nothing");
        assert_eq!(error_of(&["sh", "-c", "head -c 100000 /dev/zero"]), "the command sh for the API key printed more than 64 KiB");
        assert!(error_of(&["/nowhere/at-all"]).starts_with("the command /nowhere/at-all for the API key could not be started ("));
        assert_eq!(error_of(&[]), "the command for the API key is empty");
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "hunter2\n").unwrap();
        for (mode, fine) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            match from_file(&path, "password") {
                Ok(secret) => assert!(fine && secret == "hunter2", "{mode:o}"),
                Err(error) => assert!(!fine && error.what.ends_with(&format!("may be read by other users (mode {mode:04o})")), "{error}"),
            }
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, " \n").unwrap();
        assert!(from_file(&path, "password").unwrap_err().what.ends_with("is empty"));
        std::fs::write(&path, "x".repeat(70_000)).unwrap();
        assert!(from_file(&path, "password").unwrap_err().what.ends_with("is larger than 64 KiB"));
    }
}
