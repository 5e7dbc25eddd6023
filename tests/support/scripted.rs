//! A server that answers what a test tells it to, and keeps what it was asked.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// One answer: status line, headers, body.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: &'static str,
    pub headers: &'static str,
    pub body: String,
}

impl Reply {
    /// An answer in JSON.
    pub fn json(status: &'static str, body: impl Into<String>) -> Self {
        Self { status, headers: "Content-Type: application/json\r\n", body: body.into() }
    }
}

/// A running server.
pub struct Scripted {
    pub url: String,
    /// Every request as it came.
    pub asked: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    /// Requests so far whose first line holds `text`.
    pub fn asked_for(&self, text: &str) -> Vec<String> {
        let asked = self.asked.lock().expect("no test panicked inside");
        asked.iter().filter(|request| request.lines().next().is_some_and(|line| line.contains(text))).cloned().collect()
    }

    /// Starts a server that answers each request by `answer` (request, how many came before it).
    pub async fn start(answer: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (Arc::clone(&asked), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                tokio::spawn(async move {
                    let mut bytes = Vec::new();
                    let mut buffer = [0; 8192];
                    while !is_whole(&bytes) {
                        match stream.read(&mut buffer).await {
                            Ok(read) if read > 0 => bytes.extend_from_slice(&buffer[..read]),
                            _ => return,
                        }
                    }
                    let request = String::from_utf8_lossy(&bytes).into_owned();
                    let before = {
                        let mut kept = kept.lock().expect("no test panicked inside");
                        kept.push(request.clone());
                        kept.len() - 1
                    };
                    let reply = answer(&request, before);
                    let text = format!(
                        "HTTP/1.1 {}\r\n{}Content-Length: {}\r\nConnection: close\r\n\r\n{}",
                        reply.status,
                        reply.headers,
                        reply.body.len(),
                        reply.body
                    );
                    let _ = stream.write_all(text.as_bytes()).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self { url, asked }
    }
}

/// Whether head and body of a request are there.
fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").and_then(|length| length.trim().parse().ok())).unwrap_or(0);
    body.len() >= length
}
