//! The command line: flags and settings become one backend, one question and one piece of output; one file per
//! headless command.

pub mod arguments;
mod case;
pub mod child;
mod completeness;
mod completions;
mod counts;
mod detect;
mod doctor;
mod events;
mod exceptions;
mod explain;
pub mod failure;
mod files;
mod hops;
mod hunt;
mod incidents;
mod login;
mod lore;
mod man;
pub mod origin;
pub mod output;
mod period;
mod processes;
mod progress;
mod response;
mod screen;
mod sessions;
pub mod settings;
mod sources;
mod triage;
mod users;
mod whom;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;

use arguments::{Arguments, Command, Drill, Files, Origin, Output};
use completeness::Report;
use failure::Failure;
use origin::{Opened, Request};
use output::{Format, Sink};

use crate::config::{self, Config, Environment};
use crate::domain::{Foreign, Limits};
use crate::keymap::{self, Keymap};
use crate::theme::Theme;

/// Does what the command line says; the exit code is documented in `--help`.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nobody to tell that to where standard error is closed too.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(failure::USAGE));
        }
    };
    match execute(arguments) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            if !matches!(failure, Failure::NobodyListens) {
                tell(&[format!("error: {failure}")]);
                tell(&failure.advice().map(|advice| format!("       {advice}")).into_iter().collect::<Vec<_>>());
            }
            ExitCode::from(failure.code())
        }
    }
}

/// Lines on standard error, each made inert.
fn tell(lines: &[String]) {
    let mut stderr = std::io::stderr().lock();
    for line in lines.iter().flat_map(|line| line.lines()) {
        let _ = writeln!(stderr, "{}", Foreign::from(line).safe_within(Limits::DETAIL));
    }
}

fn execute(arguments: Arguments) -> Result<u8, Failure> {
    let environment = Environment::of_process();
    let Some(command) = arguments.command else {
        return match requested(&Files::default(), &arguments.origin, &environment)? {
            Some(request) => screen::run(request, &arguments.look, &environment),
            None => screen::demo(60.0, &arguments.look, &environment),
        };
    };
    match command {
        Command::Demo { speed, look } => screen::demo(speed, &look, &environment),
        Command::Open { files, origin, look } => screen::run(required(&files, &origin, &environment)?, &look, &environment),
        Command::Counts { files, origin, output, kind, by } => {
            headless(&required(&files, &origin, &environment)?, &output, Format::Json, async |opened, format, sink| {
                Ok((counts::run(opened, kind, by, format, sink).await?, failure::OK))
            })
        }
        Command::Hunt { files, origin, output, head } => {
            headless(&required(&files, &origin, &environment)?, &output, Format::Json, async |opened, format, sink| {
                Ok((hunt::run(opened, head, format, sink).await?, failure::OK))
            })
        }
        Command::Detect { files, origin, output, kind, by, detector, explain, incidents, show_hidden, exit_code } => {
            let request = required(&files, &origin, &environment)?;
            let wanted = detect::Wanted { kind, by, detector: detector.as_deref() };
            if let Some(place) = explain {
                return headless(&request, &output, Format::Json, async |opened, format, sink| {
                    Ok((explain::run(opened, &wanted, &place, format, sink).await?, failure::OK))
                });
            }
            let known = exceptions::known(&environment, show_hidden);
            headless(&request, &output, Format::Csv, async |opened, format, sink| {
                let outcome = match incidents {
                    true => incidents::run(opened, &wanted, &known, format, sink).await?,
                    false => detect::run(opened, &wanted, &known, format, sink).await?,
                };
                Ok((outcome.report, if exit_code && outcome.anomalies > 0 { failure::ANOMALY } else { failure::OK }))
            })
        }
        Command::Doctor { files, origin, output } => {
            let request = required(&files, &origin, &environment)?;
            let named = request.named_range(crate::domain::Timestamp::now())?;
            headless(&request, &output, Format::Json, async |opened, format, sink| doctor::run(opened, named, format, sink).await)
        }
        Command::Events { files, origin, output, kind, head } => {
            headless(&required(&files, &origin, &environment)?, &output, Format::Ndjson, async |opened, format, sink| {
                Ok((events::run(opened, kind, head, format, sink).await?, failure::OK))
            })
        }
        Command::Sessions(drill) => headless(&drill.request(&environment)?, &drill.output, Format::Json, async |opened, format, sink| {
            Ok((sessions::run(opened, &drill.whom, format, sink).await?, failure::OK))
        }),
        Command::Sources(drill) => headless(&drill.request(&environment)?, &drill.output, Format::Json, async |opened, format, sink| {
            let (lore, faults) = lore::open(&environment)?;
            tell(&faults);
            Ok((sources::run(opened, &drill.whom, &lore, format, sink).await?, failure::OK))
        }),
        Command::Users(drill) => headless(&drill.request(&environment)?, &drill.output, Format::Json, async |opened, format, sink| {
            Ok((users::run(opened, &drill.whom, format, sink).await?, failure::OK))
        }),
        Command::Processes(drill) => headless(&drill.request(&environment)?, &drill.output, Format::Json, async |opened, format, sink| {
            Ok((processes::run(opened, &drill.whom, format, sink).await?, failure::OK))
        }),
        Command::Hops { drill, dot } => headless(&drill.request(&environment)?, &drill.output, Format::Json, async |opened, format, sink| {
            Ok((hops::run(opened, &drill.whom, dot, format, sink).await?, failure::OK))
        }),
        Command::Response(chosen) => {
            let request = required(&chosen.files, &chosen.origin, &environment)?;
            headless(&request, &chosen.output, Format::Table, async |opened, format, sink| {
                Ok((response::run(opened, &chosen, &environment, format, sink).await?, failure::OK))
            })
        }
        Command::Exceptions { command } => exceptions::run(command, &environment),
        Command::Triage(arguments) => triage::run(&arguments, &environment),
        Command::Case { command } => case::run(command, &environment),
        Command::Keys => print(&keymap::help::markdown(&keys(&environment)?)),
        Command::Themes => print(&(Theme::names(&screen::user_themes(&environment)?).join("\n") + "\n")),
        Command::Config { command } => settings::run(command, &environment),
        Command::Completions { shell } => print(&completions::script(shell)),
        Command::Man { command } => print(&man::page(command.as_deref(), &keys(&environment)?)?),
    }
}

fn print(text: &str) -> Result<u8, Failure> {
    let mut sink = Sink::open(None)?;
    sink.write_all(text.as_bytes()).map_err(|error| sink.failed(error))?;
    sink.finish()?;
    Ok(failure::OK)
}

fn requested(files: &Files, origin: &Origin, environment: &Environment) -> Result<Option<Request>, Failure> {
    Request::new(&files.paths, origin, &Config::load(environment)?, environment)
}

fn required(files: &Files, origin: &Origin, environment: &Environment) -> Result<Request, Failure> {
    requested(files, origin, environment)?.ok_or_else(|| {
        Failure::usage("neither files nor a cluster are named").advise("give FILEs, --url URL or --profile NAME; `rdptriage demo` needs nothing")
    })
}

impl Drill {
    /// Where its events come from.
    fn request(&self, environment: &Environment) -> Result<Request, Failure> {
        required(&self.files, &self.origin, environment)
    }
}

/// The standard keys with the user's own over them.
fn keys(environment: &Environment) -> Result<Keymap, Failure> {
    let Some(path) = config::folder(environment).map(|folder| folder.join("keys.toml")) else { return Ok(Keymap::standard()) };
    match std::fs::read_to_string(&path) {
        Ok(text) => Keymap::with_user(&path.display().to_string(), &text)
            .map_err(|error| Failure::error(error.to_string()).advise("correct the line; `rdptriage keys` prints every action")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Keymap::standard()),
        Err(error) => Err(Failure::error(format!("the keys in {} could not be read ({error})", path.display()))),
    }
}

/// Opens what was asked for, runs one command on it, and says on standard error what the answer rests on.
fn headless(
    request: &Request,
    output: &Output,
    piped: Format,
    job: impl AsyncFnOnce(&Opened, Format, &mut Sink) -> Result<(Report, u8), Failure>,
) -> Result<u8, Failure> {
    let format = match (output.format, output.output.as_deref()) {
        (None, Some(path)) => by_name(path)?,
        (format, _) => format,
    };
    let mut sink = Sink::open(output.output.as_deref())?;
    let format = format.unwrap_or(if sink.is_terminal() { Format::Table } else { piped });
    let (report, code) = awaited(async {
        let backend = request.open(Arc::new(progress::Bar::new())).await?;
        job(&Opened::new(request, backend)?, format, &mut sink).await
    })?;
    finished(sink, &report, code)
}

/// Closes the output and says what it rests on.
fn finished(sink: Sink, report: &Report, code: u8) -> Result<u8, Failure> {
    sink.finish()?;
    tell(&report.lines());
    Ok(if code == failure::OK && !report.complete { failure::PARTIAL } else { code })
}

/// Does work that waits for answers; Ctrl-c ends it.
fn awaited<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::error(format!("no task could be started ({error})")))?;
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = work => outcome,
            _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted),
        }
    });
    // Whoever reads files cannot be stopped half-way, and need not be waited for.
    runtime.shutdown_background();
    outcome
}

/// The format that a file's name asks for, where it has an ending; an ending of no format is a slip of the pen.
fn by_name(path: &Path) -> Result<Option<Format>, Failure> {
    let Some(ending) = path.extension() else { return Ok(None) };
    let ending = ending.to_string_lossy();
    match ending.to_ascii_lowercase().as_str() {
        "csv" => Ok(Some(Format::Csv)),
        "parquet" => Ok(Some(Format::Parquet)),
        "ndjson" | "jsonl" => Ok(Some(Format::Ndjson)),
        "json" => Ok(Some(Format::Json)),
        "txt" => Ok(Some(Format::Table)),
        _ => Err(Failure::usage(format!("--output: no format has the ending .{}", Foreign::from(ending.as_ref()).safe()))
            .advise("end the name with .csv, .json, .ndjson, .parquet or .txt, or say --format too")),
    }
}
