//! Parse, install the error hook, run. Nothing else happens here.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use rdptriage::cli;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    // First of all: the child must not do anything but read.
    if let Some(code) = cli::child::dispatch(&arguments) {
        return code;
    }
    // Without colours: what a panic says may end in a log.
    let hook = color_eyre::config::HookBuilder::default().theme(color_eyre::config::Theme::new()).install();
    if hook.is_err() {
        eprintln!("the panic hook could not be installed; going on without it");
    }
    cli::run(arguments)
}
