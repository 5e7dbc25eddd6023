//! A certificate of the cluster known by its SHA-256, as Elasticsearch prints it when it is set up: the one that fits
//! becomes an authority to trust.

use super::certificate::{self, Shown};
use super::connection::Connection;
use crate::backend::BackendError;
use crate::domain::Foreign;

/// Hexadecimal digits of a SHA-256.
const DIGITS: usize = 64;

/// A fingerprint as people have it: any case, with colons or blanks, or as openssl prints it.
///
/// # Errors
/// Where it is no SHA-256.
pub(super) fn read(text: &str) -> Result<String, BackendError> {
    let hex = text.rsplit('=').next().unwrap_or(text);
    let hex: String = hex.chars().filter(|character| !matches!(character, ':' | ' ' | '-')).collect::<String>().trim().to_ascii_lowercase();
    if hex.len() == DIGITS && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(hex);
    }
    Err(BackendError::new(format!(
        "the fingerprint {} is no SHA-256: it has {} characters instead of {DIGITS}",
        Foreign::from(text).safe(),
        hex.chars().count()
    ))
    .advise("take the one that Elasticsearch printed when it was set up, or run: openssl x509 -fingerprint -sha256 -noout -in http_ca.crt"))
}

/// The certificate that bears the fingerprint, out of those that the first node that can be reached shows.
///
/// # Errors
/// Where no node can be reached, or none of its certificates bears the fingerprint.
pub(super) async fn find(connection: &Connection, wanted: &str) -> Result<Vec<u8>, BackendError> {
    let wanted = read(wanted)?;
    let mut unreachable = None;
    for url in connection.checked_urls()? {
        if url.scheme() != "https" {
            return Err(BackendError::new(format!("the fingerprint could not be compared: {} shows no certificate over http", super::client::place_of(&url)))
                .advise("write the address with https://"));
        }
        match certificate::shown(connection, &url).await {
            Ok(shown) => return fitting(&shown, &wanted, &super::client::place_of(&url)),
            Err(error) => unreachable = Some(error),
        }
    }
    Err(unreachable.unwrap_or_else(|| BackendError::new("no cluster was named")))
}

fn fitting(shown: &[Shown], wanted: &str, place: &str) -> Result<Vec<u8>, BackendError> {
    let Some(found) = shown.iter().find(|certificate| certificate.fingerprint == wanted) else {
        let seen: Vec<String> = shown.iter().map(|certificate| format!("{} ({})", certificate.fingerprint, certificate.subject)).collect();
        return Err(BackendError::new(format!("the certificates of {place} do not bear the fingerprint {wanted} but {}", seen.join(" and ")))
            .advise("compare with what the cluster printed when it was set up; if it was not set up anew, somebody may stand between you and it"));
    };
    // Only what signs may be trusted, and what signs may not be a server's own at once.
    let signs = found.is_authority && shown.first() != Some(found) || found.is_self_signed && !found.is_authority;
    if !signs {
        return Err(BackendError::new(format!("the fingerprint {wanted} is that of the certificate of {place} itself, not of an authority that signed it"))
            .advise("give the fingerprint of the CA, or the CA itself with --ca-cert"));
    }
    Ok(found.der.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    #[test]
    fn a_fingerprint_is_read_in_every_spelling() {
        let colons: String = HEX.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap().to_uppercase()).collect::<Vec<_>>().join(":");
        for text in [HEX.to_owned(), colons.clone(), format!("sha256 Fingerprint={colons}\n"), format!(" {HEX} ")] {
            assert_eq!(read(&text).unwrap(), HEX, "{text}");
        }
        assert!(read("ab:cd").unwrap_err().what.ends_with("is no SHA-256: it has 4 characters instead of 64"));
        assert!(read(&HEX.replace('0', "g")).is_err());
    }

    fn shown(fingerprint: &str, subject: &str, is_self_signed: bool, is_authority: bool) -> Shown {
        Shown {
            der: vec![1],
            fingerprint: fingerprint.to_owned(),
            subject: subject.to_owned(),
            issuer: "CN=CA".to_owned(),
            is_self_signed,
            is_authority,
            from: crate::domain::Timestamp::MIN,
            until: crate::domain::Timestamp::MAX,
            names: Vec::new(),
        }
    }

    #[test]
    fn a_wrong_fingerprint_names_both_values() {
        let chain = [shown("aa", "CN=es1", false, false), shown("bb", "CN=CA", true, true)];
        let error = fitting(&chain, HEX, "es.example:9200").unwrap_err();
        assert_eq!(error.what, format!("the certificates of es.example:9200 do not bear the fingerprint {HEX} but aa (CN=es1) and bb (CN=CA)"));
        assert_eq!(fitting(&chain, "bb", "es.example:9200").unwrap(), [1]);
        let error = fitting(&chain, "aa", "es.example:9200").unwrap_err();
        assert_eq!(error.what, "the fingerprint aa is that of the certificate of es.example:9200 itself, not of an authority that signed it");
        assert_eq!(fitting(&[shown("cc", "CN=self", true, false)], "cc", "es.example:9200").unwrap(), [1]);
    }
}
