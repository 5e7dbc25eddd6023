//! The terminal: taken over at the start, given back on every way out.

use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write as _};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, Show};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;

use crate::app::App;

/// What a terminal without a size (a serial line) is taken for.
const ASSUMED: (u16, u16) = (80, 24);

/// Whether the terminal is ours at the moment.
static TAKEN: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// The terminal while it is ours.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    last: Option<Buffer>,
    is_kept: bool,
    is_dumping: bool,
}

/// Gives the terminal back, as far as it goes: on the ways out on which nobody can be told of an error.
pub(super) fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        _ = crossterm::execute!(io::stdout(), EndSynchronizedUpdate, LeaveAlternateScreen, Show);
        _ = disable_raw_mode();
    }
}

/// Whether the terminal has gone away; nothing that is asked of it can succeed then.
pub(super) fn is_gone() -> bool {
    !io::stdout().is_terminal()
}

/// A terminal on which nothing has been drawn.
fn blank() -> io::Result<Terminal<CrosstermBackend<BufWriter<Stdout>>>> {
    Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, io::stdout())))
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    crossterm::execute!(io::stdout(), EnterAlternateScreen, Hide)
}

/// A panic of the loop gives the terminal back before its message is written. A panic in a task is caught and becomes
/// an error on the screen: its message must not be written across the picture.
fn hook() {
    let own = std::thread::current().id();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if std::thread::current().id() == own {
                restore();
                before(info);
            } else if !TAKEN.load(Ordering::SeqCst) {
                before(info);
            }
        }));
    });
}

impl Screen {
    /// Takes the terminal over.
    pub(super) fn enter() -> io::Result<Self> {
        hook();
        let terminal = blank()?;
        take().inspect_err(|_| restore())?;
        Ok(Self { terminal, last: None, is_kept: false, is_dumping: false })
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> (u16, u16) {
        match crossterm::terminal::size() {
            Ok((width, height)) if width > 0 && height > 0 => (width, height),
            _ => ASSUMED,
        }
    }

    /// Draws the app.
    pub(super) fn draw(&mut self, app: &App) -> io::Result<()> {
        crossterm::queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        let frame = self.terminal.draw(|frame| {
            let area = frame.area();
            app.render(area, frame.buffer_mut());
            if let Some(position) = app.cursor(area) {
                frame.set_cursor_position(position);
            }
        })?;
        self.last = Some(frame.buffer.clone());
        crossterm::queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        self.terminal.backend_mut().flush()
    }

    /// Whether plain text is shown instead of the app.
    pub(super) fn is_dumping(&self) -> bool {
        self.is_dumping
    }

    /// Shows inert text on the plain screen, to be selected by hand, until a key is pressed.
    pub(super) fn dump(&mut self, text: &str) -> io::Result<()> {
        self.is_dumping = true;
        let mut out = io::stdout();
        crossterm::execute!(out, LeaveAlternateScreen, Show)?;
        for line in text.lines() {
            write!(out, "{line}\r\n")?;
        }
        write!(out, "(any key goes back)\r\n")?;
        out.flush()
    }

    /// Back from the plain screen.
    pub(super) fn end_dump(&mut self) -> io::Result<()> {
        self.is_dumping = false;
        crossterm::execute!(io::stdout(), EnterAlternateScreen, Hide)?;
        self.redraw()
    }

    /// The next frame is drawn whole. The library's own way asks where the cursor is, and whoever reads keys would take the answer.
    fn redraw(&mut self) -> io::Result<()> {
        self.terminal = blank()?;
        crossterm::execute!(io::stdout(), Clear(ClearType::All))
    }

    /// Gives the terminal back, stops the process, and takes the terminal over again when it is continued.
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        restore();
        // The whole group, as the terminal's own Ctrl-z would: a parent that waits for us (cargo) must stop too.
        _ = rustix::process::kill_current_process_group(rustix::process::Signal::STOP);
        take()?;
        self.redraw()
    }

    /// The last screen is to stay in the scrollback.
    pub(super) fn keep(&mut self) {
        self.is_kept = true;
    }

    /// Gives the terminal back.
    pub(super) fn leave(&mut self) -> io::Result<()> {
        self.terminal.backend_mut().flush()?;
        restore();
        if let Some(buffer) = self.last.take().filter(|_| self.is_kept) {
            let mut out = io::stdout();
            for line in crate::app::plain::lines(&buffer) {
                writeln!(out, "{line}")?;
            }
            out.flush()?;
        }
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}
