//! Carrying out what the app wants: questions, counting and judging as tasks that can be aborted, copies.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures::future::BoxFuture;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinError, JoinHandle};

use super::events::Happened;
use super::judge::Judge;
use super::{Opening, clipboard};
use crate::app::Input;
use crate::backend::{Backend, BackendError, Steps};
use crate::detect::Begin;
use crate::domain::{Timestamp, Trouble};
use crate::investigation::{Board, Effect, Epoch, Matter, Msg, Need, Slot, board};

/// Questions on their way at one time: more would only crowd the cluster.
const QUESTIONS: usize = 2;

/// The tasks that run for the app.
pub(super) struct Effects {
    sender: mpsc::Sender<Happened>,
    /// Locked by one task at a time: only one computes.
    judge: Arc<Mutex<Judge>>,
    backend: Option<Arc<dyn Backend>>,
    tasks: HashMap<Slot, JoinHandle<()>>,
    questions: Arc<Semaphore>,
    computing: Arc<Semaphore>,
}

/// Opens the events off the loop.
pub(super) fn open<F>(open: F, opening: Opening, sender: mpsc::Sender<Happened>)
where
    F: FnOnce(Opening) -> BoxFuture<'static, Result<Arc<dyn Backend>, BackendError>> + Send + 'static,
{
    let handle = tokio::runtime::Handle::current();
    let task = tokio::task::spawn_blocking(move || handle.block_on(open(opening)));
    tokio::spawn(async move {
        let result = match task.await {
            Ok(result) => result,
            Err(error) => {
                let trouble = panicked(error, "opening the events");
                Err(BackendError { advice: trouble.advice, ..BackendError::new(trouble.what) })
            }
        };
        _ = sender.send(Happened::Opened(result)).await;
    });
}

/// What a panic in a task looks like on the screen.
fn panicked(error: JoinError, doing: &str) -> Trouble {
    let said = match error.try_into_panic() {
        Ok(payload) => payload.downcast_ref::<&str>().map(|text| (*text).to_owned()).or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default(),
        Err(error) => error.to_string(),
    };
    let said = crate::domain::Foreign::from(said).safe().into_string();
    Trouble { what: format!("{doing} broke off: {said}"), advice: Some("this is a fault of the program; please report it with these words".to_owned()) }
}

impl Effects {
    pub(super) fn new(sender: mpsc::Sender<Happened>, detector: Begin) -> Self {
        Self {
            sender,
            judge: Arc::new(Mutex::new(Judge::new(detector))),
            backend: None,
            tasks: HashMap::new(),
            questions: Arc::new(Semaphore::new(QUESTIONS)),
            computing: Arc::new(Semaphore::new(1)),
        }
    }

    /// From now on this backend answers.
    pub(super) fn serve(&mut self, backend: Arc<dyn Backend>) {
        self.backend = Some(backend);
    }

    /// What counts as now, once events are open.
    pub(super) fn now(&self) -> Option<Timestamp> {
        self.backend.as_ref().map(|backend| backend.now())
    }

    /// Carries out what runs as a task.
    pub(super) fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Ask { slot, epoch, ask } => self.ask(slot, epoch, ask),
            Effect::Count { epoch, arrivals, size, range, known_from } => {
                self.compute(Slot::Count, epoch, move || board::count(&arrivals, size, range, known_from));
            }
            Effect::Detect { epoch, arrivals, plan, known_from } => {
                let judge = Arc::clone(&self.judge);
                self.compute(Slot::Detection, epoch, move || judge.lock().unwrap_or_else(PoisonError::into_inner).board(&arrivals, &plan, known_from));
            }
            Effect::Study { need, epoch, matter } => self.study(need, epoch, matter),
            Effect::Abort(slot) => self.abort(slot),
            Effect::Copy(_) | Effect::Export { .. } | Effect::Dump(_) | Effect::Suspend | Effect::Quit { .. } => {}
        }
    }

    /// Puts text on the clipboard and says how it went.
    pub(super) fn copy(&self, text: String) {
        let sender = self.sender.clone();
        tokio::spawn(async move {
            let notice = clipboard::copy(text).await;
            _ = sender.send(Happened::Input(Input::Noticed(notice))).await;
        });
    }

    /// Writes text into a new file and says where it lies.
    pub(super) fn export(&self, stem: String, ending: &'static str, text: String) {
        let sender = self.sender.clone();
        tokio::spawn(async move {
            let written = tokio::task::spawn_blocking(move || super::export::export(&stem, ending, &text));
            let notice = written.await.unwrap_or_else(|error| format!("could not write the file: {error}"));
            _ = sender.send(Happened::Input(Input::Noticed(notice))).await;
        });
    }

    fn abort(&mut self, slot: Slot) {
        if let Some(task) = self.tasks.remove(&slot) {
            task.abort();
        }
    }

    fn ask(&mut self, slot: Slot, epoch: Epoch, ask: crate::query::Ask) {
        let Some(backend) = self.backend.clone() else { return };
        let questions = Arc::clone(&self.questions);
        let told = Told { sender: self.sender.clone(), slot, epoch };
        self.spawn(
            slot,
            "answering a question",
            move |_| async move {
                let Ok(_turn) = questions.acquire_owned().await else { return None };
                let begun = Instant::now();
                let result = backend.answer_with(&ask, &told).await.map_err(Trouble::from);
                Some(Msg::Answered { slot, epoch, result, took: begun.elapsed() })
            },
            move |trouble| Msg::Answered { slot, epoch, result: Err(trouble), took: std::time::Duration::ZERO },
        );
    }

    fn study(&mut self, need: Need, epoch: Epoch, matter: Matter) {
        let computing = Arc::clone(&self.computing);
        self.spawn(
            Slot::Study(need),
            "working out what the events tell",
            move |_| async move {
                let turn = computing.acquire_owned().await.ok()?;
                let task = tokio::task::spawn_blocking(move || {
                    let _turn = turn;
                    Arc::new(matter.study())
                });
                let result = task.await.map_err(|error| panicked(error, "working out what the events tell"));
                Some(Msg::Studied { need, epoch, result })
            },
            move |trouble| Msg::Studied { need, epoch, result: Err(trouble) },
        );
    }

    fn compute(&mut self, slot: Slot, epoch: Epoch, board: impl FnOnce() -> Board + Send + 'static) {
        let computing = Arc::clone(&self.computing);
        self.spawn(
            slot,
            "counting",
            move |_| async move {
                let turn = computing.acquire_owned().await.ok()?;
                let begun = Instant::now();
                let task = tokio::task::spawn_blocking(move || {
                    // Held until the work is done: a blocking task goes on when nobody waits for it any more.
                    let _turn = turn;
                    Arc::new(board())
                });
                let result = task.await.map_err(|error| panicked(error, "counting"));
                Some(Msg::Counted { slot, epoch, result, took: begun.elapsed() })
            },
            move |trouble| Msg::Counted { slot, epoch, result: Err(trouble), took: std::time::Duration::ZERO },
        );
    }

    /// Starts a task for a slot in place of the one before; what it says, or that it panicked, becomes a message.
    fn spawn<T>(&mut self, slot: Slot, doing: &'static str, task: impl FnOnce(Slot) -> T, broken: impl FnOnce(Trouble) -> Msg + Send + 'static)
    where
        T: Future<Output = Option<Msg>> + Send + 'static,
    {
        self.abort(slot);
        let sender = self.sender.clone();
        let work = AbortOnDrop(tokio::spawn(task(slot)));
        let watch = tokio::spawn(async move {
            let msg = match work.join().await {
                Ok(msg) => msg,
                Err(error) if error.is_cancelled() => None,
                Err(error) => Some(broken(panicked(error, doing))),
            };
            if let Some(msg) = msg {
                _ = sender.send(Happened::Input(Input::Msg(msg))).await;
            }
        });
        self.tasks.insert(slot, watch);
    }
}

/// Tells the loop how far a question has got.
struct Told {
    sender: mpsc::Sender<Happened>,
    slot: Slot,
    epoch: Epoch,
}

impl Steps for Told {
    fn step(&self, done: u64, of: u64) {
        // A step that nobody has room for is told by the next one.
        _ = self.sender.try_send(Happened::Input(Input::Msg(Msg::Progressed { slot: self.slot, epoch: self.epoch, done, of: Some(of) })));
    }
}

/// A task that ends when nobody waits for it any more.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> AbortOnDrop<T> {
    async fn join(mut self) -> Result<T, JoinError> {
        (&mut self.0).await
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
