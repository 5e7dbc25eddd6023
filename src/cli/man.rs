//! `man`: the manual page, out of the commands, flags and keys that there are.

use clap::CommandFactory as _;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::arguments::Arguments;
use super::failure::Failure;
use crate::investigation::Action;
use crate::keymap::{Keymap, Mode};

/// The page of the program, or of one of its commands.
///
/// # Errors
/// Where there is no such command.
pub(super) fn page(command: Option<&str>, keymap: &Keymap) -> Result<String, Failure> {
    let mut program = Arguments::command();
    program.build();
    let mut out = Vec::new();
    let written = match command {
        Some(name) => {
            let found = program.find_subcommand(name).filter(|found| !found.is_hide_set()).ok_or_else(|| {
                let known: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
                Failure::usage(format!("there is no command {name:?}")).advise(format!("the commands are: {}", known.join(", ")))
            })?;
            Man::new(found.clone()).title(format!("rdptriage-{name}")).render(&mut out)
        }
        None => whole(program, keymap, &mut out),
    };
    written.map_err(|error| Failure::error(format!("the page could not be written ({error})")))?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn whole(program: clap::Command, keymap: &Keymap, out: &mut Vec<u8>) -> std::io::Result<()> {
    let man = Man::new(program);
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    man.render_subcommands_section(out)?;
    let mut keys = Roff::new();
    keys.control("SH", ["KEYS"]);
    for action in Action::ALL {
        let mut labels: Vec<String> = Vec::new();
        for label in Mode::ALL.into_iter().flat_map(|mode| keymap.keys(mode, *action).map(crate::keymap::Binding::label).collect::<Vec<_>>()) {
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        if !labels.is_empty() {
            keys.control("TP", []);
            keys.text([bold(labels.join(", "))]);
            keys.text([roman(action.doc())]);
        }
    }
    keys.to_writer(out)?;
    man.render_extra_section(out)?;
    man.render_version_section(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_holds_flags_commands_keys_and_exit_codes() {
        let page = page(None, &Keymap::standard()).unwrap();
        for part in [".SH KEYS", "ca\\-fingerprint", "rdptriage\\-counts(1)", "Exit codes: 0 ok", "Move the bucket cursor to the bucket before", ".SH OPTIONS"]
        {
            assert!(page.contains(part), "{part} is not in\n{page}");
        }
        assert!(!page.contains("panic"), "what is hidden stays so");
    }

    #[test]
    fn each_command_has_a_page() {
        assert!(page(Some("detect"), &Keymap::standard()).unwrap().contains("exit\\-code"));
        let error = page(Some("nope"), &Keymap::standard()).unwrap_err();
        assert!(error.advice().is_some_and(|advice| advice.starts_with("the commands are: demo, ")), "{error:?}");
    }
}
