//! Reads every file of a walk: unwraps it, recognises it and sends its records to the collector.

use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::batch::Worker;
use super::collect::Collector;
use super::container::{Meter, Metered, Peeked, Unwrapping, spool};
use super::interpret::Interpret;
use super::lines::{Block, Cutter, Ends, LONGEST};
use super::progress::Progress;
use super::sniff::{Container, Format, container, format};
use super::walk::{Found, reason};
use super::{csv, evtx, json, ndjson, parquet, pool, text, zeek};

/// Containers within containers: a log in gzip in zip is ordinary, more is not.
const LAYERS: usize = 4;

/// Reads files into a [`Collector`].
pub struct Reader<'a, I> {
    /// Knows what records mean.
    pub interpreter: &'a I,
    /// Hears how far it has come.
    pub progress: &'a dyn Progress,
    /// Threads that interpret.
    pub workers: usize,
    /// How Windows event logs are read.
    pub child: &'a evtx::Command,
    /// Where the records go.
    pub collector: Collector,
}

/// What one block of text is.
enum Work<C> {
    Json,
    Csv(csv::Layout<C>),
    Zeek(Arc<zeek::Layout<C>>),
}

/// One stream of bytes on its way through the layers.
struct Stream<'s> {
    /// Path, with `!entry` for each archive.
    name: &'s str,
    /// The file on disk that is being read.
    found: &'s Found,
    unwrapping: &'s Unwrapping,
    meter: &'s Arc<Meter>,
    layers: usize,
    /// Whether an unknown format is worth a word: named files, not those met in folders.
    is_wanted: bool,
}

impl<I: Interpret> Reader<'_, I> {
    /// Reads a file. Whatever goes wrong is told to the collector.
    pub fn file(&mut self, found: &Found) {
        let name = found.path.display().to_string();
        let before = self.collector.sources();
        let file = if found.path == Path::new("-") {
            use std::os::fd::AsFd as _;
            rustix::stdio::stdin().as_fd().try_clone_to_owned().map(File::from)
        } else {
            File::open(&found.path)
        };
        let result = file.map_err(|error| reason(&error)).and_then(|file| {
            let data = file.metadata().map_err(|error| reason(&error))?;
            if data.is_dir() {
                return Err("it is a folder".to_owned());
            }
            let meter = Meter::new(if data.is_file() { data.len() } else { 0 });
            let unwrapping = Unwrapping::new(Arc::clone(&meter));
            let stream = Stream { name: &name, found, unwrapping: &unwrapping, meter: &meter, layers: 0, is_wanted: found.is_named };
            let input = Metered { input: &file, meter: Arc::clone(&meter), progress: self.progress, path: &found.path };
            self.stream(&stream, Box::new(input), data.is_file().then_some(&file))
        });
        if let Err(reason) = result {
            self.collector.fail(&name, &reason);
        }
        if !found.also.is_empty() && self.collector.sources() > before {
            let names: Vec<String> = found.also.iter().map(|path| path.display().to_string()).collect();
            self.collector.note(format!("it was given more than once and is read once; also as {}", crate::domain::Foreign::from(names.join(", ")).safe()));
        }
    }

    /// Reads what a stream holds. `file` is the same bytes where they can be sought in.
    fn stream(&mut self, stream: &Stream<'_>, input: Box<dyn Read + '_>, file: Option<&File>) -> Result<(), String> {
        let mut peeked = Peeked::new(input);
        let is_nested = stream.layers >= LAYERS;
        match container(peeked.head()) {
            Container::Empty => match peeked.trouble() {
                Some(error) => Err(reason(error)),
                None => {
                    self.collector.empty(stream.name);
                    Ok(())
                }
            },
            Container::Foreign(what) if stream.is_wanted => Err(format!("it is {what}, which is not read")),
            Container::Foreign(_) => {
                self.collector.pass_over(stream.name);
                Ok(())
            }
            Container::Gzip | Container::Zstd | Container::Zip if is_nested => Err(format!("it is packed more than {LAYERS} times")),
            Container::Gzip => {
                let inner = stream.unwrapping.gzip(peeked);
                self.stream(&Stream { layers: stream.layers + 1, ..*stream }, inner, None)
            }
            Container::Zstd => {
                let inner = stream.unwrapping.zstd(peeked).map_err(|error| reason(&error))?;
                self.stream(&Stream { layers: stream.layers + 1, ..*stream }, inner, None)
            }
            Container::Zip => self.seekable(stream, peeked, file, |reader, file| reader.archive(stream, file)),
            Container::Evtx => self.seekable(stream, peeked, file, |reader, file| reader.log(stream, file)),
            Container::Parquet => self.seekable(stream, peeked, file, |reader, file| reader.table(stream, file)),
            Container::Text => {
                let (encoding, mark) = text::encoding(peeked.head());
                peeked.pass(mark);
                self.text(stream, Peeked::new(text::decoded(Box::new(peeked), encoding)))
            }
        }
    }

    /// Gives `read` a file that can be sought in: the one at hand, or a copy without a name.
    fn seekable(
        &mut self,
        stream: &Stream<'_>,
        mut peeked: Peeked<'_>,
        file: Option<&File>,
        read: impl FnOnce(&mut Self, &File) -> Result<(), String>,
    ) -> Result<(), String> {
        if let Some(mut file) = file {
            drop(peeked);
            file.rewind().map_err(|error| reason(&error))?;
            return read(self, file);
        }
        let (copy, trouble) = spool(&mut peeked).map_err(|error| format!("it cannot be unpacked to a temporary file: {error}"))?;
        let before = self.collector.sources();
        let result = read(self, &copy);
        match (trouble, result) {
            (None, result) => result,
            (Some(trouble), Err(_)) => Err(format!("it broke off: {trouble}")),
            (Some(trouble), Ok(())) => {
                if self.collector.sources() == before {
                    self.collector.begin(stream.name, "unread");
                }
                self.collector.broke_off(&trouble.to_string());
                Ok(())
            }
        }
    }

    fn archive(&mut self, stream: &Stream<'_>, file: &File) -> Result<(), String> {
        let input = Metered { input: file, meter: Arc::clone(stream.meter), progress: self.progress, path: &stream.found.path };
        let mut archive =
            zip::ZipArchive::new(io::BufReader::with_capacity(64 << 10, input)).map_err(|error| format!("it is no sound zip archive: {error}"))?;
        if archive.is_empty() {
            self.collector.empty(stream.name);
        }
        for place in 0..archive.len() {
            let inner = archive.name_for_index(place).and_then(Result::ok).map_or_else(|| place.to_string(), std::borrow::Cow::into_owned);
            let entry = match archive.by_index(place) {
                Ok(entry) => entry,
                Err(error) => {
                    self.collector.fail(&format!("{}!{inner}", stream.name), &error.to_string());
                    continue;
                }
            };
            if entry.is_dir() {
                continue;
            }
            // Mac archives carry a shadow of each file.
            if inner.split('/').any(|part| part.starts_with('.') || part == "__MACOSX") {
                continue;
            }
            let name = format!("{}!{inner}", stream.name);
            let content = stream.unwrapping.entry(entry);
            let result = self.stream(&Stream { name: &name, layers: stream.layers + 1, is_wanted: false, ..*stream }, content, None);
            if let Err(reason) = result {
                self.collector.fail(&name, &reason);
            }
        }
        Ok(())
    }

    fn log(&mut self, stream: &Stream<'_>, file: &File) -> Result<(), String> {
        self.collector.begin(stream.name, "evtx");
        let mut rendered = evtx::Rendered::new(self.child, file);
        let progress = LogProgress {
            chunk: rendered.chunk(),
            told: 0,
            meter: stream.meter,
            progress: self.progress,
            path: &stream.found.path,
            is_whole: stream.layers == 0,
        };
        let mut cutter = Cutter::new(progress.over(&mut rendered), Ends::Line);
        self.pump(&mut cutter, |block| vec![(block, Arc::new(Work::Json))]);
        drop(cutter);
        let (skipped, failure) = rendered.outcome();
        for (reason, count) in skipped {
            self.collector.skip(&reason, count);
        }
        self.collector.end(&self.interpreter.schemas());
        failure.map_or(Ok(()), Err)
    }

    fn table(&mut self, stream: &Stream<'_>, file: &File) -> Result<(), String> {
        self.collector.begin(stream.name, "parquet");
        let (interpreter, progress, collector) = (self.interpreter, self.progress, &mut self.collector);
        let is_whole = stream.layers == 0;
        parquet::read(interpreter, file, self.workers, &mut |batch, bytes| {
            collector.take(batch, &|place| interpreter.rule(place));
            if is_whole {
                progress.advanced(&stream.found.path, bytes);
            }
        })?;
        self.collector.end(&self.interpreter.schemas());
        Ok(())
    }

    fn text(&mut self, stream: &Stream<'_>, peeked: Peeked<'_>) -> Result<(), String> {
        match format(peeked.head()) {
            Format::Json if json::is_line_delimited(peeked.head()) => {
                self.collector.begin(stream.name, "ndjson");
                self.pump(&mut Cutter::new(peeked, Ends::Line), |block| vec![(block, Arc::new(Work::Json))]);
            }
            Format::Json => {
                self.collector.begin(stream.name, "json");
                self.pump(&mut Cutter::new(json::Documents::new(peeked), Ends::Line), |block| vec![(block, Arc::new(Work::Json))]);
            }
            Format::Zeek => self.zeek(stream, peeked)?,
            Format::Csv { delimiter } => self.csv(stream, peeked, delimiter)?,
            Format::Unknown if stream.is_wanted && peeked.head().trim_ascii_start().starts_with(b"<") => {
                return Err("it is XML, which is not read; save the log as .evtx, or export it as JSON or CSV".to_owned());
            }
            Format::Unknown if stream.is_wanted => {
                return Err("it is of no format that is known; looked for EVTX, JSON, CSV with a header, Zeek logs and Parquet".to_owned());
            }
            Format::Unknown => {
                self.collector.pass_over(stream.name);
                return Ok(());
            }
        }
        self.collector.end(&self.interpreter.schemas());
        Ok(())
    }

    fn csv(&mut self, stream: &Stream<'_>, peeked: Peeked<'_>, delimiter: u8) -> Result<(), String> {
        self.collector.begin(stream.name, "csv");
        let mut cutter = Cutter::new(peeked, Ends::Unquoted);
        let Some(mut first) = cutter.block() else { return Err("it has no header line".to_owned()) };
        let (mut names, length) = csv::header(first.bytes(), delimiter).ok_or("it has no header line")?;
        csv::name_messages(&mut names, first.bytes().get(length..).unwrap_or_default(), delimiter);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let columns = self.interpreter.header(&names)?;
        if let Some(remark) = self.interpreter.remark(&columns) {
            self.collector.note(remark);
        }
        first.pass(length);
        let layout = Arc::new(Work::Csv(csv::Layout { columns, delimiter }));
        let mut first = Some(first);
        self.pump_with(&mut || first.take(), &mut cutter, |block| vec![(block, Arc::clone(&layout))]);
        Ok(())
    }

    fn zeek(&mut self, stream: &Stream<'_>, peeked: Peeked<'_>) -> Result<(), String> {
        self.collector.begin(stream.name, "zeek tsv");
        let interpreter = self.interpreter;
        let mut header = zeek::Header::default();
        let mut layout = None;
        let mut misfit = None;
        self.pump(&mut Cutter::new(peeked, Ends::Line), |block| {
            let pieces = header.cut(interpreter, block, &mut layout);
            for (_, layout) in &pieces {
                misfit = misfit.take().or_else(|| layout.misfit().map(str::to_owned));
            }
            pieces.into_iter().map(|(block, layout)| (block, Arc::new(Work::Zeek(layout)))).collect()
        });
        match (layout, misfit) {
            (None, _) => Err("it is a Zeek log without a line that names the fields".to_owned()),
            (Some(_), Some(misfit)) if self.collector.read_nothing() => Err(misfit),
            _ => Ok(()),
        }
    }

    fn pump<R: Read>(&mut self, cutter: &mut Cutter<R>, route: impl FnMut(Block) -> Vec<(Block, Arc<Work<I::Columns>>)>) {
        self.pump_with(&mut || None, cutter, route);
    }

    /// Sends every block to the workers and what they make of it to the collector, in order.
    fn pump_with<R: Read>(
        &mut self,
        first: &mut dyn FnMut() -> Option<Block>,
        cutter: &mut Cutter<R>,
        mut route: impl FnMut(Block) -> Vec<(Block, Arc<Work<I::Columns>>)>,
    ) {
        let interpreter = self.interpreter;
        let collector = &mut self.collector;
        let rule = |place| interpreter.rule(place);
        let work = |worker: &mut Worker<I::Memo>, (block, work): (Block, Arc<Work<I::Columns>>)| {
            match &*work {
                Work::Json => ndjson::read(interpreter, block.bytes(), worker),
                Work::Csv(layout) => csv::read(interpreter, layout, block.bytes(), worker),
                Work::Zeek(layout) => zeek::read(interpreter, layout, block.bytes(), worker),
            }
            (worker.take(), block)
        };
        pool::run(self.workers, Worker::new, work, |pool| {
            while let Some(block) = first().or_else(|| cutter.block()) {
                for item in route(block) {
                    if let Some((batch, spent)) = pool.submit(item) {
                        collector.take(batch, &rule);
                        cutter.recycle(spent);
                    }
                }
            }
            while let Some((batch, _)) = pool.finish() {
                collector.take(batch, &rule);
            }
        });
        collector.skip(&format!("line of more than {} MiB", LONGEST >> 20), cutter.too_long());
        if let Some(trouble) = cutter.trouble() {
            collector.broke_off(&trouble.to_string());
        }
    }
}

/// Tells the progress of a log by the chunk its reader is at.
struct LogProgress<'a> {
    chunk: Arc<std::sync::atomic::AtomicU64>,
    told: u64,
    meter: &'a Meter,
    progress: &'a dyn Progress,
    path: &'a Path,
    /// Whether the log lies on disk as it is; else its bytes were told when they were unpacked.
    is_whole: bool,
}

impl<'a> LogProgress<'a> {
    fn over<R: Read + 'a>(mut self, mut input: R) -> impl Read + use<'a, R> {
        struct Told<F>(F);
        impl<F: FnMut(&mut [u8]) -> io::Result<usize>> Read for Told<F> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0(buffer)
            }
        }
        Told(move |buffer: &mut [u8]| {
            let count = input.read(buffer)?;
            let chunk = self.chunk.load(Ordering::Relaxed);
            if self.is_whole && chunk > self.told {
                let bytes = (chunk - self.told) * evtx::CHUNK;
                self.told = chunk;
                self.meter.add(bytes);
                self.progress.advanced(self.path, bytes);
            }
            Ok(count)
        })
    }
}
