//! The HTTP transport: one pooled client, with its own retries and redirects disabled.

pub(crate) mod plan;
mod proxy;
pub(crate) mod request_body;
pub(crate) mod tls;

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use http::{HeaderValue, Method, header};

use crate::{
    config::{defaults, problems::Problems},
    endpoint::Endpoint,
    error::{
        Error,
        cause::Cause,
        spelling::{duration, spell},
    },
};
use plan::Outgoing;
use proxy::Proxy;
use request_body::{RequestBody, Written};
use tls::Trust;

/// Settings of connections.
#[derive(Debug, Clone)]
pub(crate) struct TransportOptions {
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) pool_idle_timeout: Duration,
    pub(crate) max_idle_connections: usize,
    pub(crate) proxy: Option<String>,
    pub(crate) root_certificates: Vec<Vec<u8>>,
    pub(crate) trust: Trust,
    pub(crate) user_agent: String,
}

impl Default for TransportOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Some(defaults::CONNECT_TIMEOUT),
            pool_idle_timeout: Duration::from_secs(90),
            max_idle_connections: 256,
            proxy: None,
            root_certificates: Vec::new(),
            trust: Trust::default(),
            user_agent: concat!("runtype-surface/", env!("CARGO_PKG_VERSION"), " (rust)").to_owned(),
        }
    }
}

/// Why there is no response.
pub(crate) struct Broken {
    pub(crate) cause: Cause,
    pub(crate) connect_timed_out: bool,
    pub(crate) may_have_executed: bool,
    pub(crate) unprocessed: Option<Unprocessed>,
}

/// Why an HTTP/2 server cannot have processed a request: it said so (RFC 9113, sections 6.8 and 8.7), or nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "http2"), expect(dead_code, reason = "messages of HTTP/2"))]
pub(crate) enum Unprocessed {
    /// GOAWAY with a lower last stream. The connection closes; the request goes to another one.
    GoAway,
    /// REFUSED_STREAM, or GOAWAY with ENHANCE_YOUR_CALM. The server is overloaded.
    Busy,
    /// No connection accepted the request: all its streams are in use, or it closed while the request was queued.
    NotTaken,
}

impl Unprocessed {
    /// Detects it in an error before the head of the response. Later a GOAWAY proves nothing: the server has begun to respond.
    #[cfg(feature = "http2")]
    fn of(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        let error = std::iter::successors(Some(error), |error| error.source())
            .find_map(|error| error.downcast_ref::<h2::Error>())
            .filter(|error| error.is_remote())?;
        match error.reason() {
            // h2 reports this error only for streams above the last one that the GOAWAY names; a stream that the server
            // accepted fails with an I/O error when the connection closes.
            Some(h2::Reason::ENHANCE_YOUR_CALM) if error.is_go_away() => Some(Self::Busy),
            Some(_) if error.is_go_away() => Some(Self::GoAway),
            Some(h2::Reason::REFUSED_STREAM) if error.is_reset() => Some(Self::Busy),
            _ => None,
        }
    }

    /// HTTP/1.1 has no such message.
    #[cfg(not(feature = "http2"))]
    fn of(_: &(dyn std::error::Error + 'static)) -> Option<Self> {
        None
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Transport {
    http: reqwest::Client,
    connect_timeout: Option<Duration>,
    /// Host and port of the proxy, for texts.
    proxy: Option<Arc<str>>,
}

impl Transport {
    /// None if an option is wrong, or there is no endpoint. All problems are reported.
    pub(crate) fn new(
        options: &TransportOptions,
        endpoint: Option<&Endpoint>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let user_agent = problems
            .keep(HeaderValue::from_str(&options.user_agent).map_err(|_| {
                Error::configuration("user_agent", "contains a character that a header must not contain")
            }));
        let tls = problems.keep(tls::configuration(options.trust, &options.root_certificates));
        let given = options.proxy.as_ref().filter(|proxy| !proxy.is_empty());
        let proxy = given.and_then(|proxy| problems.keep(proxy::parse(proxy)));
        if given.is_some() && proxy.is_none() {
            return None;
        }
        problems.keep(Self::connect(options, endpoint?, user_agent?, tls?, proxy))
    }

    fn connect(
        options: &TransportOptions,
        endpoint: &Endpoint,
        user_agent: HeaderValue,
        tls: rustls::ClientConfig,
        proxy: Option<Proxy>,
    ) -> Result<Self, Error> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(user_agent)
            .pool_idle_timeout(options.pool_idle_timeout)
            .pool_max_idle_per_host(options.max_idle_connections)
            .tcp_nodelay(true)
            .referer(false)
            .retry(reqwest::retry::never())
            .redirect(reqwest::redirect::Policy::none());
        if let Some(timeout) = options.connect_timeout {
            builder = builder.connect_timeout(timeout);
        }
        let localhost = endpoint.localhost_name();
        let mut through = None;
        if let Some(Proxy { proxy, host }) = proxy {
            if let Some(name) = &localhost {
                let problem = format!(
                    "would resolve {name} itself, to another machine's loopback address: leave it out for a {} on this machine",
                    spell("base_url")
                );
                return Err(Error::configuration("proxy", problem));
            }
            builder = builder.proxy(proxy);
            through = Some(host);
        } else if options.proxy.is_some() || endpoint.base_url().starts_with("http://") || endpoint.is_loopback() {
            // A proxy from the environment would read the key of a plain http request, and does not reach this machine.
            builder = builder.no_proxy();
        } else {
            through = proxy::of_environment();
        }
        if let Some(name) = &localhost {
            // The resolver is not asked: it could return an address of another machine. Port 0 stands for the URL's.
            let loopback = [(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()];
            builder = builder.resolve_to_addrs(name, &loopback);
        }
        let http = builder.build().map_err(|error| Error::configuration("transport", Cause::of(&error).reason()))?;
        Ok(Self { http, connect_timeout: options.connect_timeout, proxy: through.map(Into::into) })
    }

    /// Host and port of the proxy, if one is used.
    pub(crate) fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    pub(crate) fn connect_timeout(&self) -> Duration {
        self.connect_timeout.unwrap_or_default()
    }

    /// Waits until it is clear that no connection accepts the request. A request that is queued on an HTTP/2 connection just as
    /// it closes can stay in that queue, which nothing reads (a race in hyper's queue). Connecting has its own timeout, which
    /// passes first.
    async fn nothing_takes(&self, written: &Written) {
        match self.connect_timeout {
            Some(timeout) => tokio::time::sleep(timeout.mul_f64(1.1)).await,
            None => std::future::pending().await,
        }
        if written.has_begun() {
            std::future::pending().await
        }
    }

    fn not_taken(&self) -> Broken {
        let reason = format!("no connection took the request within {}", duration(self.connect_timeout()));
        Broken {
            cause: Cause::of(&std::io::Error::new(std::io::ErrorKind::TimedOut, reason)),
            connect_timed_out: false,
            may_have_executed: false,
            unprocessed: Some(Unprocessed::NotTaken),
        }
    }

    /// Sends one request and waits for the head of the response.
    pub(crate) async fn send(
        &self,
        outgoing: &Outgoing,
        key: (header::HeaderName, HeaderValue),
        written: &Written,
    ) -> Result<reqwest::Response, Broken> {
        let mut request = reqwest::Request::new(outgoing.method.clone(), outgoing.url.clone());
        request.headers_mut().clone_from(&outgoing.headers);
        request.headers_mut().insert(key.0, key.1);
        let is_read_only = outgoing.method == Method::GET;
        if !is_read_only {
            *request.body_mut() = Some(reqwest::Body::wrap(RequestBody::new(outgoing.body.clone(), written.clone())));
        }
        // Lets the runtime poll its sockets once, so that a pooled connection that the server has closed is detected before the
        // request is written to it.
        tokio::task::yield_now().await;
        let response = tokio::select! {
            biased;
            response = self.http.execute(request) => response,
            () = self.nothing_takes(written), if !is_read_only => return Err(self.not_taken()),
        };
        response.map_err(|error| {
            let unprocessed = Unprocessed::of(&error);
            Broken {
                connect_timed_out: error.is_connect() && error.is_timeout(),
                // A GET executes nothing, so it is always safe to retry.
                may_have_executed: !is_read_only && written.has_begun() && unprocessed.is_none(),
                unprocessed,
                cause: Cause::of(&error.without_url()),
            }
        })
    }
}
