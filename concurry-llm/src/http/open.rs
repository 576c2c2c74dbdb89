//! Making the connections of an endpoint, once.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Proxy, Url, redirect};
use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls_platform_verifier::BuilderVerifierExt;

use super::Connection;
use crate::endpoint::{Endpoint, Proxying};
use crate::key::ApiKey;
use crate::{LlmError, http};

const URL_REMEDY: &str = "write it like https://api.openai.com/v1";

/// The connections of an endpoint and its clones, once somebody has made them.
#[derive(Clone, Default)]
pub(crate) struct SharedConnection(Arc<OnceLock<Connection>>);

impl SharedConnection {
    pub(crate) fn get_or_open(&self, endpoint: &Endpoint) -> Result<Connection, LlmError> {
        if let Some(connection) = self.0.get() {
            return Ok(connection.clone());
        }
        // Two that come at once both open; one of the two is used.
        let opened = open(endpoint)?;
        Ok(self.0.get_or_init(|| opened).clone())
    }
}

impl fmt::Debug for SharedConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedConnection").finish_non_exhaustive()
    }
}

fn open(endpoint: &Endpoint) -> Result<Connection, LlmError> {
    let base = base_url(&endpoint.base_url)?;
    for (option, value) in [
        ("timeout", endpoint.timeout),
        ("idle_timeout", endpoint.idle_timeout),
        ("connect_timeout", endpoint.connect_timeout),
    ] {
        if value.is_zero() {
            return Err(LlmError::endpoint(option, "it is zero", "give it some time"));
        }
    }
    let key = endpoint.key.read()?;
    let mut builder = Client::builder()
        .user_agent(concat!("concurry/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers(endpoint, key.as_ref())?)
        .connect_timeout(endpoint.connect_timeout)
        .tcp_keepalive(Duration::from_secs(60))
        .redirect(redirect::Policy::none())
        .tls_backend_preconfigured(tls()?);
    match &endpoint.proxy {
        Proxying::Never => builder = builder.no_proxy(),
        // A proxy's loopback is another one.
        Proxying::Environment if is_loopback(&base) => builder = builder.no_proxy(),
        Proxying::Environment => {}
        Proxying::Through(url) => builder = builder.proxy(proxy(url)?),
    }
    let http = builder.build().map_err(|error| {
        LlmError::endpoint("base_url", http::from_reqwest(error, 0), "see what the system lacks")
    })?;
    Ok(Connection {
        http,
        base,
        key,
        protocol: endpoint.protocol,
        timeout: endpoint.timeout,
        idle_timeout: endpoint.idle_timeout,
        max_answer: endpoint.max_answer,
    })
}

fn base_url(text: &str) -> Result<Url, LlmError> {
    let wrong = |problem: String| LlmError::endpoint("base_url", problem, URL_REMEDY);
    // What does not parse is not repeated: it may hold credentials.
    let url = Url::parse(text).map_err(|error| wrong(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong(format!("it begins with `{}:`, not with http or https", url.scheme())));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(LlmError::endpoint("base_url", "it holds credentials", "use `key_from`"));
    }
    Ok(url)
}

fn proxy(text: &str) -> Result<Proxy, LlmError> {
    let wrong = |problem: &dyn fmt::Display| {
        LlmError::endpoint("proxy", problem, "write it like http://proxy:8080")
    };
    let url = Url::parse(text).map_err(|error| wrong(&error))?;
    if !url.username().is_empty() || url.password().is_some() {
        let remedy = "set the variable HTTPS_PROXY, which is never printed or serialised";
        return Err(LlmError::endpoint("proxy", "it holds credentials", remedy));
    }
    Proxy::all(url).map_err(|error| wrong(&error.without_url()))
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse();
    host == "localhost" || address.is_ok_and(|address: IpAddr| address.is_loopback())
}

fn headers(endpoint: &Endpoint, key: Option<&ApiKey>) -> Result<HeaderMap, LlmError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in &endpoint.headers {
        headers.insert(header_name("header", name)?, header_value("header", name, value)?);
    }
    let Some(key) = key else { return Ok(headers) };
    let (name, value) = match &endpoint.key_header {
        Some(name) => (header_name("key_header", name)?, key.expose().to_owned()),
        None => (AUTHORIZATION, format!("Bearer {}", key.expose())),
    };
    let mut value = header_value("key", name.as_str(), &value)?;
    value.set_sensitive(true); // whoever prints the client prints no key
    headers.insert(name, value);
    Ok(headers)
}

fn header_name(option: &str, name: &str) -> Result<HeaderName, LlmError> {
    name.parse().map_err(|_| {
        let problem = format!("`{name}` can't be the name of a header");
        LlmError::endpoint(option, problem, "use letters, digits and hyphens")
    })
}

fn header_value(option: &str, name: &str, value: &str) -> Result<HeaderValue, LlmError> {
    value.parse().map_err(|_| {
        let problem = format!("the value for `{name}` has characters that no header may have");
        LlmError::endpoint(option, problem, "look for line breaks in it")
    })
}

/// TLS with the certificates that the system trusts, by the provider that the program has chosen, or
/// else by `ring`. The program's choice is left to it: nothing is installed.
fn tls() -> Result<ClientConfig, LlmError> {
    let provider = CryptoProvider::get_default().cloned();
    let provider = provider.unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()));
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map(|builder| builder.with_no_client_auth())
        .map_err(|error| LlmError::endpoint("base_url", error, "see what the system's TLS lacks"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(endpoint: Endpoint) -> String {
        endpoint.connect().map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn what_can_not_be_an_endpoint_is_refused_by_name() {
        let second = Duration::from_secs(1);
        for (endpoint, part) in [
            (Endpoint::at("api.openai.com/v1"), "`base_url`"),
            (Endpoint::at("ftp://example.org"), "not with http"),
            (Endpoint::at("http://localhost").timeout(Duration::ZERO), "`timeout`"),
            (Endpoint::at("http://localhost").header("a b", "c"), "`a b`"),
            (Endpoint::at("http://localhost").header("a", "b\nc"), "`a`"),
            (Endpoint::at("http://localhost").proxy("nothing"), "`proxy`"),
            (
                Endpoint::at("http://localhost").timeout(second).key_from("NO_SUCH_KEY"),
                "NO_SUCH_KEY",
            ),
        ] {
            let error = refusal(endpoint);
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn credentials_in_urls_are_refused_and_not_repeated() {
        let endpoint = Endpoint::at("https://user:secret@example.org/v1");
        assert!(!format!("{endpoint:?}").contains("secret"));
        let base = refusal(endpoint);
        let proxy = refusal(Endpoint::at("http://localhost").proxy("http://me:secret@proxy:1"));
        for error in [base, proxy] {
            assert!(error.contains("credentials") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn the_key_is_in_no_printed_form() {
        let key = "sk-0123456789";
        let endpoint = Endpoint::at("http://localhost:1/v1").key(ApiKey::new(key));
        let connection = endpoint.connect().unwrap();
        for shown in
            [format!("{endpoint:?}"), format!("{connection:?}"), format!("{:?}", connection.http)]
        {
            assert!(!shown.contains("0123"), "{shown}");
        }
    }

    #[test]
    fn clones_share_their_connections() {
        let endpoint = Endpoint::at("http://localhost:1/v1");
        endpoint.clone().connect().unwrap();
        assert!(endpoint.shared.0.get().is_some());
    }
}
