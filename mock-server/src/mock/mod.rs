//! The mock in a Rust test, in the test's process.

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

/// A mock in this process, with its own thread and port, until it is dropped.
#[derive(Debug)]
pub struct MockSurface {
    shared: Shared,
    address: SocketAddr,
    stop: watch::Sender<Option<Duration>>,
    thread: Option<JoinHandle<()>>,
    // Last, so that wiremock verifies its expectations after the server has stopped.
    extra_mocks: ExtraMocks,
}

impl MockSurface {
    /// Starts the demo surface on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`MockError::Listen`] if there is no free port.
    pub async fn start() -> Result<Self, MockError> {
        Self::start_with(demo::config(), SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    /// Starts a configuration on an address; port 0 chooses a free one.
    ///
    /// # Errors
    /// [`MockError::Invalid`] if the configuration is invalid or has no surface, [`MockError::Listen`] if the address is in use.
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
        // A separate thread: the mock responds even if the test's own runtime is blocked.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(listen)?;
        let thread = std::thread::Builder::new()
            .name("runtype-mock".to_owned())
            .spawn(move || {
                let _ = runtime.block_on(server::serve(listener, served, stopped));
            })
            .map_err(listen)?;
        Ok(Self { shared, address, stop, thread: Some(thread), extra_mocks })
    }

    /// Its base URL, such as `http://127.0.0.1:4000`.
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

    /// Reads from the surface, which may have been removed over the control interface.
    pub(crate) fn read<T: Default>(&self, read: impl FnOnce(&State, &Surface) -> T) -> T {
        let state = self.shared.lock();
        state.first_surface().map(|surface| read(&state, surface)).unwrap_or_default()
    }

    /// Changes the surface.
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

    /// URL of the control interface.
    pub fn control_url(&self) -> String {
        format!("{}/__mock", self.base_url())
    }

    /// The URL of a capability.
    pub fn endpoint_url(&self, slug: &str) -> String {
        self.read(|state, surface| surface.capability_url(&state.base_url, slug))
    }

    /// The five variables that an application reads, as `serve` prints them. For `runtype_surface::Client::from_variables`, or for a
    /// child process.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        self.read(|state, surface| surface.variables(&state.base_url))
    }

    /// Replaces the whole state, including the journal, with a configuration. An invalid one changes nothing.
    ///
    /// # Errors
    /// [`MockError::Invalid`] says what is wrong with it.
    pub fn replace(&self, config: Config) -> Result<(), MockError> {
        Ok(self.shared.lock().replace(config, Time::now())?)
    }

    /// Logs every request from now on, once its delivery has ended.
    pub fn log(&self, log: Log) {
        self.shared.lock().log = Some(log);
    }

    /// Verifies all expectations.
    ///
    /// # Panics
    /// If one is not met; the message says which, and what was received instead.
    pub fn verify(&self) {
        let unmet = self.unmet();
        #[expect(clippy::panic, reason = "a failed expectation fails the test, as wiremock's do")]
        if !unmet.is_empty() {
            panic!("{unmet}");
        }
    }

    /// The expectations that are not met, with the requests received; `None` if all are met.
    fn unmet(&self) -> String {
        let state = self.shared.lock();
        let broken: Vec<_> = state.expectations.iter().filter(|one| !one.holds()).map(ToString::to_string).collect();
        if broken.is_empty() {
            return String::new();
        }
        let requests: Vec<_> = state.journal.entries().map(|entry| format!("  {}", entry)).collect();
        let seen = if requests.is_empty() { "  none".to_owned() } else { requests.join("\n") };
        let unmet = format!("{}\nRequests received:\n{seen}", broken.join("\n"));
        state.redactor().text(&unmet).into_owned()
    }

    /// Mounts an extra wiremock mock. It sees every request before the surface, which responds to requests that no extra mock
    /// matches. Its expectations are verified when the surface is dropped.
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

    /// Stops listening, waits this long for in-flight responses, then closes the remaining connections. Dropping does not wait.
    pub fn stop(mut self, grace: Duration) {
        self.stop_within(grace);
    }

    fn stop_within(&mut self, grace: Duration) {
        let _ = self.stop.send(Some(grace));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }

    /// The same surface as a responder for a `wiremock::MockServer`.
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
