//! From the paths on the command line to files: folders walked in name order, each file once.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, Metadata};
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::{BufReader, Read, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::sniff::{Container, container};

/// Files up to this size are compared by content as well: 64 MiB.
const COMPARED: u64 = 64 << 20;

/// Packed files are compared by what they hold up to this size: 1 GiB.
const UNPACKED: u64 = 1 << 30;
/// Bytes that are hashed at once.
const PIECE: u64 = 1 << 20;

/// A file to be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// Where; `-` is standard input.
    pub path: PathBuf,
    /// Size on disk in bytes; 0 where unknown.
    pub size: u64,
    /// Whether it was named, and not merely met in a folder.
    pub is_named: bool,
    /// Other paths that lead to the same content.
    pub also: Vec<PathBuf>,
}

/// What a walk brought.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Walk {
    /// The files, in order.
    pub files: Vec<Found>,
    /// What could not be walked, each with the reason.
    pub failed: Vec<(PathBuf, String)>,
}

/// Finds the files behind `paths`. Hidden files and folders within a folder are passed over; a link
/// that leads back into a folder being walked is not followed again.
pub fn walk(paths: &[PathBuf]) -> Walk {
    let mut walker = Walker::default();
    for path in paths {
        walker.named(path);
    }
    walker.join_equal_contents();
    walker.join_packed_copies();
    walker.walk
}

#[derive(Default)]
struct Walker {
    walk: Walk,
    seen: HashMap<(u64, u64), usize>,
    folders: HashSet<(u64, u64)>,
}

impl Walker {
    fn named(&mut self, path: &Path) {
        if path == Path::new("-") {
            if !self.walk.files.iter().any(|found| found.path == path) {
                self.walk.files.push(Found { path: path.to_owned(), size: 0, is_named: true, also: Vec::new() });
            }
            return;
        }
        match fs::metadata(path) {
            Err(error) => self.walk.failed.push((path.to_owned(), reason(&error))),
            Ok(data) if data.is_dir() => {
                let before = self.walk.files.len();
                let failed = self.walk.failed.len();
                let is_new = self.folder(path, &data);
                if is_new && self.walk.files.len() == before && self.walk.failed.len() == failed && !self.leads_to_known_files(path) {
                    self.walk.failed.push((path.to_owned(), "it holds no files".to_owned()));
                }
            }
            Ok(data) => self.file(path, &data, true),
        }
    }

    /// Whether the folder gave nothing new only because its files had been given before.
    fn leads_to_known_files(&self, path: &Path) -> bool {
        self.walk.files.iter().any(|found| found.path.starts_with(path) || found.also.iter().any(|also| also.starts_with(path)))
    }

    /// Walks a folder; `false` where it has been walked before.
    fn folder(&mut self, path: &Path, data: &Metadata) -> bool {
        if !self.folders.insert((data.dev(), data.ino())) {
            return false;
        }
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => {
                self.walk.failed.push((path.to_owned(), reason(&error)));
                return true;
            }
        };
        let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).filter(|name| !name.as_encoded_bytes().starts_with(b".")).collect();
        names.sort();
        for name in names {
            let inner = path.join(name);
            match fs::metadata(&inner) {
                // A dangling link leads to nothing that could be missing from the picture.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => self.walk.failed.push((inner, reason(&error))),
                Ok(data) if data.is_dir() => {
                    self.folder(&inner, &data);
                }
                // Pipes and devices inside a folder would block or never end.
                Ok(data) if data.is_file() => self.file(&inner, &data, false),
                Ok(_) => {}
            }
        }
        true
    }

    fn file(&mut self, path: &Path, data: &Metadata, is_named: bool) {
        let place = self.walk.files.len();
        match self.seen.entry((data.dev(), data.ino())) {
            std::collections::hash_map::Entry::Occupied(known) => {
                if let Some(found) = self.walk.files.get_mut(*known.get()) {
                    found.is_named |= is_named;
                    found.also.push(path.to_owned());
                }
            }
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(place);
                let size = if data.is_file() { data.len() } else { 0 };
                self.walk.files.push(Found { path: path.to_owned(), size, is_named, also: Vec::new() });
            }
        }
    }

    /// Copies under another name are the same file: only those of equal size are looked into.
    fn join_equal_contents(&mut self) {
        let mut sizes: HashMap<u64, u32> = HashMap::new();
        for found in &self.walk.files {
            *sizes.entry(found.size).or_default() += 1;
        }
        let hasher = (foldhash::quality::RandomState::default(), foldhash::quality::RandomState::default());
        let mut known: HashMap<(u64, u64, u64), usize> = HashMap::new();
        let mut kept: Vec<Found> = Vec::with_capacity(self.walk.files.len());
        for found in std::mem::take(&mut self.walk.files) {
            let is_candidate = found.size > 0 && found.size <= COMPARED && sizes.get(&found.size).is_some_and(|count| *count > 1);
            let key = if is_candidate { content_key(&found, &hasher) } else { None };
            if let Some(key) = key {
                if let Some(twin) = known.get(&key).and_then(|place| kept.get_mut(*place)) {
                    twin.is_named |= found.is_named;
                    twin.also.push(found.path);
                    twin.also.extend(found.also);
                    continue;
                }
                known.insert(key, kept.len());
            }
            kept.push(found);
        }
        self.walk.files = kept;
    }

    /// A file and its packed copy are the same file. Only those are unpacked for it whose size or name says that they may be.
    fn join_packed_copies(&mut self) {
        if self.walk.files.len() < 2 {
            return;
        }
        let packings: Vec<Option<(Packing, Option<u64>)>> = self.walk.files.iter().map(|found| if found.size > 0 { packing(found) } else { None }).collect();
        // For each size and each name whether a packed file has it, and how many files do.
        let mut sizes: HashMap<u64, (bool, u32)> = HashMap::new();
        let mut stems: HashMap<String, (bool, u32)> = HashMap::new();
        let count = |known: &mut (bool, u32), packing: Packing| *known = (known.0 || packing != Packing::None, known.1 + 1);
        for (found, packing) in self.walk.files.iter().zip(&packings) {
            let Some((packing, size)) = *packing else { continue };
            size.into_iter().for_each(|size| count(sizes.entry(size).or_default(), packing));
            stem(&found.path).into_iter().for_each(|stem| count(stems.entry(stem).or_default(), packing));
        }
        let may_have_a_twin = |found: &Found, size: Option<u64>| {
            let by_size = size.and_then(|size| sizes.get(&size));
            let by_name = stem(&found.path).and_then(|stem| stems.get(&stem));
            found.size <= UNPACKED && [by_size, by_name].into_iter().flatten().any(|(is_packed, count)| *is_packed && *count > 1)
        };
        let keys = (foldhash::quality::RandomState::default(), foldhash::quality::RandomState::default());
        let mut known: HashMap<(u64, u64, u64), usize> = HashMap::new();
        let mut kept: Vec<Found> = Vec::with_capacity(self.walk.files.len());
        for (found, packing) in std::mem::take(&mut self.walk.files).into_iter().zip(&packings) {
            let candidate = packing.filter(|(_, size)| may_have_a_twin(&found, *size));
            if let Some(key) = candidate.and_then(|(packing, _)| unpacked_key(&found, packing, &keys)) {
                if let Some(twin) = known.get(&key).and_then(|place| kept.get_mut(*place)) {
                    twin.is_named |= found.is_named;
                    twin.also.push(found.path);
                    twin.also.extend(found.also);
                    continue;
                }
                known.insert(key, kept.len());
            }
            kept.push(found);
        }
        self.walk.files = kept;
    }
}

/// How a file is packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Packing {
    None,
    Gzip,
    Zstd,
}

/// How a file is packed, and the size of what it holds as far as it says so.
fn packing(found: &Found) -> Option<(Packing, Option<u64>)> {
    let mut file = File::open(&found.path).ok()?;
    let mut head = Vec::new();
    (&mut file).take(32).read_to_end(&mut head).ok()?;
    Some(match container(&head) {
        Container::Gzip => {
            // The last four bytes; of several members only the last one's.
            let mut size = [0; 4];
            file.seek(SeekFrom::End(-4)).and_then(|_| file.read_exact(&mut size)).ok()?;
            (Packing::Gzip, Some(u32::from_le_bytes(size).into()))
        }
        Container::Zstd => (Packing::Zstd, zstd::zstd_safe::get_frame_content_size(&head).ok().flatten()),
        _ => (Packing::None, Some(found.size)),
    })
}

/// The name without what packing adds to it.
fn stem(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy();
    let name = [".gz", ".zst", ".zstd"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    Some(name.to_owned())
}

/// Size and two keyed hashes of what a file holds once unpacked.
fn unpacked_key(found: &Found, packing: Packing, keys: &(foldhash::quality::RandomState, foldhash::quality::RandomState)) -> Option<(u64, u64, u64)> {
    let file = BufReader::new(File::open(&found.path).ok()?);
    let mut content: Box<dyn Read> = match packing {
        Packing::None => Box::new(file),
        Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(file)),
        Packing::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(file).ok()?),
    };
    let mut hashers = (keys.0.build_hasher(), keys.1.build_hasher());
    let (mut size, mut piece) = (0, Vec::new());
    loop {
        piece.clear();
        // Pieces of one length, whatever the decoder gives at a time: the hash depends on where they are cut.
        (&mut content).take(PIECE).read_to_end(&mut piece).ok()?;
        size += piece.len() as u64;
        if size > UNPACKED {
            return None;
        }
        if piece.is_empty() {
            return Some((size, hashers.0.finish(), hashers.1.finish()));
        }
        hashers.0.write(&piece);
        hashers.1.write(&piece);
    }
}

/// Size and two keyed hashes of the content. The keys are drawn for each run, so nobody can prepare two
/// files of which one hides the other.
fn content_key(found: &Found, hasher: &(foldhash::quality::RandomState, foldhash::quality::RandomState)) -> Option<(u64, u64, u64)> {
    let mut content = Vec::new();
    File::open(&found.path).ok()?.take(COMPARED).read_to_end(&mut content).ok()?;
    Some((found.size, hasher.0.hash_one(&content), hasher.1.hash_one(&content)))
}

/// An IO error in the words of a report.
pub fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "it may not be read by this user".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(walk: &Walk, root: &Path) -> Vec<String> {
        walk.files.iter().map(|found| found.path.strip_prefix(root).unwrap_or(&found.path).display().to_string()).collect()
    }

    #[test]
    fn folders_are_walked_in_name_order_and_hidden_files_passed_over() {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in [("b.log", "2"), ("a/z.log", "1"), ("a/.hidden", "x"), (".git/config", "x"), ("c.log", "333")] {
            fs::create_dir_all(root.path().join(name).parent().unwrap()).unwrap();
            fs::write(root.path().join(name), text).unwrap();
        }
        let walk = walk(&[root.path().to_owned()]);
        assert_eq!(names(&walk, root.path()), ["a/z.log", "b.log", "c.log"]);
        assert!(walk.failed.is_empty() && walk.files.iter().all(|found| !found.is_named));
    }

    #[test]
    fn loops_of_links_end() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("in")).unwrap();
        fs::write(root.path().join("in/a.log"), "1").unwrap();
        std::os::unix::fs::symlink("..", root.path().join("in/up")).unwrap();
        std::os::unix::fs::symlink("self", root.path().join("self")).unwrap();
        std::os::unix::fs::symlink("nowhere", root.path().join("dangling")).unwrap();
        let walk = walk(&[root.path().to_owned()]);
        assert_eq!(names(&walk, root.path()), ["in/a.log"]);
    }

    #[test]
    fn the_same_file_is_found_once_under_all_its_names() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::write(at("one.log"), "same content").unwrap();
        fs::write(at("copy.log"), "same content").unwrap();
        fs::write(at("other.log"), "OTHER conten").unwrap();
        fs::hard_link(at("one.log"), at("hard.log")).unwrap();
        std::os::unix::fs::symlink("one.log", at("soft.log")).unwrap();
        let walk = walk(&["one.log", "one.log", "copy.log", "hard.log", "soft.log", "other.log"].map(at));
        assert_eq!(names(&walk, root.path()), ["one.log", "other.log"]);
        assert_eq!(walk.files[0].also, ["one.log", "hard.log", "soft.log", "copy.log"].map(at));
    }

    #[test]
    fn a_packed_copy_is_the_same_file() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        let text: String = (0..50_000).map(|line| format!("line {line}\n")).collect();
        let gzip = |text: &str| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
            encoder.finish().unwrap()
        };
        fs::write(at("flows.csv"), &text).unwrap();
        // Told by size, whatever the name; told by name where the size is not said.
        fs::write(at("other name.gz"), gzip(&text)).unwrap();
        fs::write(at("flows.csv.zst"), zstd::encode_all(text.as_bytes(), 1).unwrap()).unwrap();
        // Of the same size or name, with another content.
        fs::write(at("reversed.gz"), gzip(&text.chars().rev().collect::<String>())).unwrap();
        fs::create_dir(at("in")).unwrap();
        fs::write(at("in/flows.csv.gz"), gzip("x")).unwrap();
        let walk = walk(&["flows.csv", "other name.gz", "flows.csv.zst", "reversed.gz", "in/flows.csv.gz"].map(at));
        assert_eq!(names(&walk, root.path()), ["flows.csv", "reversed.gz", "in/flows.csv.gz"]);
        assert_eq!(walk.files[0].also, ["other name.gz", "flows.csv.zst"].map(at));
        assert!(walk.files[1].also.is_empty() && walk.files[2].also.is_empty());
    }

    #[test]
    fn what_is_not_there_is_named_with_its_reason() {
        let root = tempfile::tempdir().unwrap();
        let walk = walk(&[root.path().join("missing.evtx"), root.path().to_owned()]);
        assert_eq!(
            walk.failed,
            [(root.path().join("missing.evtx"), "there is no such file".to_owned()), (root.path().to_owned(), "it holds no files".to_owned())]
        );
    }
}
