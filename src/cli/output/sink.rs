//! Where output goes: standard output, or a file beside its final name that takes the name only when whole.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::domain::Foreign;

/// An open destination of output.
#[derive(Debug)]
pub struct Sink {
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    Stdout(BufWriter<io::Stdout>),
    File {
        writer: BufWriter<File>,
        part: PathBuf,
        path: PathBuf,
        is_done: bool,
    },
    #[cfg(test)]
    Memory(Vec<u8>),
}

impl Sink {
    /// Opens the file, or standard output where none is named or it is `-`.
    ///
    /// # Errors
    /// Where the file cannot be made.
    pub fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            return Ok(Self { inner: Inner::Stdout(BufWriter::with_capacity(64 * 1024, io::stdout())) });
        };
        // In the same folder, so that taking the final name is one step of the file system.
        let mut part = path.as_os_str().to_owned();
        part.push(format!(".{}.part", std::process::id()));
        let part = PathBuf::from(part);
        let file = File::options().write(true).create_new(true).open(&part).map_err(|error| failed(path, &error))?;
        Ok(Self { inner: Inner::File { writer: BufWriter::with_capacity(64 * 1024, file), part, path: path.to_owned(), is_done: false } })
    }

    /// Whether a person is looking.
    pub fn is_terminal(&self) -> bool {
        matches!(&self.inner, Inner::Stdout(_)) && io::stdout().is_terminal()
    }

    /// Writes what is still held back and gives the file its name.
    ///
    /// # Errors
    /// Where that fails; the file then keeps its former content.
    pub fn finish(mut self) -> Result<(), Failure> {
        self.flush().map_err(|error| self.failed(error))?;
        if let Inner::File { writer, part, path, is_done } = &mut self.inner {
            writer.get_ref().sync_all().and_then(|()| std::fs::rename(&*part, &*path)).map_err(|error| failed(path, &error))?;
            *is_done = true;
        }
        Ok(())
    }

    /// A failure to write here. A reader that has seen enough (`| head`) is none.
    pub fn failed(&self, error: io::Error) -> Failure {
        match &self.inner {
            _ if error.kind() == io::ErrorKind::BrokenPipe => Failure::NobodyListens,
            Inner::File { path, .. } => failed(path, &error),
            _ => Failure::error(format!("standard output could not be written ({error})")),
        }
    }

    #[cfg(test)]
    pub(super) fn memory() -> Self {
        Self { inner: Inner::Memory(Vec::new()) }
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.inner {
            Inner::Memory(bytes) => bytes,
            _ => &[],
        }
    }
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    let name = path.display().to_string();
    Failure::error(format!("{} could not be written ({error})", Foreign::from(name).safe())).advise("choose another --output, or make room")
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.inner {
            Inner::Stdout(writer) => writer.write(bytes),
            Inner::File { writer, .. } => writer.write(bytes),
            #[cfg(test)]
            Inner::Memory(all) => all.write(bytes),
        }
    }

    // A document is written in millions of small pieces.
    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.inner {
            Inner::Stdout(writer) => writer.write_all(bytes),
            Inner::File { writer, .. } => writer.write_all(bytes),
            #[cfg(test)]
            Inner::Memory(all) => all.write_all(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.inner {
            Inner::Stdout(writer) => writer.flush(),
            Inner::File { writer, .. } => writer.flush(),
            #[cfg(test)]
            Inner::Memory(_) => Ok(()),
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Inner::File { part, is_done: false, .. } = &self.inner {
            // Nothing was promised yet; a file that cannot be removed is worth no second error.
            let _ = std::fs::remove_file(part);
        }
    }
}
