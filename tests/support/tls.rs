//! A server over TLS with certificates of our own making, which greets whoever gets through.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

/// An authority.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its key.
pub struct Identity {
    der: CertificateDer<'static>,
    pub pem: String,
    pub key: KeyPair,
}

/// What a certificate is like; in order by default.
#[derive(Default)]
pub struct Like {
    pub is_expired: bool,
    pub is_for_client: bool,
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = params(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority") }
    }

    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    pub fn der(&self) -> &[u8] {
        self.issuer.der()
    }

    /// A certificate for these host names and addresses.
    pub fn sign(&self, names: &[&str], like: &Like) -> Identity {
        let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).expect("names");
        params.distinguished_name.push(DnType::CommonName, "es1");
        if like.is_expired {
            (params.not_before, params.not_after) = (rcgen::date_time_ymd(2024, 1, 1), rcgen::date_time_ymd(2025, 1, 1));
        }
        if like.is_for_client {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        }
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        Identity { der: certificate.der().clone(), pem: certificate.pem(), key }
    }
}

impl Identity {
    /// Certificate and key as files, the key for its owner alone.
    pub fn write(&self, folder: &Path) -> (PathBuf, PathBuf) {
        let (cert, key) = (folder.join("own.pem"), folder.join("own.key"));
        std::fs::write(&cert, &self.pem).expect("written");
        super::private(&key, &self.key.serialize_pem());
        (cert, key)
    }
}

/// A running server.
pub struct Server {
    pub port: u16,
    /// The header of each request that got through.
    pub asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Shows `identity` and the authority, and wants a certificate of `client_authority` where one is given.
    pub fn start(identity: &Identity, authority: &Authority, client_authority: Option<&Authority>) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().expect("versions");
        let builder = match client_authority {
            Some(wanted) => {
                let mut roots = RootCertStore::empty();
                roots.add(wanted.issuer.der().clone()).expect("a root");
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().expect("a verifier");
                builder.with_client_cert_verifier(verifier)
            }
            None => builder.with_no_client_auth(),
        };
        let chain = vec![identity.der.clone(), authority.issuer.der().clone()];
        let key = PrivateKeyDer::try_from(identity.key.serialize_der()).expect("a key");
        let config = Arc::new(builder.with_single_cert(chain, key).expect("a certificate that fits its key"));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, kept) = (Arc::clone(&config), Arc::clone(&kept));
                std::thread::spawn(move || {
                    let Ok(connection) = ServerConnection::new(config) else { return };
                    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
                    let (mut head, mut line) = (String::new(), String::new());
                    while matches!(stream.read_line(&mut line), Ok(read) if read > 2) {
                        head.push_str(&std::mem::take(&mut line));
                    }
                    if head.is_empty() {
                        return;
                    }
                    kept.lock().expect("no test panicked inside").push(head);
                    let body = r#"{"cluster_name":"lab","version":{"number":"8.19.0"}}"#;
                    let reply =
                        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
                    let stream = stream.get_mut();
                    let _ = stream.write_all(reply.as_bytes());
                    stream.conn.send_close_notify();
                    let _ = stream.flush();
                });
            }
        });
        Self { port, asked }
    }
}
