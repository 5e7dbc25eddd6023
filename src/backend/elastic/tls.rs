//! How a connection is secured and led: authorities, client certificate, proxy, credentials. Nothing secret is kept where
//! a `Debug` could print it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use elasticsearch::http::headers::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::Certificate;
use url::Url;

use super::client::CONNECT;
use super::connection::{ClientCertificate, Connection, Credentials, Proxy};
use super::secret;
use crate::backend::BackendError;

/// A client that trusts the system's authorities, those of the connection's file, and `pinned`. It follows nobody elsewhere.
pub(super) fn client(connection: &Connection, place: &str, pinned: Option<&[u8]>) -> Result<reqwest::Client, BackendError> {
    let mut builder =
        reqwest::Client::builder().timeout(connection.patience).connect_timeout(CONNECT.min(connection.patience)).redirect(reqwest::redirect::Policy::none());
    if let Some(header) = authorization(&connection.credentials)? {
        builder = builder.default_headers(HeaderMap::from_iter([(AUTHORIZATION, header)]));
    }
    if let Some(own) = &connection.client_cert {
        let identity = reqwest::Identity::from_pem(&identity(own)?).map_err(|reason| unusable(own, &reason))?;
        builder = builder.identity(identity);
    }
    for authority in connection.ca_cert.as_deref().map(authority).transpose()?.unwrap_or_default() {
        builder = builder.add_root_certificate(authority);
    }
    if let Some(der) = pinned {
        let pinned = Certificate::from_der(der).map_err(|reason| BackendError::new(format!("the certificate of {place} could not be used ({reason})")))?;
        builder = builder.add_root_certificate(pinned);
    }
    with_proxy(builder, connection)?.build().map_err(|reason| match &connection.client_cert {
        Some(own) => unusable(own, &reason),
        None => BackendError::new(format!("the connection to {place} could not be prepared ({reason})")),
    })
}

/// What the client says of a certificate names the file's flaw, never its text.
fn unusable(own: &ClientCertificate, reason: &reqwest::Error) -> BackendError {
    BackendError::new(format!("the client certificate {} could not be used ({reason})", own.cert.display()))
        .advise("both it and its key must be in PEM form, the key unencrypted, and belong together")
}

/// The same way out for a look at certificates.
pub(super) fn with_proxy(builder: reqwest::ClientBuilder, connection: &Connection) -> Result<reqwest::ClientBuilder, BackendError> {
    Ok(match &connection.proxy {
        Proxy::OfSystem => builder,
        Proxy::Direct => builder.no_proxy(),
        Proxy::Through(url) => builder.proxy(reqwest::Proxy::all(proxy_url(url)?).map_err(|_| not_a_proxy())?),
    })
}

/// The address is not repeated: it may hold a password.
fn proxy_url(text: &str) -> Result<Url, BackendError> {
    Url::parse(text).ok().filter(|url| url.has_host() && matches!(url.scheme(), "http" | "https")).ok_or_else(not_a_proxy)
}

fn not_a_proxy() -> BackendError {
    BackendError::new("the address of the proxy is no URL of http or https").advise("write it as http://proxy:3128, or \"none\" for a direct connection")
}

/// The header that says who asks, marked so that it is not logged and not sent on to another host.
fn authorization(credentials: &Credentials) -> Result<Option<HeaderValue>, BackendError> {
    let text = match credentials {
        Credentials::None => return Ok(None),
        Credentials::ApiKey(key) if key.contains(':') => format!("ApiKey {}", BASE64.encode(key)),
        Credentials::ApiKey(key) => format!("ApiKey {key}"),
        Credentials::Basic { user, password } => format!("Basic {}", BASE64.encode(format!("{user}:{password}"))),
        Credentials::Bearer(token) => format!("Bearer {token}"),
    };
    let mut header = HeaderValue::from_str(&text)
        .map_err(|_| BackendError::new("the credentials hold characters that cannot be sent").advise("they should be one line of printable ASCII"))?;
    header.set_sensitive(true);
    Ok(Some(header))
}

/// Certificate and key in one text, as reqwest wants them.
fn identity(own: &ClientCertificate) -> Result<Vec<u8>, BackendError> {
    let mut pem = std::fs::read(&own.cert).map_err(|reason| {
        BackendError::new(format!("the client certificate {} could not be read ({reason})", own.cert.display()))
            .advise("check the path and that you may read it")
    })?;
    pem.push(b'\n');
    pem.extend(secret::from_file(&own.key, "client key")?.bytes());
    pem.push(b'\n');
    Ok(pem)
}

fn authority(path: &std::path::Path) -> Result<Vec<Certificate>, BackendError> {
    let failed = |reason: String| {
        BackendError::new(format!("the CA file {} could not be used ({reason})", path.display())).advise("it should hold one or more certificates in PEM form")
    };
    let pem = std::fs::read(path).map_err(|reason| failed(reason.to_string()))?;
    if !pem.windows(b"-----BEGIN CERTIFICATE-----".len()).any(|window| window == b"-----BEGIN CERTIFICATE-----") {
        return Err(failed("there is no certificate in it".to_owned()));
    }
    Certificate::from_pem_bundle(&pem).map_err(|reason| failed(reason.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_credentials_becomes_its_header_and_is_not_printed() {
        let basic = Credentials::Basic { user: "kim".to_owned(), password: "pass:word".to_owned() };
        let table = [
            (Credentials::ApiKey("Txy:key".to_owned()), "ApiKey VHh5OmtleQ=="),
            (Credentials::ApiKey("VHh5OmtleQ==".to_owned()), "ApiKey VHh5OmtleQ=="),
            (basic, "Basic a2ltOnBhc3M6d29yZA=="),
            (Credentials::Bearer("token".to_owned()), "Bearer token"),
        ];
        for (credentials, expected) in table {
            let header = authorization(&credentials).unwrap().unwrap();
            assert_eq!(header.as_bytes(), expected.as_bytes());
            assert!(!format!("{header:?}").contains(expected));
        }
        assert_eq!(authorization(&Credentials::None).unwrap(), None);
        let error = authorization(&Credentials::Bearer("hunter2\nx".to_owned())).unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn a_client_does_not_print_its_secrets() {
        let mut connection = Connection::to(vec!["https://es.example".to_owned()]);
        connection.credentials = Credentials::Basic { user: "kim".to_owned(), password: "hunter2".to_owned() };
        let printed = format!("{:?}", client(&connection, "es.example", None).unwrap());
        assert!(!printed.contains("hunter2") && !printed.contains(&BASE64.encode("kim:hunter2")), "{printed}");
    }

    #[test]
    fn a_proxy_is_an_address_and_what_is_none_is_not_repeated() {
        assert!(proxy_url("http://proxy.example:3128").is_ok());
        for wrong in ["proxy.example:3128", "socks5://proxy.example", "kim:hunter2@proxy"] {
            assert!(!format!("{:?}", proxy_url(wrong).unwrap_err()).contains("hunter2"), "{wrong}");
        }
    }

    #[test]
    fn files_that_are_no_certificates_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, "hello").unwrap();
        assert!(authority(&path).err().unwrap().what.ends_with("ca.pem could not be used (there is no certificate in it)"));
        let own = ClientCertificate { cert: folder.path().join("missing.pem"), key: path };
        assert!(identity(&own).unwrap_err().what.contains("missing.pem could not be read"));
    }
}
