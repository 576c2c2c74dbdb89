//! Where a service is, and how to talk to it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::LlmError;
use crate::http::{Connection, SharedConnection};
use crate::key::{ApiKey, KeySource};

/// Where a service is, and how to talk to it.
///
/// Clones share their connections, so all workers of a pool do, and all pools that are given clones
/// of one endpoint. It may be sent to other processes; the key does not go along, each process reads
/// it from its own environment.
///
/// # Default
///
/// Two minutes for a whole answer, one minute between two tokens of a stream, ten seconds to connect,
/// answers up to 128 MiB, and the proxy that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`,
/// `NO_PROXY`), except to loopback addresses. Redirects are not followed: they would carry the key to
/// somebody else.
///
/// ```
/// use concurry_llm::Endpoint;
/// use std::time::Duration;
///
/// let local = Endpoint::at("http://localhost:8000/v1").timeout(Duration::from_secs(600));
/// let openai = Endpoint::openai().organisation("org-1").key_from("TEAM_OPENAI_KEY");
/// assert!(format!("{openai:?}").contains("TEAM_OPENAI_KEY")); // the name, never the key
/// # drop(local);
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[must_use = "an endpoint does nothing until a client is started with it"]
pub struct Endpoint {
    pub(crate) base_url: String,
    pub(crate) protocol: Protocol,
    pub(crate) key: KeySource,
    pub(crate) key_header: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) max_answer: u64,
    pub(crate) proxy: Proxying,
    /// Filled by the first worker. Another process fills its own.
    #[serde(skip)]
    pub(crate) shared: SharedConnection,
}

/// Which bodies go over the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Protocol {
    OpenAi,
    Cohere,
}

/// Through which proxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Proxying {
    Environment,
    Never,
    Through(String),
}

impl Endpoint {
    /// An OpenAI-compatible service at a base URL such as `https://api.openai.com/v1`. A query in it
    /// is kept in every request. Without a key, unless one is set.
    pub fn at(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            protocol: Protocol::OpenAi,
            key: KeySource::None,
            key_header: None,
            headers: Vec::new(),
            timeout: Duration::from_secs(120),
            idle_timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            max_answer: 128 << 20,
            proxy: Proxying::Environment,
            shared: SharedConnection::default(),
        }
    }

    /// OpenAI itself, with the key in `OPENAI_API_KEY`.
    pub fn openai() -> Self {
        Self::at("https://api.openai.com/v1").key_from("OPENAI_API_KEY")
    }

    /// Cohere, with the key in `CO_API_KEY`: for completions (`generate`) and embeddings (`embed`).
    pub fn cohere() -> Self {
        Self::cohere_at("https://api.cohere.com/v1").key_from("CO_API_KEY")
    }

    /// A service that speaks Cohere's `generate` and `embed`.
    pub fn cohere_at(base_url: impl Into<String>) -> Self {
        Self { protocol: Protocol::Cohere, ..Self::at(base_url) }
    }

    /// Reads the key from this environment variable when a worker is built, and fails if it is unset.
    pub fn key_from(mut self, variable: impl Into<String>) -> Self {
        self.key = KeySource::Variable(variable.into());
        self
    }

    /// Reads the key from this environment variable if it is set.
    pub fn optional_key_from(mut self, variable: impl Into<String>) -> Self {
        self.key = KeySource::OptionalVariable(variable.into());
        self
    }

    /// Uses this key. Such an endpoint can't be sent to another process.
    pub fn key(mut self, key: ApiKey) -> Self {
        self.key = KeySource::Given(key);
        self
    }

    /// The header that carries the key, such as `api-key`. Unless set, it is `Authorization` with a
    /// bearer token.
    pub fn key_header(mut self, name: impl Into<String>) -> Self {
        self.key_header = Some(name.into());
        self
    }

    /// The organisation that is billed (header `OpenAI-Organization`).
    pub fn organisation(self, id: impl Into<String>) -> Self {
        self.header("OpenAI-Organization", id)
    }

    /// A header of every request. Its value is not printed, but serialised: it is no place for keys.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Bounds a request with its whole answer; of a stream, until its first token.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Bounds the wait between two tokens of a stream.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Bounds how long a new connection takes.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The largest answer that is read, in bytes; of a stream, the largest event.
    pub fn max_answer(mut self, bytes: u64) -> Self {
        self.max_answer = bytes;
        self
    }

    /// Goes through this proxy, such as `http://proxy:8080`. Credentials for a proxy belong in the
    /// environment variable `HTTPS_PROXY`.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Proxying::Through(url.into());
        self
    }

    /// Goes through no proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.proxy = Proxying::Never;
        self
    }

    /// The connections to it, made by whoever comes first.
    pub(crate) fn connect(&self) -> Result<Connection, LlmError> {
        self.shared.get_or_open(self)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A base URL with credentials is refused when it is used, but may be printed before.
        let shown = match self.base_url.rsplit_once('@') {
            Some((_, host)) => format!("(hidden)@{host}"),
            None => self.base_url.clone(),
        };
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Endpoint")
            .field("base_url", &shown)
            .field("protocol", &self.protocol)
            .field("key", &self.key)
            .field("headers", &headers)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
