//! The mock in a Rust test: a server in the process, and what a test does with it.

pub(crate) mod builder;
pub(crate) mod expect;
mod setup;

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::MutexGuard,
    thread::JoinHandle,
    time::Duration,
};

use tokio::sync::watch;
use wiremock::Mock;

use crate::{
    clock::Time,
    config::{Config, demo},
    error::MockError,
    on_wiremock::responder::SurfaceResponder,
    server::{
        self, Server,
        callback::Callback,
        extra_mocks::{ExtraMocks, ScopedMock},
    },
    state::{State, log::Log, shared::Shared, surface::Surface},
};

/// A mock that runs in this process, on a thread and a port of its own, until it is dropped.
#[derive(Debug)]
pub struct MockSurface {
    shared: Shared,
    address: SocketAddr,
    stop: watch::Sender<Option<Duration>>,
    thread: Option<JoinHandle<()>>,
    // Last, so that wiremock checks its expectations when the server has stopped.
    extra_mocks: ExtraMocks,
}

impl MockSurface {
    /// Starts the demo surface on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`MockError::Listen`] when there is no port.
    pub async fn start() -> Result<Self, MockError> {
        Self::start_with(demo::config(), SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    /// Starts what a configuration says, on an address; port 0 takes a free one.
    ///
    /// # Errors
    /// [`MockError::Invalid`] when the configuration is wrong or has no surface, [`MockError::Listen`] when the address
    /// is taken.
    pub async fn start_with(config: Config, address: SocketAddr) -> Result<Self, MockError> {
        let mut state = State::with_a_surface(config, Time::now())?;
        let listen = |source| MockError::Listen { address, source };
        let listener = TcpListener::bind(address).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        state.base_url = format!("http://{address}");
        let shared = Shared::new(state);
        let (stop, stopped) = watch::channel(None);
        let extra_mocks = ExtraMocks::default();
        let served = Server { shared: shared.clone(), extra_mocks: extra_mocks.clone(), callback: Callback::default() };
        // A thread of its own: the mock answers whatever the test's own runtime is doing, blocking included.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(listen)?;
        let thread = std::thread::Builder::new()
            .name("runtype-mock".to_owned())
            .spawn(move || {
                let _ = runtime.block_on(server::serve(listener, served, stopped));
            })
            .map_err(listen)?;
        Ok(Self { shared, address, stop, thread: Some(thread), extra_mocks })
    }

    /// Where it listens, as in `http://127.0.0.1:4000`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.lock()
    }

    /// Reads something of the surface, which may have been removed over the control interface.
    pub(crate) fn read<T: Default>(&self, read: impl FnOnce(&State, &Surface) -> T) -> T {
        let state = self.shared.lock();
        state.first_surface().map(|surface| read(&state, surface)).unwrap_or_default()
    }

    /// Changes something of the surface.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State, &str) -> Result<T, String>) -> Result<T, MockError> {
        let mut state = self.shared.lock();
        let Some(id) = state.default_surface.clone() else {
            return Err(MockError::Invalid("the surface was removed over the control interface".to_owned()));
        };
        Ok(change(&mut state, &id)?)
    }

    /// The product's id.
    pub fn product_id(&self) -> String {
        self.read(|_, surface| surface.product_id.clone())
    }

    /// The surface's id.
    pub fn surface_id(&self) -> String {
        self.read(|_, surface| surface.id.clone())
    }

    /// The plain text of its first key.
    pub fn api_key(&self) -> String {
        self.read(|_, surface| surface.first_key())
    }

    /// Where it is controlled over HTTP.
    pub fn control_url(&self) -> String {
        format!("{}/__mock", self.base_url())
    }

    /// The URL of a capability.
    pub fn endpoint_url(&self, slug: &str) -> String {
        self.read(|state, surface| surface.capability_url(&state.base_url, slug))
    }

    /// The five variables that an application reads, as `serve` prints them.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        self.read(|state, surface| surface.environment(&state.base_url))
    }

    /// Replaces everything by another configuration, the journal too. Nothing changes when that one is wrong.
    ///
    /// # Errors
    /// [`MockError::Invalid`] says what is wrong with it.
    pub fn replace(&self, config: Config) -> Result<(), MockError> {
        Ok(self.shared.lock().replace(config, Time::now())?)
    }

    /// Shows every request from here on, once its delivery has ended.
    pub fn log(&self, log: Log) {
        self.shared.lock().log = Some(log);
    }

    /// Checks every expectation.
    ///
    /// # Panics
    /// When one does not hold; the message says which, and what was seen instead.
    pub fn verify(&self) {
        let unmet = self.unmet();
        #[expect(clippy::panic, reason = "a failed expectation fails the test, as wiremock's do")]
        if !unmet.is_empty() {
            panic!("{unmet}");
        }
    }

    /// What was expected and did not happen, with the requests that came; empty when all is well.
    fn unmet(&self) -> String {
        let state = self.shared.lock();
        let broken: Vec<_> = state.expectations.iter().filter(|one| !one.holds()).map(ToString::to_string).collect();
        if broken.is_empty() {
            return String::new();
        }
        let requests: Vec<_> = state.journal.entries().map(|entry| format!("  {}", entry)).collect();
        let seen = if requests.is_empty() { "  none".to_owned() } else { requests.join("\n") };
        let unmet = format!("{}\nThe requests that came:\n{seen}", broken.join("\n"));
        state.redactor().text(&unmet).into_owned()
    }

    /// Mounts an extra wiremock mock. It sees every request before the surface does; what no such mock matches is the
    /// surface's to answer. Its expectations are verified when the surface is dropped.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use wiremock::{Mock, ResponseTemplate, matchers::path};
    ///
    /// let surface = runtype_mock::MockSurface::start().await?;
    /// surface.mount(Mock::given(path("/health")).respond_with(ResponseTemplate::new(204))).await;
    ///
    /// let mut socket = std::net::TcpStream::connect(surface.address())?;
    /// std::io::Write::write_all(&mut socket, b"GET /health HTTP/1.1\r\nHost: mock\r\nConnection: close\r\n\r\n")?;
    /// assert!(std::io::read_to_string(socket)?.starts_with("HTTP/1.1 204 "));
    /// # Ok(()) }
    /// ```
    pub async fn mount(&self, mock: Mock) {
        self.extra_mocks.mount(mock).await;
    }

    /// Mounts an extra wiremock mock until the guard is dropped, which also verifies its expectations.
    pub async fn mount_as_scoped(&self, mock: Mock) -> ScopedMock {
        self.extra_mocks.mount_as_scoped(mock).await
    }

    /// Stops listening, gives unfinished answers so much time, and cuts off what is then still open. Dropping gives none.
    pub fn stop(mut self, grace: Duration) {
        self.stop_within(grace);
    }

    fn stop_within(&mut self, grace: Duration) {
        let _ = self.stop.send(Some(grace));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }

    /// The same surface as a responder, for a `wiremock::MockServer` as well.
    pub fn responder(&self) -> SurfaceResponder {
        SurfaceResponder::of(self.shared.clone())
    }
}

impl Drop for MockSurface {
    fn drop(&mut self) {
        self.stop_within(Duration::ZERO);
        if !std::thread::panicking() {
            self.verify();
        }
    }
}
