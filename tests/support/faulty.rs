//! A server that breaks as told, byte by byte.

use std::net::SocketAddr;
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
    /// These bytes, then this again and again until the other side leaves.
    Forever(String, &'static [u8]),
    /// These bytes and then nothing more, while the connection stays.
    Stall(String),
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
                        Fate::Forever(text, more) => {
                            _ = stream.write_all(text.as_bytes()).await;
                            while stream.write_all(more).await.is_ok() {}
                            return;
                        }
                        Fate::Stall(text) => {
                            _ = stream.write_all(text.as_bytes()).await;
                            // Until the other side leaves.
                            _ = stream.read(&mut [0; 1]).await;
                            return;
                        }
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

/// A line to a server that can be cut and mended.
pub struct Line {
    /// Where it begins.
    pub address: SocketAddr,
    server: SocketAddr,
    carrier: tokio::task::JoinHandle<()>,
}

impl Line {
    /// A line to this server.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        Self { address, server, carrier: carry(listener, server) }
    }

    /// Ends every connection and takes no more.
    pub async fn cut(&mut self) {
        self.carrier.abort();
        _ = (&mut self.carrier).await;
    }

    /// Takes connections again, at the same place.
    pub async fn mend(&mut self) {
        self.carrier = carry(TcpListener::bind(self.address).await.expect("the port is free again"), self.server);
    }
}

/// Carries connections until it is ended, and they with it.
fn carry(listener: TcpListener, server: SocketAddr) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((mut here, _)) = listener.accept().await {
            connections.spawn(async move {
                if let Ok(mut there) = TcpStream::connect(server).await {
                    _ = tokio::io::copy_bidirectional(&mut here, &mut there).await;
                }
            });
        }
    })
}
