//! What reaches the loop: keys and resizes from the terminal, answers from tasks, signals.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event, EventStream};
use futures::StreamExt;

use crate::app::{self, Input};
use crate::backend::{Backend, BackendError};
use crate::keymap::Key;
use crate::query::Ask;

/// Something that reached the loop.
pub(super) enum Happened {
    /// For the app.
    Input(Input),
    /// The events are open, or cannot be opened.
    Opened(Result<Arc<dyn Backend>, BackendError>),
    /// The process is asked to end.
    Signal(i32),
    /// The process is asked to stop until it is continued.
    Stopped,
    /// The terminal is gone.
    InputEnded,
    /// It is time to look at the clock.
    Ticked,
}

/// The backend, as far as the app may know it: how it words a question.
pub(super) fn wording(backend: Arc<dyn Backend>) -> app::Wording {
    Arc::new(move |ask: &Ask| backend.query_text(ask))
}

/// Keys and resizes. A storm of resizes comes out as its last one.
pub(super) struct Keys {
    stream: EventStream,
    resized: Option<(u16, u16)>,
}

/// How long a size must hold before it is drawn.
const SETTLED: Duration = Duration::from_millis(50);

impl Keys {
    pub(super) fn new() -> Self {
        Self { stream: EventStream::new(), resized: None }
    }

    /// The next event. Safe to drop at any await: what was read is kept.
    pub(super) async fn next(&mut self) -> Happened {
        loop {
            let event = match self.resized {
                None => self.stream.next().await,
                Some((width, height)) => match tokio::time::timeout(SETTLED, self.stream.next()).await {
                    Ok(event) => event,
                    Err(_) => {
                        self.resized = None;
                        return Happened::Input(Input::Resized { width, height });
                    }
                },
            };
            match event {
                Some(Ok(Event::Key(event))) => {
                    if let Some(key) = Key::from_event(&event) {
                        return Happened::Input(Input::Key(key));
                    }
                }
                Some(Ok(Event::Resize(width, height))) => self.resized = Some((width, height)),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Happened::InputEnded,
            }
        }
    }
}
