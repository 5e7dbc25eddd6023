//! The files of cases, off the loop: one thread that opens, saves and follows them in order. What cannot be saved now is kept
//! and tried again; nothing is told as saved before it is on the disk.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;

use super::events::Happened;
use crate::app::Input;
use crate::case::bundle::Bundle;
use crate::case::{Act, Case, Entry, Hash, Subject};
use crate::domain::{Foreign, Timestamp, Trouble};
use crate::investigation::Msg;
use crate::investigation::cases::{Beside, CaseJob, CaseNews, Finding};
use crate::ledger::{Folder, Ledger, LedgerError, Mode};
use crate::report::{Report, Template, exporter};

/// How often what waits is tried again, and what others write is looked for.
const AGAIN: Duration = Duration::from_secs(1);
/// Cases that are read at the start at most, the latest by name.
const MOST: usize = 500;

/// Where cases are kept, and who works here.
#[derive(Clone, Debug)]
pub struct CaseFolder {
    /// The program's folder for data; `None` where there is none.
    pub data: Option<PathBuf>,
    /// Who works here.
    pub author: Foreign,
    /// The user's own templates for reports.
    pub templates: Vec<Template>,
}

/// Carries out what is wanted of the files. Synchronous, so that a test can stand in for the thread.
pub struct Keeper {
    folder: Option<Folder>,
    author: Foreign,
    templates: Vec<Template>,
    clock: fn() -> Timestamp,
    open: BTreeMap<String, Ledger>,
    /// Entries of each open case that were told.
    told: BTreeMap<String, u64>,
    /// What could not be saved yet, oldest first.
    waiting: VecDeque<CaseJob>,
    /// Why, as it was told last: the same is not told every second.
    why: Option<String>,
}

impl Keeper {
    /// One that has opened nothing yet.
    pub fn new(place: &CaseFolder, clock: fn() -> Timestamp) -> Self {
        let folder = place.data.as_deref().map(Folder::below);
        Self {
            folder,
            author: place.author.clone(),
            templates: place.templates.clone(),
            clock,
            open: BTreeMap::new(),
            told: BTreeMap::new(),
            waiting: VecDeque::new(),
            why: None,
        }
    }

    /// What there is already.
    pub fn begin(&mut self) -> Vec<CaseNews> {
        let mut news = vec![CaseNews::Begun { author: self.author.clone(), is_kept: self.folder.is_some() }];
        let Some(folder) = &self.folder else { return news };
        let listed = match folder.list() {
            Ok(listed) => listed,
            Err(error) => {
                news.push(CaseNews::Failed { name: None, trouble: error.into(), is_kept: true });
                return news;
            }
        };
        let skipped = listed.len().saturating_sub(MOST);
        for listed in listed.into_iter().skip(skipped).filter(|listed| listed.case.is_ok()) {
            if let Ok(entries) = Ledger::read(&listed.path).and_then(|ledger| ledger.entries_after(0)) {
                news.push(CaseNews::Opened { name: listed.name, entries, is_writable: false, holder: None, is_asked: false });
            }
        }
        news
    }

    /// Does one thing. What came before and could not be saved goes first.
    pub fn carry_out(&mut self, job: CaseJob) -> Vec<CaseNews> {
        if let CaseJob::SaveElsewhere(path) = job {
            return self.move_to(&path);
        }
        if !self.waiting.is_empty() {
            self.waiting.push_back(job);
            return self.retry();
        }
        self.attempt(job)
    }

    /// Tries what waits again, and tells what others have written.
    pub fn retry(&mut self) -> Vec<CaseNews> {
        let mut news = Vec::new();
        let before = self.waiting.len();
        while let Some(job) = self.waiting.pop_front() {
            let waiting = self.waiting.len();
            let mut more = self.attempt(job);
            news.append(&mut more);
            if self.waiting.len() > waiting {
                // It went to the end, and belongs to the front.
                if let Some(job) = self.waiting.pop_back() {
                    self.waiting.push_front(job);
                }
                break;
            }
        }
        if before > 0 && self.waiting.is_empty() {
            self.why = None;
            news.push(CaseNews::Recovered);
        }
        news.extend(self.follow());
        news
    }

    /// How much could not be saved yet.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn attempt(&mut self, job: CaseJob) -> Vec<CaseNews> {
        let name = name_of(&job);
        match self.do_it(&job) {
            Ok(news) => news,
            Err(error) => {
                // Whatever a person decided is kept until it can be saved, here or elsewhere; in a case that somebody else
                // writes it never can.
                let is_read_only = name.as_ref().and_then(|name| self.open.get(name)).is_some_and(|ledger| *ledger.mode() != Mode::Writer);
                let is_kept = !is_read_only && !matches!(job, CaseJob::Bundle { .. } | CaseJob::Report { .. } | CaseJob::Verify(_));
                if is_kept {
                    self.waiting.push_back(job);
                    if self.why.as_ref() == Some(&error.what) {
                        return Vec::new();
                    }
                    self.why = Some(error.what.clone());
                }
                vec![CaseNews::Failed { name, trouble: error.into(), is_kept }]
            }
        }
    }

    fn do_it(&mut self, job: &CaseJob) -> Result<Vec<CaseNews>, LedgerError> {
        let now = (self.clock)();
        match job {
            CaseJob::Open { name, subject, source } => self.open(name, subject, source, now),
            CaseJob::Record { case, act } => {
                let entry = self.ledger(case)?.append(now, act.clone(), &[])?;
                Ok(self.saved(case, vec![entry], 1))
            }
            CaseJob::Found { case, queries, found } => self.found(case, queries, found, now),
            CaseJob::Bundle { case } => self.bundle(case, now),
            CaseJob::Report { case, format, beside } => self.report(case, format, beside, now),
            CaseJob::Verify(case) => {
                let audit = self.ledger(case)?.verify(None)?;
                let faults = audit.faults.iter().map(ToString::to_string).chain(audit.damage).collect();
                Ok(vec![CaseNews::Checked { name: case.clone(), faults }])
            }
            CaseJob::SaveElsewhere(_) => Ok(Vec::new()),
        }
    }

    fn place(&self) -> Result<&Folder, LedgerError> {
        self.folder.as_ref().ok_or_else(|| LedgerError {
            what: "there is no folder for cases: neither RDPTRIAGE_DATA_DIR nor HOME is set".to_owned(),
            advice: Some("name a folder to save in".to_owned()),
            is_passing: true,
        })
    }

    fn open(&mut self, name: &str, subject: &Subject, source: &str, now: Timestamp) -> Result<Vec<CaseNews>, LedgerError> {
        let folder = self.place()?.clone();
        if !self.open.contains_key(name) {
            let path = folder.find(name);
            let ledger = if path.exists() {
                Ledger::open(&path, self.author.clone(), now)?
            } else {
                let mut ledger = folder.create(name, self.author.clone(), now)?;
                let opened = Act::Opened { subject: subject.clone(), source: source.to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
                ledger.append(now, opened, &[])?;
                ledger
            };
            self.open.insert(name.to_owned(), ledger);
        }
        let name = name.to_owned();
        let ledger = self.ledger(&name)?;
        let entries = ledger.entries_after(0)?;
        let (is_writable, holder) = match ledger.mode() {
            Mode::Writer => (true, None),
            Mode::Reader { holder } => (false, Some(holder.as_ref().map_or_else(|| Foreign::from("somebody else"), |holder| holder.author.clone()))),
        };
        self.told.insert(name.clone(), entries.last().map_or(0, |entry| entry.seq));
        Ok(vec![CaseNews::Opened { name, entries, is_writable, holder, is_asked: true }])
    }

    fn ledger(&mut self, case: &str) -> Result<&mut Ledger, LedgerError> {
        self.open.get_mut(case).ok_or_else(|| LedgerError { what: format!("the case {case} is not open"), advice: None, is_passing: false })
    }

    fn found(&mut self, case: &str, queries: &[crate::case::Query], found: &[Finding], now: Timestamp) -> Result<Vec<CaseNews>, LedgerError> {
        let ledger = self.ledger(case)?;
        let mut entries: Vec<Entry> = Vec::new();
        let mut outcome = Ok(());
        let mut numbers = Vec::new();
        for query in queries {
            match ledger.append(now, Act::Asked { query: query.clone() }, &[]) {
                Ok(entry) => {
                    numbers.push(entry.seq);
                    entries.push(entry);
                }
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        for finding in found.iter().take_while(|_| outcome.is_ok()) {
            let act = Act::Found {
                step: finding.step.clone(),
                finding: Foreign::from(finding.finding.as_str()),
                suggested: finding.suggested.clone(),
                queries: finding.queries.iter().filter_map(|place| numbers.get(*place).copied()).collect(),
                documents: finding.documents.iter().map(|document| Hash::of(document.as_bytes())).collect(),
            };
            match ledger.append(now, act, &finding.documents) {
                Ok(entry) => entries.push(entry),
                // What is found again is written again: half of it is no harm, twice is none either.
                Err(error) => return Err(error),
            }
        }
        outcome?;
        Ok(self.saved(case, entries, 0))
    }

    fn bundle(&mut self, case: &str, now: Timestamp) -> Result<Vec<CaseNews>, LedgerError> {
        let ledger = self.ledger(case)?;
        let text = Bundle { case: case.to_owned(), entries: ledger.entries_after(0)?, documents: ledger.documents()? }
            .to_text()
            .map_err(|error| LedgerError { what: format!("writing the case {case} failed: {error}"), advice: None, is_passing: false })?;
        self.write(case, "bundle", "rdpcase.ndjson", text.as_bytes(), None, now)
    }

    fn report(&mut self, case: &str, format: &str, beside: &Beside, now: Timestamp) -> Result<Vec<CaseNews>, LedgerError> {
        let failed = |what: String, advice| LedgerError { what, advice, is_passing: false };
        let exporter = exporter(format).ok_or_else(|| failed(format!("there is no report {format}"), None))?;
        let (author, templates) = (self.author.clone(), self.templates.clone());
        let ledger = self.ledger(case)?;
        let audit = ledger.verify(None)?;
        let entries = ledger.entries_after(0)?;
        let report = Report {
            name: case.to_owned(),
            case: Case::of(&entries),
            entries,
            documents: ledger.documents()?,
            guide: beside.guide.clone(),
            dossier: beside.dossier.clone(),
            chart: beside.chart.clone(),
            faults: audit.faults.iter().map(ToString::to_string).chain(audit.damage).collect(),
            written: now,
            author,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            templates,
        };
        let written = exporter.serialize(&report).map_err(|error| failed(error.what, error.advice))?;
        self.write(case, format, exporter.ending(), &written.bytes, written.trouble.map(|trouble| trouble.what), now)
    }

    /// Writes a file beside the cases and notes it in the case.
    fn write(&mut self, case: &str, format: &str, ending: &str, bytes: &[u8], note: Option<String>, now: Timestamp) -> Result<Vec<CaseNews>, LedgerError> {
        let folder = self.place()?.path().to_owned();
        let ledger = self.ledger(case)?;
        let path = written(&folder, case, ending, bytes).map_err(|error| LedgerError {
            what: format!("writing the report failed: {error}"),
            advice: Some("make room, or choose another folder".to_owned()),
            is_passing: false,
        })?;
        let shown = path.display().to_string();
        let mut news = vec![CaseNews::Written { path: shown.clone(), note }];
        if *ledger.mode() == Mode::Writer {
            let act = Act::Exported { format: format.to_owned(), file: Foreign::from(shown), sha256: Hash::of(bytes) };
            let entry = ledger.append(now, act, &[])?;
            news.extend(self.saved(case, vec![entry], 0));
        }
        Ok(news)
    }

    fn saved(&mut self, case: &str, entries: Vec<Entry>, acts: usize) -> Vec<CaseNews> {
        if let Some(last) = entries.last() {
            self.told.insert(case.to_owned(), last.seq);
        }
        vec![CaseNews::Saved { name: case.to_owned(), entries, acts }]
    }

    /// What somebody else has written into cases that are open here to be read.
    fn follow(&mut self) -> Vec<CaseNews> {
        let mut news = Vec::new();
        for (name, ledger) in self.open.iter().filter(|(_, ledger)| matches!(ledger.mode(), Mode::Reader { .. })) {
            let after = self.told.get(name).copied().unwrap_or(0);
            let Ok(entries) = ledger.entries_after(after) else { continue };
            if let Some(last) = entries.last() {
                self.told.insert(name.clone(), last.seq);
                news.push(CaseNews::Saved { name: name.clone(), entries, acts: 0 });
            }
        }
        news
    }

    /// From now on in another folder: open cases are copied there, then what waits is saved.
    fn move_to(&mut self, path: &str) -> Vec<CaseNews> {
        let folder = Folder::at(Path::new(path));
        let now = (self.clock)();
        let names: Vec<String> = self.open.keys().cloned().collect();
        for name in names {
            let copied = (|| {
                let Some(old) = self.open.get(&name) else { return Ok(None) };
                let (entries, documents) = (old.entries_after(0)?, old.documents()?);
                let mut ledger = folder.create(&name, self.author.clone(), now)?;
                ledger.adopt(&entries, &documents)?;
                Ok::<_, LedgerError>(Some(ledger))
            })();
            match copied {
                Ok(Some(ledger)) => _ = self.open.insert(name, ledger),
                Ok(None) => {}
                Err(error) => return vec![CaseNews::Failed { name: None, trouble: error.into(), is_kept: true }],
            }
        }
        self.folder = Some(folder);
        let mut news = vec![CaseNews::Written { path: path.to_owned(), note: None }];
        news.extend(self.retry());
        news.push(CaseNews::Recovered);
        news
    }
}

fn name_of(job: &CaseJob) -> Option<String> {
    match job {
        CaseJob::Open { name, .. } => Some(name.clone()),
        CaseJob::Record { case, .. } | CaseJob::Found { case, .. } | CaseJob::Bundle { case } | CaseJob::Report { case, .. } | CaseJob::Verify(case) => {
            Some(case.clone())
        }
        CaseJob::SaveElsewhere(_) => None,
    }
}

/// Writes a report that appears only when it is whole.
fn written(folder: &Path, case: &str, ending: &str, bytes: &[u8]) -> std::io::Result<PathBuf> {
    use std::io::Write as _;
    let folder = folder.parent().unwrap_or(folder).join("reports");
    std::fs::create_dir_all(&folder)?;
    let mut file = tempfile::NamedTempFile::new_in(&folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    let names = std::iter::once(format!("{case}.{ending}")).chain((2..).map(|number| format!("{case}-{number}.{ending}")));
    let path = names.map(|name| folder.join(name)).find(|path| !path.exists()).unwrap_or_else(|| folder.join(case));
    file.persist_noclobber(&path).map_err(|error| error.error)?;
    Ok(path)
}

/// The thread of the keeper, and the way to it.
pub(super) struct Cases {
    jobs: Option<Sender<CaseJob>>,
    thread: Option<JoinHandle<()>>,
    is_ending: Arc<AtomicBool>,
}

impl Cases {
    /// Starts the thread.
    pub(super) fn start(place: &CaseFolder, sender: tokio::sync::mpsc::Sender<Happened>) -> Self {
        let (jobs, wanted) = mpsc::channel::<CaseJob>();
        let mut keeper = Keeper::new(place, Timestamp::now);
        let is_ending = Arc::new(AtomicBool::new(false));
        let ending = Arc::clone(&is_ending);
        let tell = move |news: Vec<CaseNews>| {
            for news in news {
                let mut input = Happened::Input(Input::Msg(Msg::Case(news)));
                while let Err(TrySendError::Full(back)) = sender.try_send(input) {
                    // Nobody listens any more once the program ends; what is on the disk is on the disk.
                    if ending.load(Ordering::Relaxed) {
                        break;
                    }
                    std::thread::sleep(Duration::from_millis(5));
                    input = back;
                }
            }
        };
        let run = move || {
            tell(keeper.begin());
            loop {
                match wanted.recv_timeout(AGAIN) {
                    Ok(job) => tell(keeper.carry_out(job)),
                    Err(RecvTimeoutError::Timeout) => tell(keeper.retry()),
                    Err(RecvTimeoutError::Disconnected) => {
                        _ = keeper.retry();
                        return;
                    }
                }
            }
        };
        let thread = std::thread::Builder::new().name("cases".to_owned()).spawn(run).ok();
        Self { jobs: Some(jobs), thread, is_ending }
    }

    /// Passes a job on; what the thread cannot take any more is trouble.
    pub(super) fn carry_out(&self, job: CaseJob) -> Option<Trouble> {
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        (!sent)
            .then(|| Trouble { what: "the case was not saved: its thread has ended".to_owned(), advice: Some("note it elsewhere, and report this".to_owned()) })
    }
}

/// What was handed over is saved before the program ends.
impl Drop for Cases {
    fn drop(&mut self) {
        self.is_ending.store(true, Ordering::Relaxed);
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Answer, Case};

    fn clock() -> Timestamp {
        "2025-03-13T14:00:00Z".parse().unwrap()
    }

    fn subject() -> Subject {
        Subject { destination: "10.20.4.17".into(), known_as: vec!["FILESRV-02".into()], from: clock(), to: clock(), guide: "rdp_destination_spike".into() }
    }

    fn keeper(data: &Path, author: &str) -> Keeper {
        Keeper::new(&CaseFolder { data: Some(data.to_owned()), author: author.into(), templates: Vec::new() }, clock)
    }

    fn opened(keeper: &mut Keeper) -> (String, Vec<Entry>, bool) {
        match keeper.carry_out(CaseJob::Open { name: "2025-03-13-FILESRV-02".into(), subject: subject(), source: "demo".into() }).pop() {
            Some(CaseNews::Opened { name, entries, is_writable, .. }) => (name, entries, is_writable),
            other => panic!("{other:?}"),
        }
    }

    fn answer(case: &str) -> CaseJob {
        let act = Act::Answered { step: "sources".into(), answer: Answer::LooksBad, note: "not ours".into(), evidence: vec![] };
        CaseJob::Record { case: case.to_owned(), act }
    }

    #[test]
    fn what_is_decided_is_there_when_the_case_is_opened_again() {
        let data = tempfile::tempdir().unwrap();
        let mut first = keeper(data.path(), "kim");
        let (name, entries, is_writable) = opened(&mut first);
        assert_eq!((name.as_str(), entries.len(), is_writable), ("2025-03-13-FILESRV-02", 1, true));
        assert!(matches!(first.carry_out(answer(&name)).as_slice(), [CaseNews::Saved { acts: 1, .. }]));
        drop(first);
        let mut again = keeper(data.path(), "kim");
        assert!(matches!(again.begin().as_slice(), [CaseNews::Begun { is_kept: true, .. }, CaseNews::Opened { is_asked: false, .. }]));
        let (_, entries, _) = opened(&mut again);
        assert_eq!(Case::of(&entries).answers["sources"].answer, Answer::LooksBad);
    }

    #[test]
    fn a_second_person_reads_and_follows() {
        let data = tempfile::tempdir().unwrap();
        let (mut kim, mut lee) = (keeper(data.path(), "kim"), keeper(data.path(), "lee"));
        let (name, ..) = opened(&mut kim);
        let (_, entries, is_writable) = opened(&mut lee);
        assert_eq!((entries.len(), is_writable), (1, false));
        assert!(matches!(lee.carry_out(answer(&name)).as_slice(), [CaseNews::Failed { is_kept: false, .. }]));
        kim.carry_out(answer(&name));
        let [CaseNews::Saved { entries, acts: 0, .. }] = &lee.retry()[..] else { panic!("nothing followed") };
        assert_eq!(entries[0].seq, 2);
    }

    #[test]
    fn what_cannot_be_saved_waits_in_order_and_is_saved_elsewhere() {
        let elsewhere = tempfile::tempdir().unwrap();
        let mut keeper = Keeper::new(&CaseFolder { data: None, author: "kim".into(), templates: Vec::new() }, clock);
        let news = keeper.carry_out(CaseJob::Open { name: "c1".into(), subject: subject(), source: "demo".into() });
        assert!(matches!(news.as_slice(), [CaseNews::Failed { is_kept: true, .. }]));
        assert!(keeper.carry_out(answer("c1")).is_empty(), "the same trouble is not told twice");
        assert_eq!(keeper.waiting(), 2);
        let news = keeper.carry_out(CaseJob::SaveElsewhere(elsewhere.path().join("cases").display().to_string()));
        assert_eq!(keeper.waiting(), 0, "{news:?}");
        let listed = Folder::at(&elsewhere.path().join("cases")).list().unwrap();
        assert_eq!(listed[0].case.as_ref().unwrap().answers.len(), 1);
    }

    #[test]
    fn a_bundle_is_written_and_noted_in_the_case() {
        let data = tempfile::tempdir().unwrap();
        let mut keeper = keeper(data.path(), "kim");
        let (name, ..) = opened(&mut keeper);
        let news = keeper.carry_out(CaseJob::Bundle { case: name });
        let [CaseNews::Written { path, note: None }, CaseNews::Saved { entries, .. }] = &news[..] else { panic!("{news:?}") };
        assert!(Bundle::of_text(&std::fs::read_to_string(path).unwrap()).is_ok());
        assert!(matches!(entries[0].record().unwrap().act, Act::Exported { .. }));
        keeper.carry_out(CaseJob::Verify("2025-03-13-FILESRV-02".into()));
    }
}
