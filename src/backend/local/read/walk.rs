//! From the paths on the command line to files: folders walked in name order, each file once.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, Metadata};
use std::hash::BuildHasher as _;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Files up to this size are compared by content as well: 64 MiB.
const COMPARED: u64 = 64 << 20;

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
    fn what_is_not_there_is_named_with_its_reason() {
        let root = tempfile::tempdir().unwrap();
        let walk = walk(&[root.path().join("missing.evtx"), root.path().to_owned()]);
        assert_eq!(
            walk.failed,
            [(root.path().join("missing.evtx"), "there is no such file".to_owned()), (root.path().to_owned(), "it holds no files".to_owned())]
        );
    }
}
