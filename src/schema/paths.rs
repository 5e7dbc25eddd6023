//! Every path that any schema names, as one tree, so that a document is walked once whoever it belongs to.

/// Number of a path.
pub type Slot = u16;

/// Where the tree begins.
pub const ROOT: u32 = 0;

/// The keys of one node, found by [`sign`]: most keys of a document are not among them, and a table mostly empty tells at once.
#[derive(Debug, Default)]
struct Children {
    /// Places of the entries, counted from 1, by the highest bits of their sign; 0 is free. A power of two long.
    table: Vec<u16>,
    entries: Vec<(u64, Box<str>, u32)>,
}

/// A number that tells keys apart nearly always: the first and the last eight bytes, and the length.
fn sign(key: &str) -> u64 {
    let bytes = key.as_bytes();
    let (first, last) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => (bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)), 0),
    };
    let mixed = (first ^ last.rotate_left(29) ^ bytes.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^ (mixed << 32)
}

impl Children {
    fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn get(&self, key: &str) -> Option<u32> {
        let sign = sign(key);
        let mut at = self.start(sign)?;
        // At least three quarters of the table are free, so this ends.
        loop {
            let entry = usize::from(*self.table.get(at)?).checked_sub(1)?;
            let (known, name, child) = self.entries.get(entry)?;
            if *known == sign && **name == *key {
                return Some(*child);
            }
            at = (at + 1) & (self.table.len() - 1);
        }
    }

    fn start(&self, sign: u64) -> Option<usize> {
        let bits = self.table.len().checked_ilog2()?;
        usize::try_from(sign.checked_shr(64 - bits)?).ok()
    }

    fn insert(&mut self, key: &str, child: u32) {
        self.entries.push((sign(key), key.into(), child));
        let size = (4 * self.entries.len()).next_power_of_two();
        self.table = vec![0; size];
        for (place, (sign, ..)) in self.entries.iter().enumerate() {
            let mut at = self.start(*sign).unwrap_or_default();
            while self.table.get(at).is_some_and(|taken| *taken != 0) {
                at = (at + 1) & (size - 1);
            }
            if let Some(free) = self.table.get_mut(at) {
                *free = u16::try_from(place + 1).unwrap_or_default();
            }
        }
    }
}

#[derive(Debug, Default)]
struct Node {
    children: Children,
    slot: Option<Slot>,
    is_long: bool,
    /// The parent, where this is a list of name and value pairs that belong to the parent.
    pairs_of: Option<u32>,
}

/// The tree of paths. A dotted key and nested objects are the same path.
#[derive(Debug)]
pub struct Paths {
    nodes: Vec<Node>,
    names: Vec<String>,
}

impl Default for Paths {
    fn default() -> Self {
        let mut root = Node::default();
        // An exported hit: what `_source` holds is the document.
        root.children.insert("_source", ROOT);
        Self { nodes: vec![root], names: Vec::new() }
    }
}

impl Paths {
    /// The slot of `path`, made if it is new.
    pub fn slot(&mut self, path: &str) -> Slot {
        let node = self.node(path);
        let next = Slot::try_from(self.names.len()).unwrap_or(Slot::MAX);
        let Some(node) = self.nodes.get_mut(node as usize) else { return next };
        if let Some(slot) = node.slot {
            return slot;
        }
        node.slot = Some(next);
        self.names.push(path.to_owned());
        next
    }

    /// Says that the value at `path` is long and rarely needed.
    pub fn mark_long(&mut self, path: &str) {
        let node = self.node(path);
        if let Some(node) = self.nodes.get_mut(node as usize) {
            node.is_long = true;
        }
    }

    /// Says that `path` holds a list of name and value pairs that are fields of its parent.
    pub fn mark_pairs(&mut self, path: &str) {
        let parent = path.rsplit_once('.').map_or(ROOT, |(parent, _)| self.node(parent));
        let node = self.node(path);
        if let Some(node) = self.nodes.get_mut(node as usize) {
            node.pairs_of = Some(parent);
        }
    }

    fn node(&mut self, path: &str) -> u32 {
        let mut at = ROOT;
        for key in path.split('.') {
            let next = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
            let Some(node) = self.nodes.get_mut(at as usize) else { return at };
            match node.children.get(key) {
                Some(child) => at = child,
                None => {
                    node.children.insert(key, next);
                    self.nodes.push(Node::default());
                    at = next;
                }
            }
        }
        at
    }

    /// Where `key` leads from `node`; a key with dots leads as far as its parts do.
    pub fn step(&self, node: u32, key: &str) -> Option<u32> {
        let children = &self.nodes.get(node as usize)?.children;
        if children.is_empty() {
            return None;
        }
        if let Some(child) = children.get(key) {
            return Some(child);
        }
        if !key.contains('.') {
            return None;
        }
        key.split('.').try_fold(node, |at, part| self.nodes.get(at as usize)?.children.get(part))
    }

    /// The slot at `node`.
    pub fn slot_at(&self, node: u32) -> Option<Slot> {
        self.nodes.get(node as usize)?.slot
    }

    /// Whether the value at `node` is to be left undecoded.
    pub fn is_long(&self, node: u32) -> bool {
        self.nodes.get(node as usize).is_some_and(|node| node.is_long)
    }

    /// The node to whose fields the pairs in the list at `node` belong.
    pub fn pairs_of(&self, node: u32) -> Option<u32> {
        self.nodes.get(node as usize)?.pairs_of
    }

    /// The slot of a path as written, without making one.
    pub fn find(&self, path: &str) -> Option<Slot> {
        self.slot_at(self.step(ROOT, path)?)
    }

    /// How many slots there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_and_nested_keys_are_one_path() {
        let mut paths = Paths::default();
        let slot = paths.slot("winlog.event_data.IpAddress");
        assert_eq!(paths.slot("winlog.event_data.IpAddress"), slot);
        let winlog = paths.step(ROOT, "winlog").expect("nested");
        let nested = paths.step(winlog, "event_data").and_then(|node| paths.step(node, "IpAddress")).expect("nested");
        let dotted = paths.step(ROOT, "winlog.event_data.IpAddress").expect("dotted");
        let mixed = paths.step(winlog, "event_data.IpAddress").expect("mixed");
        assert_eq!([nested, dotted, mixed].map(|node| paths.slot_at(node)), [Some(slot); 3]);
        assert_eq!(paths.step(ROOT, "winlog.other"), None);
        assert_eq!(paths.step(ROOT, "_source"), Some(ROOT));
    }
}
