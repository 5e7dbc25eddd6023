//! The nodes of a cluster in the order in which they are tried: one is asked until it fails, then the next. The client
//! library's own pools ask dead nodes in turn with the living.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use elasticsearch::http::Url;
use elasticsearch::http::transport::Connection;

/// The nodes, and which of them is asked.
#[derive(Clone, Debug)]
pub(super) struct Nodes {
    connections: Arc<[Connection]>,
    current: Arc<AtomicUsize>,
}

impl Nodes {
    /// The first is asked first. There must be one.
    pub(super) fn new(urls: &[Url]) -> Self {
        Self { connections: urls.iter().cloned().map(Connection::new).collect(), current: Arc::default() }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.connections.len()
    }

    /// The node that is asked.
    pub(super) fn current(&self) -> Arc<Url> {
        let place = self.current.load(Ordering::Relaxed);
        let node = self.connections.get(place).or_else(|| self.connections.first()).expect("a connection names at least one URL, which is checked");
        node.url()
    }

    /// Leaves a node that failed for the next, unless somebody has done so already.
    pub(super) fn leave(&self, failed: &Url) {
        let place = self.current.load(Ordering::Relaxed);
        if self.current().origin() == failed.origin() {
            let next = (place + 1) % self.connections.len().max(1);
            let _ = self.current.compare_exchange(place, next, Ordering::Relaxed, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_asked_until_it_fails() {
        let urls: Vec<Url> = ["https://a.example:9200/es", "https://b.example:9200", "https://c.example:9200"].map(|url| url.parse().unwrap()).to_vec();
        let nodes = Nodes::new(&urls);
        let host = || nodes.current().host_str().unwrap().to_owned();
        assert_eq!((host().as_str(), nodes.len()), ("a.example", 3));
        let shared = nodes.clone();
        nodes.leave(&"https://a.example:9200/es/_search".parse().unwrap());
        assert_eq!((host().as_str(), shared.current().host_str()), ("b.example", Some("b.example")));
        nodes.leave(&"https://a.example:9200/".parse().unwrap());
        assert_eq!(host(), "b.example", "a second request that failed on the same node changes nothing");
        nodes.leave(&urls[1]);
        nodes.leave(&urls[2]);
        assert_eq!(host(), "a.example");
    }
}
