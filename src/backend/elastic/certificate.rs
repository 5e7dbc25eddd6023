//! The certificates that a server shows, looked at without trusting any: to compare them with a fingerprint, and to say
//! what is wrong with them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};
use sha2::{Digest as _, Sha256};
use url::Url;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::connection::Connection;
use super::tls;
use crate::backend::BackendError;
use crate::domain::{Foreign, Timestamp};

/// Longest wait for a look at the certificates.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most names of a certificate that are told.
const NAMES: usize = 6;

/// A certificate as it was shown.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Shown {
    /// As it came.
    pub der: Vec<u8>,
    /// SHA-256 in lower-case hexadecimal.
    pub fingerprint: String,
    /// Whose it is, made inert.
    pub subject: String,
    /// Who signed it, made inert.
    pub issuer: String,
    /// Whether it names itself as its issuer.
    pub is_self_signed: bool,
    /// Whether it may sign others.
    pub is_authority: bool,
    /// First moment of its validity.
    pub from: Timestamp,
    /// Last moment of its validity.
    pub until: Timestamp,
    /// Host names and addresses it was made for, made inert.
    pub names: Vec<String>,
}

impl Shown {
    /// Reads a certificate; `None` where it is none.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let safe = |text: String| Foreign::from(text).safe().into_string();
        let moment = |time: x509_parser::time::ASN1Time| Timestamp::from_second(time.timestamp()).unwrap_or(Timestamp::MAX);
        let mut names: Vec<String> =
            certificate.subject_alternative_name().ok().flatten().map(|names| names.value.general_names.iter().filter_map(name).collect()).unwrap_or_default();
        names.sort();
        names.dedup();
        Some(Self {
            der: der.to_vec(),
            fingerprint: Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect(),
            subject: safe(certificate.subject().to_string()),
            issuer: safe(certificate.issuer().to_string()),
            is_self_signed: certificate.subject() == certificate.issuer(),
            is_authority: certificate.is_ca(),
            from: moment(certificate.validity().not_before),
            until: moment(certificate.validity().not_after),
            names: names.into_iter().map(safe).collect(),
        })
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|bytes| std::net::Ipv4Addr::from(bytes).to_string()),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| std::net::Ipv6Addr::from(bytes).to_string()),
        },
        _ => None,
    }
}

/// Shakes hands far enough to be shown the certificates, then leaves: no request is sent, and no secret.
///
/// # Errors
/// Where no certificate was shown.
pub(super) async fn shown(connection: &Connection, url: &Url) -> Result<Vec<Shown>, BackendError> {
    let place = super::client::place_of(url);
    let failed = |reason: &str| {
        BackendError::new(format!("the certificate of {place} could not be looked at ({reason})")).advise("check address and port, and that the cluster is up")
    };
    let witness = Arc::new(Witness { provider: Arc::new(ring::default_provider()), seen: Mutex::default() });
    let provider = Arc::clone(&witness.provider);
    let verifier: Arc<dyn ServerCertVerifier> = Arc::<Witness>::clone(&witness);
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|reason| failed(&reason.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    let builder = reqwest::Client::builder().use_preconfigured_tls(config).timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
    let client = tls::with_proxy(builder, connection)?.build().map_err(|reason| failed(&reason.to_string()))?;
    let outcome = client.get(url.clone()).send().await;
    let seen = witness.seen.lock().map(|seen| seen.clone()).unwrap_or_default();
    let shown: Vec<Shown> = seen.iter().filter_map(|der| Shown::read(der)).collect();
    match outcome {
        _ if !shown.is_empty() => Ok(shown),
        Err(reason) if reason.is_timeout() => Err(failed("no answer came in time")),
        Err(reason) if reason.is_connect() => Err(failed("no connection was made")),
        _ => Err(failed("none was shown")),
    }
}

/// Writes down what is shown and believes none of it.
#[derive(Debug)]
struct Witness {
    provider: Arc<CryptoProvider>,
    seen: Mutex<Vec<Vec<u8>>>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Ok(mut seen) = self.seen.lock() {
            *seen = std::iter::once(end_entity).chain(intermediates).map(|der| der.to_vec()).collect();
        }
        Err(rustls::Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// The verdict on a certificate, where that is why a request failed.
pub(super) fn verdict<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a CertificateError> {
    let mut cause = Some(error);
    while let Some(now) = cause {
        if let Some(rustls::Error::InvalidCertificate(verdict)) = now.downcast_ref() {
            return Some(verdict);
        }
        // An io::Error hides the error it carries from `source`.
        let carried = now.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = match carried {
            Some(carried) => Some(carried),
            None => now.source(),
        };
    }
    None
}

/// What is wrong with the certificates that `host` showed, and what helps. `own_ca` names the authority that was given.
pub(super) fn diagnosis(verdict: &CertificateError, shown: &[Shown], host: &str, own_ca: Option<&str>, now: Timestamp) -> (String, String) {
    let Some(leaf) = shown.first() else {
        return ("could not be verified".to_owned(), "check --ca-cert and the certificate of the cluster".to_owned());
    };
    match verdict {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            let expired = shown.iter().find(|certificate| certificate.until < now).unwrap_or(leaf);
            let whose = if expired == leaf { String::new() } else { format!(" (that of its authority {})", expired.subject) };
            (format!("expired on {}{whose}, and it is {} now", at(expired.until), at(now)), "have it renewed, or correct this machine's clock".to_owned())
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            let early = shown.iter().find(|certificate| certificate.from > now).unwrap_or(leaf);
            (format!("is valid from {} only, and it is {} now", at(early.from), at(now)), "correct this machine's clock".to_owned())
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            let names = match leaf.names.as_slice() {
                [] => format!("names no host at all (subject {})", leaf.subject),
                names if names.len() > NAMES => format!("was made for {} and {} more", names.get(..NAMES).unwrap_or(names).join(", "), names.len() - NAMES),
                names => format!("was made for {}", names.join(", ")),
            };
            (format!("{names}, and not for {host}"), "name the cluster by a host name or address that stands in its certificate".to_owned())
        }
        _ => {
            let last = shown.last().unwrap_or(leaf);
            let signer = match (leaf.is_self_signed, own_ca) {
                (true, None) => format!("is self-signed ({})", leaf.subject),
                (true, Some(own)) => format!("is self-signed ({}) and not one of {own}", leaf.subject),
                (false, None) => format!("was signed by {}, an authority this machine does not trust", last.issuer),
                (false, Some(own)) => format!("was signed by {}, which is neither an authority of {own} nor one this machine trusts", last.issuer),
            };
            let advice = match (own_ca, leaf.is_self_signed && leaf.is_authority) {
                (_, true) => "give the cluster a certificate signed by an authority; one that may sign others is not accepted for a server".to_owned(),
                (None, false) => format!(
                    "give the cluster's own CA with --ca-cert, or --ca-fingerprint if {} is what the cluster printed when it was set up",
                    last.fingerprint
                ),
                (Some(own), false) => format!("check that {own} holds the CA of this very cluster"),
            };
            (signer, advice)
        }
    }
}

fn at(moment: Timestamp) -> String {
    crate::domain::time::rfc3339(moment)
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};

    use super::*;

    fn params(names: &[&str], common: &str) -> CertificateParams {
        let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, common);
        params.not_before = date_time_ymd(2024, 1, 1);
        params.not_after = date_time_ymd(2025, 1, 1);
        params
    }

    fn chain() -> Vec<Shown> {
        let mut authority = params(&[], "Lab CA");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let leaf = params(&["es1.example", "10.0.0.5", "::1"], "es1\u{1b}[2J").signed_by(&KeyPair::generate().unwrap(), &authority).unwrap();
        [leaf.der(), authority.der()].map(|der| Shown::read(der).unwrap()).to_vec()
    }

    fn said(verdict: &CertificateError, shown: &[Shown], own_ca: Option<&str>) -> (String, String) {
        diagnosis(verdict, shown, "es.example", own_ca, "2025-06-01T00:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_certificate_is_read_and_made_inert() {
        let chain = chain();
        let leaf = &chain[0];
        assert_eq!((leaf.issuer.as_str(), leaf.is_self_signed, leaf.is_authority), ("CN=Lab CA", false, false));
        assert!(!leaf.subject.contains('\u{1b}'), "{}", leaf.subject);
        assert_eq!(leaf.names, ["10.0.0.5", "::1", "es1.example"]);
        assert_eq!((leaf.from.to_string(), leaf.until.to_string()), ("2024-01-01T00:00:00Z".to_owned(), "2025-01-01T00:00:00Z".to_owned()));
        assert_eq!((chain[1].is_self_signed, chain[1].is_authority, chain[1].fingerprint.len()), (true, true, 64));
        assert_eq!(Shown::read(b"nothing"), None);
    }

    #[test]
    fn trouble_names_the_cause_and_both_values() {
        let chain = chain();
        let (what, _) = said(&CertificateError::Expired, &chain, None);
        assert_eq!(what, "expired on 2025-01-01T00:00:00Z, and it is 2025-06-01T00:00:00Z now");
        let (what, _) = diagnosis(&CertificateError::NotValidYet, &chain, "es.example", None, "2023-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(what, "is valid from 2024-01-01T00:00:00Z only, and it is 2023-01-01T00:00:00Z now");
        let (what, _) = said(&CertificateError::NotValidForName, &chain, None);
        assert_eq!(what, "was made for 10.0.0.5, ::1, es1.example, and not for es.example");
        let (what, advice) = said(&CertificateError::UnknownIssuer, &chain, None);
        assert_eq!(what, "was signed by CN=Lab CA, an authority this machine does not trust");
        assert!(advice.contains("--ca-cert") && advice.contains(&chain[1].fingerprint), "{advice}");
        let (what, advice) = said(&CertificateError::UnknownIssuer, &chain, Some("/ca.pem"));
        assert_eq!(what, "was signed by CN=Lab CA, which is neither an authority of /ca.pem nor one this machine trusts");
        assert_eq!(advice, "check that /ca.pem holds the CA of this very cluster");
        let (what, advice) = said(&CertificateError::UnknownIssuer, &chain[1..], None);
        assert_eq!(what, "is self-signed (CN=Lab CA)");
        assert!(advice.contains("signed by an authority"), "{advice}");
    }
}
