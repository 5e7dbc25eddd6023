//! The only code that spawns, sleeps, opens a terminal or catches signals: it carries what happens to the app and what the
//! app wants to the world.

mod clipboard;
mod effects;
mod events;
mod export;
mod judge;
pub mod opening;
mod signals;
mod terminal;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use tokio::sync::mpsc;

use crate::app::{App, Input, Setup};
use crate::backend::{Backend, BackendError};
use crate::detect::Begin;
use crate::investigation::Effect;

pub use opening::Opening;

/// What waits in a channel at most before its senders wait too.
const WAITING: usize = 64;
/// Least time between two frames.
const FRAME: Duration = Duration::from_millis(33);

/// Everything the screens are started with.
pub struct Options {
    /// What the app looks like and begins with.
    pub setup: Setup,
    /// The detector.
    pub detector: Begin,
    /// Panics once the first frame is drawn: the test that the terminal survives it has no other way in.
    pub panic_after_start: bool,
}

/// How the screens ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// The analyst quit.
    Quit,
    /// A signal came; the process is to exit with 128 and its number.
    Signal(i32),
}

impl Ended {
    /// The exit code that says so.
    pub fn code(self) -> i32 {
        match self {
            Self::Quit => 0,
            Self::Signal(number) => 128_i32.saturating_add(number),
        }
    }
}

/// Opens events in the background and lets the terminal show them until the analyst quits.
///
/// `open` may block or wait; it runs off the loop, and what it tells [`Opening`] is shown meanwhile.
///
/// # Errors
/// Where there is no terminal, or what `open` said where the analyst gave up on it.
pub fn run<F>(open: F, options: Options) -> Result<Ended, BackendError>
where
    F: FnOnce(Opening) -> BoxFuture<'static, Result<Arc<dyn Backend>, BackendError>> + Send + 'static,
{
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    // Two answers at a time may keep a thread busy each; timers and sockets need one that is free.
    let runtime = builder.worker_threads(4).enable_all().build().map_err(|error| BackendError::new(format!("could not start the task runtime: {error}")))?;
    let outcome = runtime.block_on(watch(open, options));
    // A question that is still being answered must not hold up the way out.
    runtime.shutdown_background();
    outcome
}

async fn watch<F>(open: F, options: Options) -> Result<Ended, BackendError>
where
    F: FnOnce(Opening) -> BoxFuture<'static, Result<Arc<dyn Backend>, BackendError>> + Send + 'static,
{
    let mut screen = terminal::Screen::enter().map_err(|error| BackendError::new(format!("could not set up the terminal: {error}")))?;
    let outcome = watch_on(&mut screen, open, options).await;
    let leaving = screen.leave();
    signals::ended();
    if terminal::is_gone() {
        // Drawing may fail before anybody says that the line is cut. The library's own way of leaving would complain to a
        // standard error that is gone too, and so abort.
        std::mem::forget(screen);
        return Ok(match outcome {
            Ok(Ended::Signal(number)) => Ended::Signal(number),
            _ => Ended::Signal(signal_hook::consts::SIGHUP),
        });
    }
    match (outcome, leaving) {
        (Ok(ended), Err(error)) => Err(BackendError::new(format!("could not restore the terminal: {error}"))).or(Ok(ended)),
        (outcome, _) => outcome,
    }
}

async fn watch_on<F>(screen: &mut terminal::Screen, open: F, options: Options) -> Result<Ended, BackendError>
where
    F: FnOnce(Opening) -> BoxFuture<'static, Result<Arc<dyn Backend>, BackendError>> + Send + 'static,
{
    let begun = Instant::now();
    let (sender, mut happened) = mpsc::channel::<events::Happened>(WAITING);
    signals::watch(sender.clone()).map_err(|error| BackendError::new(format!("could not watch for signals: {error}")))?;
    signals::watch_hang_up();
    let mut keys = events::Keys::new();
    let opening = Opening::default();
    effects::open(open, opening.clone(), sender.clone());
    let mut effects = effects::Effects::new(sender, options.detector);
    let mut app = App::new(options.setup);
    let mut failed: Option<BackendError> = None;
    let (width, height) = screen.size();
    _ = app.update(Input::Resized { width, height });
    let mut is_changed = true;
    let mut drawn = None::<Instant>;
    loop {
        let now = Instant::now();
        let is_due = drawn.is_none_or(|drawn| now.duration_since(drawn) >= FRAME);
        if is_changed && is_due && !screen.is_dumping() {
            screen.draw(&app).map_err(|error| BackendError::new(format!("could not draw on the terminal: {error}")))?;
            drawn = Some(now);
            is_changed = false;
            assert!(!options.panic_after_start, "asked to panic after the start");
        }
        let frame = async {
            match drawn.filter(|_| is_changed) {
                Some(drawn) => tokio::time::sleep_until((drawn + FRAME).into()).await,
                None => std::future::pending().await,
            }
        };
        let input = tokio::select! {
            biased;
            event = happened.recv() => match event {
                Some(event) => event,
                None => return Ok(Ended::Quit),
            },
            event = keys.next() => event,
            () = frame => continue,
            () = tokio::time::sleep(app.next_tick()) => events::Happened::Ticked,
        };
        let input = match input {
            events::Happened::Signal(number) => return Ok(Ended::Signal(number)),
            events::Happened::Stopped => {
                screen.suspend().map_err(|error| BackendError::new(format!("could not suspend: {error}")))?;
                is_changed = true;
                continue;
            }
            events::Happened::InputEnded => return Ok(Ended::Signal(signal_hook::consts::SIGHUP)),
            events::Happened::Opened(Ok(backend)) => {
                let now = backend.now();
                effects.serve(Arc::clone(&backend));
                Input::Opened { now, backend: events::wording(backend) }
            }
            events::Happened::Opened(Err(error)) => {
                let trouble = crate::domain::Trouble { what: error.what.clone(), advice: error.advice.clone() };
                failed = Some(error);
                Input::OpeningFailed(trouble)
            }
            events::Happened::Ticked => match effects.now() {
                Some(now) => Input::Msg(crate::investigation::Msg::Tick { now, uptime: begun.elapsed() }),
                None => Input::Opening { done: opening.done(), of: opening.of(), doing: opening.doing() },
            },
            events::Happened::Input(input) => {
                if screen.is_dumping() && matches!(input, Input::Key(_)) {
                    screen.end_dump().map_err(|error| BackendError::new(format!("could not set up the terminal: {error}")))?;
                    is_changed = true;
                    continue;
                }
                input
            }
        };
        let before = app.revision();
        let wanted = app.update(input);
        is_changed |= app.revision() != before;
        for effect in wanted {
            match effect {
                Effect::Quit { keep_screen } => {
                    if keep_screen {
                        screen.keep();
                    }
                    return failed.map_or(Ok(Ended::Quit), Err);
                }
                Effect::Suspend => {
                    screen.suspend().map_err(|error| BackendError::new(format!("could not suspend: {error}")))?;
                    is_changed = true;
                }
                Effect::Dump(text) => screen.dump(&text).map_err(|error| BackendError::new(format!("could not write to the terminal: {error}")))?,
                Effect::Copy(text) => effects.copy(text),
                Effect::Export { stem, ending, text } => effects.export(stem, ending, text),
                other => effects.carry_out(other),
            }
        }
    }
}
