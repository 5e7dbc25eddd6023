//! `completions`: a script by which a shell completes commands and flags.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::arguments::Arguments;

/// The script.
pub(super) fn script(shell: Shell) -> String {
    let (mut program, mut out) = (Arguments::command(), Vec::new());
    clap_complete::generate(shell, &mut program, "rdptriage", &mut out);
    let mut script = String::from_utf8_lossy(&out).into_owned();
    // The scripts for bash and zsh offer hidden flags too, those that are refused among them: bash in lists of words, the
    // others a line each.
    for flag in hidden(&program) {
        script = script.replace(&format!(" --{flag} "), " ");
        let marks = [format!("'--{flag}["), format!("'--{flag}=["), format!(" -l {flag} ")];
        script = script.lines().filter(|line| !marks.iter().any(|mark| line.contains(mark))).map(|line| format!("{line}\n")).collect();
    }
    script
}

fn hidden(command: &clap::Command) -> Vec<String> {
    let own = command.get_arguments().filter(|flag| flag.is_hide_set()).filter_map(|flag| flag.get_long().map(str::to_owned));
    own.chain(command.get_subcommands().flat_map(hidden)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_flags_are_completed_and_refused_flags_are_not() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = script(shell);
            assert!(script.contains("rdptriage") && script.contains("ca-fingerprint") && script.contains("events"), "{shell}");
            // How a line is taken apart may know hidden flags; what is offered may not.
            for offered in [" --__panic-after-start ", " --api-key ", "'--__panic-after-start[", "'--api-key=[", " -l __panic-after-start ", " -l api-key "] {
                assert!(!script.contains(offered), "{shell}: {offered}");
            }
        }
    }
}
