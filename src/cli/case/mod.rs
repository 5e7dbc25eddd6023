//! `case`: the cases in their files, headless: listed, shown, checked, exported, imported, merged.

mod arguments;
mod open;
mod report;
mod show;

pub use arguments::CaseCommand;

use serde::Serialize;

pub(super) use self::open::author;
pub(super) use self::report::templates;

use self::open::{Opened, of_bundle};
use super::failure::{self, Failure};
use super::output::{Cell, Column, Format, Sink, Sort, document, rows};
use crate::case::bundle::Bundle;
use crate::case::verify::{self, Head};
use crate::case::{Act, Subject, merge};
use crate::config::{Environment, data_folder};
use crate::domain::{Foreign, Timestamp};
use crate::ledger::{Audit, Folder, Ledger, LedgerError};

/// Does what the command says; the exit code is that of the program.
pub fn run(command: CaseCommand, environment: &Environment) -> Result<u8, Failure> {
    let folder = Folder::below(
        &data_folder(environment)
            .ok_or_else(|| Failure::error("there is no home folder to keep cases in").advise("set XDG_DATA_HOME or RDPTRIAGE_DATA_DIR"))?,
    );
    let author = author(environment);
    match command {
        CaseCommand::List { format, output } => {
            let mut sink = Sink::open(output.as_deref())?;
            list(&folder, format, &mut sink)?;
            sink.finish()?;
            Ok(failure::OK)
        }
        CaseCommand::New { destination, from, to } => {
            let now = Timestamp::now();
            let to = to.unwrap_or(now);
            let from = from.unwrap_or(to - jiff::SignedDuration::from_hours(12));
            if from >= to {
                return Err(Failure::usage("the time range of the case is empty").advise("give --from a time before --to"));
            }
            let destination = Foreign::from(destination);
            let name = folder.free_name(&destination, now);
            let subject = Subject { destination, known_as: Vec::new(), from, to, guide: crate::case::SPIKE.to_owned() };
            let mut ledger = folder.create(&name, author, now)?;
            ledger.append(now, Act::Opened { subject, source: "by hand".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }, &[])?;
            say(&name)
        }
        CaseCommand::Note { case, text } => {
            let mut ledger = Ledger::open(&folder.find(&case), author, Timestamp::now())?;
            if text != ["-"] {
                return note(&mut ledger, &text.join(" "));
            }
            for line in std::io::stdin().lines() {
                note(&mut ledger, &line.map_err(|error| Failure::error(format!("reading standard input failed: {error}")))?)?;
            }
            Ok(failure::OK)
        }
        CaseCommand::Show { case, format, output } => {
            let opened = Opened::of(&folder, &case)?;
            let mut sink = Sink::open(output.as_deref())?;
            show::show(&opened.entries, format, &mut sink)?;
            sink.finish()?;
            Ok(failure::OK)
        }
        CaseCommand::Report(chosen) => report::run(&folder, &chosen, environment),
        CaseCommand::Verify { case, head } => audited(&folder, &case, head),
        CaseCommand::Export { case, output } => {
            let opened = Opened::of(&folder, &case)?;
            let text = Bundle { case: opened.name, entries: opened.entries, documents: opened.documents }
                .to_text()
                .map_err(|error| Failure::error(format!("writing the case {case} failed: {error}")).advise("`case verify` says what is wrong with it"))?;
            let mut sink = Sink::open(output.as_deref())?;
            std::io::Write::write_all(&mut sink, text.as_bytes()).map_err(|error| sink.failed(error))?;
            sink.finish()?;
            Ok(failure::OK)
        }
        CaseCommand::Import { file, name } => {
            let bundle = of_bundle(&file)?;
            let now = Timestamp::now();
            let name = name.unwrap_or_else(|| bundle.case.clone());
            if folder.find(&name).exists() {
                return Err(Failure::error(format!("there is a case {name} already"))
                    .advise(format!("`case merge {name} FILE` brings both together; --name NAME imports beside it")));
            }
            folder.create(&name, author, now)?.adopt(&bundle.entries, &bundle.documents)?;
            say(&name)
        }
        CaseCommand::Merge { case, other } => {
            let other = Opened::of(&folder, &other)?;
            let mut ledger = Ledger::open(&folder.find(&case), author, Timestamp::now())?;
            let missing = merge::missing(&ledger.entries_after(0)?, &other.entries);
            for record in &missing.records {
                let documents: Vec<String> = record.act.documents().iter().filter_map(|document| other.documents.get(document).cloned()).collect();
                ledger.append_as(record.author.clone(), record.time, record.act.clone(), &documents)?;
            }
            let unread = missing.unread.len();
            say(&format!(
                "{} entries merged{}",
                missing.records.len(),
                if unread > 0 { format!(", {unread} of a newer version left out") } else { String::new() }
            ))
        }
    }
}

/// Writes a note; once its number is printed, it is on the disk.
fn note(ledger: &mut Ledger, text: &str) -> Result<u8, Failure> {
    let entry = ledger.append(Timestamp::now(), Act::Noted { text: Foreign::from(text), step: None }, &[])?;
    say(&format!("entry {} {}", entry.seq, entry.hash))
}

/// One line on standard output.
fn say(line: &str) -> Result<u8, Failure> {
    super::print(&format!("{}\n", Foreign::from(line).safe()))
}

fn list(folder: &Folder, format: Format, sink: &mut Sink) -> Result<(), Failure> {
    const COLUMNS: &[Column] = &[
        Column::text("case"),
        Column::text("destination"),
        Column::new("opened", Sort::Moment),
        Column::text("by"),
        Column::new("entries", Sort::Integer),
        Column::new("answered", Sort::Integer),
        Column::text("verdict"),
        Column::text("trouble"),
    ];
    let mut rows = rows(format, COLUMNS, sink)?;
    for listed in folder.list()? {
        let name = Cell::Foreign(Foreign::from(listed.name));
        match listed.case {
            Ok(case) => rows.row(&[
                name,
                Cell::maybe(case.subject.as_ref().map(|subject| &subject.destination)),
                case.opened.as_ref().map_or(Cell::Empty, |signed| Cell::Time(signed.time)),
                Cell::maybe(case.opened.as_ref().map(|signed| &signed.author)),
                Cell::count(case.head.0),
                Cell::count(case.answers.len() as u64),
                Cell::shown(case.verdict.as_ref().map(|(_, verdict, _)| verdict.words())),
                Cell::Empty,
            ])?,
            Err(error) => {
                rows.row(&[name, Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty, Cell::Own(error.what)])?;
            }
        }
    }
    rows.finish()
}

#[derive(Serialize)]
struct Checked<'a> {
    case: &'a str,
    entries: usize,
    documents: usize,
    head: String,
    is_whole: bool,
    faults: Vec<String>,
}

fn audited(folder: &Folder, name: &str, known: Option<crate::case::Hash>) -> Result<u8, Failure> {
    let path = folder.find(name);
    let audit = if open::is_bundle(&path) {
        let bundle = of_bundle(&path)?;
        let head = bundle.entries.last().map_or_else(Head::default, |entry| Head { seq: entry.seq, hash: entry.hash });
        let hashes = bundle.documents.iter().map(|(name, text)| (*name, crate::case::Hash::of(text.as_bytes()))).collect();
        let mut faults = verify::entries(&bundle.entries, head);
        faults.extend(verify::documents(&bundle.entries, &hashes));
        faults.extend(known.and_then(|known| verify::against(&bundle.entries, known)));
        Audit { entries: bundle.entries.len(), documents: bundle.documents.len(), head: head.hash, faults, damage: Vec::new() }
    } else {
        Ledger::read(&path)?.verify(known)?
    };
    let faults = audit.faults.iter().map(ToString::to_string).chain(audit.damage.iter().cloned()).collect();
    let checked = Checked { case: name, entries: audit.entries, documents: audit.documents, head: audit.head.to_string(), is_whole: audit.is_whole(), faults };
    let mut sink = Sink::open(None)?;
    document(&checked, &mut sink)?;
    sink.finish()?;
    Ok(if audit.is_whole() { failure::OK } else { failure::ERROR })
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self::Trouble { what: error.what, advice: error.advice, code: failure::ERROR }
    }
}
