//! A server that breaks as told, byte by byte.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What becomes of one request.
#[derive(Clone, Debug)]
pub enum Fate {
    /// An answer in JSON with this status line.
    Answer(&'static str, String),
    /// These bytes and then the end, whatever they promised.
    Cut(String),
}

/// A running server.
pub struct Faulty {
    pub url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Faulty {
    /// Deals with each request as `fate` says (request, how many came before it).
    pub async fn start(fate: impl Fn(&str, usize) -> Fate + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, fate) = (Arc::clone(&asked), Arc::new(fate));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (kept, fate) = (Arc::clone(&kept), Arc::clone(&fate));
                tokio::spawn(async move {
                    let Some(request) = request(&mut stream).await else { return };
                    let before = {
                        let mut kept = kept.lock().expect("no test panicked inside");
                        kept.push(request.clone());
                        kept.len() - 1
                    };
                    let text = match fate(&request, before) {
                        Fate::Answer(status, body) => {
                            let head = "Content-Type: application/json\r\nRetry-After: 0\r\nConnection: close";
                            format!("HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
                        }
                        Fate::Cut(text) => text,
                    };
                    _ = stream.write_all(text.as_bytes()).await;
                    _ = stream.shutdown().await;
                });
            }
        });
        Self { url, asked }
    }

    /// The first lines of the requests so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no test panicked inside").iter().map(|request| request.lines().next().unwrap_or_default().to_owned()).collect()
    }

    /// The requests so far, whole.
    pub fn requests(&self) -> Vec<String> {
        self.asked.lock().expect("no test panicked inside").clone()
    }
}

async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").and_then(|length| length.trim().parse().ok()));
            if body.len() >= length.unwrap_or(0) {
                return Some(text.into_owned());
            }
        }
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => bytes.extend_from_slice(&buffer[..read]),
            _ => return None,
        }
    }
}
