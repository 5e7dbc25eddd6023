//! Cloud ids: a name, and behind it in base64 the domain and the id of the cluster in it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::ConfigError;

/// The port where neither domain nor id names one.
const PORT: &str = "443";

/// The URL that a cloud id stands for.
///
/// # Errors
/// Where it is no cloud id. It is not repeated, since an API key looks much like one.
pub fn url(cloud_id: &str) -> Result<String, ConfigError> {
    let wrong = |why: &str| ConfigError {
        what: format!("the cloud id is none ({why})"),
        advice: Some("copy it whole from the deployment's page, or give the cluster's address as a URL".to_owned()),
    };
    let encoded = cloud_id.trim().rsplit(':').next().unwrap_or_default();
    let bytes = STANDARD.decode(encoded).or_else(|_| STANDARD_NO_PAD.decode(encoded)).map_err(|_| wrong("it does not end with base64"))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("it holds no text"))?;
    let mut parts = text.split('$');
    let (domain, id) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let (domain, port) = domain.split_once(':').unwrap_or((domain, PORT));
    let (id, port) = id.split_once(':').unwrap_or((id, port));
    let is_name = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    if !is_name(domain) || !is_name(id) {
        return Err(wrong("it names no cluster"));
    }
    if port.parse::<u16>().is_err() {
        return Err(wrong("its port is none"));
    }
    Ok(format!("https://{id}.{domain}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str, text: &str) -> String {
        format!("{name}{}", STANDARD.encode(text))
    }

    #[test]
    fn a_cloud_id_becomes_an_address() {
        let table = [
            (id("lab:", "cloud.example$abc123$def456"), "https://abc123.cloud.example:443"),
            (id("a:b:", "cloud.example:9243$abc123$"), "https://abc123.cloud.example:9243"),
            (id("", "cloud.example$abc123:9244$def"), "https://abc123.cloud.example:9244"),
            (id("lab:", "cloud.example$abc123$def4567").trim_end_matches('=').to_owned(), "https://abc123.cloud.example:443"),
        ];
        for (cloud_id, expected) in table {
            assert_eq!(url(&cloud_id).unwrap(), expected, "{cloud_id}");
        }
    }

    #[test]
    fn what_is_none_is_refused_and_not_repeated() {
        for wrong in ["hunter2!", &id("lab:", "hunter2"), &id("lab:", "evil.example/hunter2$abc"), &id("lab:", "cloud.example:x$hunter2$")] {
            let error = url(wrong).unwrap_err();
            assert!(error.what.starts_with("the cloud id is none (") && !error.what.contains("hunter2"), "{error}");
        }
    }
}
