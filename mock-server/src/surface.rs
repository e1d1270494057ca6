//! The mock in a Rust test: a server in the process, and what a test does with it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use http::Method;
use serde_json::Value;
use tokio::sync::{OnceCell, watch};
use wiremock::{Mock, MockGuard};

use crate::callback::Callback;
use crate::carrier::Carrier;
use crate::clock::Time;
use crate::config::{Config, KeyConfig};
use crate::control;
use crate::demo;
use crate::fault::Fault;
use crate::front::{self, Front, Shared};
use crate::further::Further;
use crate::journal::Entry;
use crate::state::State;

/// Why a mock could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MockError {
    /// It could not listen.
    #[error("the mock cannot listen on {address}: {source}")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Something it was given is wrong. The text names it, the rule, and the remedy.
    #[error("{0}")]
    Invalid(String),
}

impl From<String> for MockError {
    fn from(problem: String) -> Self {
        Self::Invalid(problem)
    }
}

/// A mock that runs in this process, on a thread and a port of its own, until it is dropped.
#[derive(Debug)]
pub struct MockSurface {
    shared: Shared,
    address: SocketAddr,
    surface_id: String,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
    // Last, so that wiremock checks its expectations when the front has stopped.
    further: Arc<OnceCell<Further>>,
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
        let mut state = State::new(config, Time::now())?;
        let Some(surface_id) = state.default_surface.clone() else {
            return Err(MockError::Invalid(
                "the configuration has no surface; add one to `surfaces`".to_owned(),
            ));
        };
        let listen = |source| MockError::Listen { address, source };
        let listener = TcpListener::bind(address).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        state.base_url = format!("http://{address}");
        let shared = Shared::new(state);
        let (stop, stopped) = watch::channel(false);
        let further = Arc::new(OnceCell::new());
        let served = Front {
            shared: shared.clone(),
            further: further.clone(),
            callback: Callback::default(),
        };
        // A thread of its own: the mock answers whatever the test's own runtime is doing, blocking included.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(listen)?;
        let thread = std::thread::Builder::new()
            .name("runtype-mock".to_owned())
            .spawn(move || {
                let _ = runtime.block_on(front::serve(listener, served, stopped));
            })
            .map_err(listen)?;
        Ok(Self {
            shared,
            address,
            surface_id,
            stop,
            thread: Some(thread),
            further,
        })
    }

    /// Where it listens, as in `http://127.0.0.1:4000`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The product's id.
    pub fn product_id(&self) -> String {
        self.shared
            .lock()
            .surfaces
            .get(&self.surface_id)
            .map(|surface| surface.product_id.clone())
            .unwrap_or_default()
    }

    /// The surface's id.
    pub fn surface_id(&self) -> &str {
        &self.surface_id
    }

    /// The plain text of its first key.
    pub fn api_key(&self) -> String {
        let state = self.shared.lock();
        let first = state
            .surfaces
            .get(&self.surface_id)
            .and_then(|surface| surface.keys_in_order().next());
        first
            .map(|key| key.secret.expose().to_owned())
            .unwrap_or_default()
    }

    /// Where it is controlled over HTTP.
    pub fn control_url(&self) -> String {
        format!("{}/__mock", self.base_url())
    }

    /// The URL of a capability.
    pub fn endpoint_url(&self, slug: &str) -> String {
        format!(
            "{}/v1/products/{}/surfaces/{}/api/{slug}",
            self.base_url(),
            self.product_id(),
            self.surface_id
        )
    }

    /// The five variables that an application reads, as `serve` prints them.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let state = self.shared.lock();
        state
            .surfaces
            .get(&self.surface_id)
            .map(|surface| control::environment(&state, surface))
            .unwrap_or_default()
    }

    /// Makes a key for some slugs (`*` for every one) and gives its plain text.
    ///
    /// # Errors
    /// [`MockError::Invalid`] when the surface was removed over the control interface.
    pub fn mint<S: Into<String>>(
        &self,
        scopes: impl IntoIterator<Item = S>,
    ) -> Result<String, MockError> {
        self.mint_key(KeyConfig::default().scoped(scopes))
    }

    /// Makes a key and gives its plain text.
    ///
    /// # Errors
    /// [`MockError::Invalid`] when the key is malformed or is there already.
    pub fn mint_key(&self, key: KeyConfig) -> Result<String, MockError> {
        let mut state = self.shared.lock();
        let now = state.time(Time::now(), Some(&self.surface_id));
        let id = state.mint(&self.surface_id, key, now)?;
        let key = state
            .surfaces
            .get(&self.surface_id)
            .and_then(|surface| surface.keys.get(&id));
        Ok(key
            .map(|key| key.secret.expose().to_owned())
            .unwrap_or_default())
    }

    /// Revokes a key, named by its plain text or its id. It stops working at once.
    ///
    /// # Errors
    /// [`MockError::Invalid`] when the surface has no such key.
    pub fn revoke(&self, key: &str) -> Result<(), MockError> {
        let mut state = self.shared.lock();
        let surface = state.surfaces.get_mut(&self.surface_id);
        let found = surface.and_then(|surface| {
            let id = surface.key_id(key)?;
            surface.keys.get_mut(&id)
        });
        let Some(found) = found else {
            return Err(MockError::Invalid(
                "the surface has no such key; name it by its id or its plain text".to_owned(),
            ));
        };
        found.is_active = false;
        Ok(())
    }

    /// Sets a fault and gives its id.
    ///
    /// # Errors
    /// [`MockError::Invalid`] when the fault contradicts itself.
    pub fn fault(&self, fault: Fault) -> Result<String, MockError> {
        Ok(self.shared.lock().set_fault(&self.surface_id, fault)?)
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        if let Some(surface) = self.shared.lock().surfaces.get_mut(&self.surface_id) {
            surface.faults.clear();
        }
    }

    /// Moves the mock's clock.
    pub fn advance_clock(&self, by: std::time::Duration) {
        let mut state = self.shared.lock();
        state.clock_offset = Time::from_millis(state.clock_offset).plus(by).as_millis();
    }

    /// The requests so far, oldest first, keys as hints.
    pub fn requests(&self) -> Vec<Entry> {
        self.shared
            .lock()
            .journal
            .entries()
            .filter(|entry| entry.surface.as_ref() == Some(&self.surface_id))
            .cloned()
            .collect()
    }

    /// Sends a request to the control interface without a socket, and gives the status and the body.
    pub fn control(&self, method: Method, target: &str, body: &Value) -> (u16, Value) {
        let mut request = crate::request::Request::new(
            method,
            &format!("/__mock/{}", target.trim_start_matches('/')),
        );
        request.body = body.to_string().into();
        match crate::decide::decide(&request, &mut self.shared.lock(), Time::now()) {
            crate::decide::Decision::Answer(_, plan) => (
                plan.status.as_u16(),
                serde_json::from_slice(&plan.body()).unwrap_or_default(),
            ),
            crate::decide::Decision::Ask(..) => (500, Value::Null),
        }
    }

    /// Mounts a further wiremock mock. It sees every request before the surface does; what no such mock matches is the
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
        self.further
            .get_or_init(Further::start)
            .await
            .mount(mock)
            .await;
    }

    /// Mounts a further wiremock mock until the guard is dropped, which also verifies its expectations.
    pub async fn mount_as_scoped(&self, mock: Mock) -> MockGuard {
        self.further
            .get_or_init(Further::start)
            .await
            .mount_as_scoped(mock)
            .await
    }

    /// The same surface as a responder, for a `wiremock::MockServer` of one's own.
    pub fn carrier(&self) -> Carrier {
        Carrier::new(self.shared.clone())
    }
}

impl Drop for MockSurface {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
