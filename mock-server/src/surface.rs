//! The mock in a Rust test: a server in the process, and what a test does with it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use http::Method;
use serde_json::Value;
use tokio::sync::{OnceCell, watch};
use wiremock::{Mock, MockGuard};

use crate::callback::Callback;
use crate::capability::{Answer, Capability};
use crate::carrier::Carrier;
use crate::clock::Time;
use crate::config::{Config, KeyConfig, Status};
use crate::control;
use crate::decide::{Decision, decide};
use crate::demo;
use crate::expect::{Expectation, Times};
use crate::fault::Fault;
use crate::front::{self, Front, Shared};
use crate::further::Further;
use crate::journal::Entry;
use crate::key::Key;
use crate::log::{self, Log};
use crate::request::Request;
use crate::state::{State, Surface};

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
        if state.default_surface.is_none() {
            return Err(MockError::Invalid(
                "the configuration has no surface; add one to `surfaces`".to_owned(),
            ));
        }
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

    /// Reads something of the surface, which may have been removed over the control interface.
    fn read<T: Default>(&self, read: impl FnOnce(&State, &Surface) -> T) -> T {
        let state = self.shared.lock();
        let surface = state
            .default_surface
            .as_ref()
            .and_then(|id| state.surfaces.get(id));
        surface
            .map(|surface| read(&state, surface))
            .unwrap_or_default()
    }

    /// Changes something of the surface.
    fn change<T>(
        &self,
        change: impl FnOnce(&mut State, &str) -> Result<T, String>,
    ) -> Result<T, MockError> {
        let mut state = self.shared.lock();
        let Some(id) = state.default_surface.clone() else {
            return Err(MockError::Invalid(
                "the surface was removed over the control interface".to_owned(),
            ));
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
        self.read(|_, surface| {
            surface
                .keys_in_order()
                .next()
                .map(|key| key.secret.expose().to_owned())
                .unwrap_or_default()
        })
    }

    /// Where it is controlled over HTTP.
    pub fn control_url(&self) -> String {
        format!("{}/__mock", self.base_url())
    }

    /// The URL of a capability.
    pub fn endpoint_url(&self, slug: &str) -> String {
        self.read(|state, surface| format!("{}/{slug}", surface.endpoint(&state.base_url)))
    }

    /// The five variables that an application reads, as `serve` prints them.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        self.read(control::environment)
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
        self.change(|state, surface| {
            let now = state.time(Time::now(), Some(surface));
            let id = state.mint(surface, key, now)?;
            let key = state
                .surfaces
                .get(surface)
                .and_then(|surface| surface.keys.get(&id));
            Ok(key
                .map(|key| key.secret.expose().to_owned())
                .unwrap_or_default())
        })
    }

    /// Revokes a key, named by its plain text or its id. It stops working at once.
    ///
    /// # Errors
    /// [`MockError::Invalid`] when the surface has no such key.
    pub fn revoke(&self, key: &str) -> Result<(), MockError> {
        self.change_key(key, |key| key.is_active = false)
    }

    /// Changes what a key may call. It takes effect at once.
    ///
    /// # Errors
    /// [`MockError::Invalid`] when the surface has no such key.
    pub fn rescope<S: Into<String>>(
        &self,
        key: &str,
        scopes: impl IntoIterator<Item = S>,
    ) -> Result<(), MockError> {
        self.change_key(key, |key| {
            key.scopes = scopes.into_iter().map(Into::into).collect()
        })
    }

    fn change_key(&self, named: &str, change: impl FnOnce(&mut Key)) -> Result<(), MockError> {
        self.change(|state, surface| {
            let key = state.surfaces.get_mut(surface).and_then(|surface| {
                let id = surface.key_id(named)?;
                surface.keys.get_mut(&id)
            });
            let key =
                key.ok_or("the surface has no such key; name it by its id or its plain text")?;
            change(key);
            Ok(())
        })
    }

    /// Adds a capability, or replaces the one of the same slug.
    ///
    /// # Errors
    /// [`MockError::Invalid`] when its slug is malformed or its answer contradicts itself.
    pub fn put_capability(&self, capability: Capability) -> Result<(), MockError> {
        capability.validate()?;
        self.change(|state, surface| {
            if let Some(surface) = state.surfaces.get_mut(surface) {
                surface.put_capability(capability);
            }
            Ok(())
        })
    }

    /// Gives a capability other answers; adds the capability when there is none of this slug.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use runtype_mock::Answer;
    /// use serde_json::json;
    ///
    /// let surface = runtype_mock::MockSurface::start().await?;
    /// surface.answer("price", Answer::fixed(json!({ "price": 42 })))?;
    /// surface.answer("double", Answer::closure(|input| json!(input["n"].as_i64().unwrap_or(0) * 2)))?;
    /// surface.answer("flaky", Answer::sequence([Answer::fail(500, "boom"), Answer::fixed("fine")]))?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`MockSurface::put_capability`].
    pub fn answer(&self, slug: &str, answer: Answer) -> Result<(), MockError> {
        let known = self.read(|_, surface| surface.capability(slug).cloned());
        self.put_capability(
            known
                .unwrap_or_else(|| Capability::new(slug))
                .answering(answer),
        )
    }

    /// Pauses the surface: every call is answered 503 until it is resumed.
    pub fn pause(&self) {
        self.set_status(Status::Paused);
    }

    /// Ends a pause.
    pub fn resume(&self) {
        self.set_status(Status::Active);
    }

    fn set_status(&self, status: Status) {
        // A surface that was removed has no status, and nothing to pause.
        let _ = self.change(|state, surface| {
            if let Some(surface) = state.surfaces.get_mut(surface) {
                surface.status = status;
            }
            Ok(())
        });
    }

    /// Sets a fault and gives its id.
    ///
    /// # Errors
    /// [`MockError::Invalid`] when the fault contradicts itself.
    pub fn fault(&self, fault: Fault) -> Result<String, MockError> {
        self.change(|state, surface| state.set_fault(surface, fault))
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        let _ = self.change(|state, surface| {
            if let Some(surface) = state.surfaces.get_mut(surface) {
                surface.faults.clear();
            }
            Ok(())
        });
    }

    /// Moves the mock's clock.
    pub fn advance_clock(&self, by: Duration) {
        let mut state = self.shared.lock();
        state.clock_offset = Time::from_millis(state.clock_offset).plus(by).as_millis();
    }

    /// The requests so far, oldest first, keys as hints.
    pub fn requests(&self) -> Vec<Entry> {
        self.read(|state, surface| {
            state
                .journal
                .entries()
                .filter(|entry| entry.surface.as_ref() == Some(&surface.id))
                .cloned()
                .collect()
        })
    }

    /// Sends a request to the control interface without a socket, and gives the status and the body.
    pub fn control(&self, method: Method, target: &str, body: &Value) -> (u16, Value) {
        let mut request = Request::new(
            method,
            &format!("/__mock/{}", target.trim_start_matches('/')),
        );
        request.body = body.to_string().into();
        match decide(&request, &mut self.shared.lock(), Time::now()) {
            Decision::Answer(_, plan) => (
                plan.status.as_u16(),
                serde_json::from_slice(&plan.body()).unwrap_or_default(),
            ),
            Decision::Ask(..) => (500, Value::Null),
        }
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

    /// Expects so many of what [`Expecting::call`] or [`Expecting::run`] then names, from here on.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let surface = runtype_mock::MockSurface::start().await?;
    /// surface.expect(0).call("summarize-article");
    /// surface.expect(..=3).with_status(429).call("echo");
    /// # Ok(()) }
    /// ```
    pub fn expect(&self, times: impl Into<Times>) -> Expecting<'_> {
        Expecting {
            surface: self,
            times: times.into(),
            status: None,
        }
    }

    /// Checks every expectation.
    ///
    /// # Panics
    /// When one does not hold; the message says which, and what was seen in its place.
    pub fn verify(&self) {
        let unmet = self.unmet();
        #[expect(
            clippy::panic,
            reason = "a failed expectation fails the test, as wiremock's do"
        )]
        if !unmet.is_empty() {
            panic!("{unmet}");
        }
    }

    /// What was expected and did not happen, with the requests that came; empty when all is well.
    fn unmet(&self) -> String {
        let state = self.shared.lock();
        let broken: Vec<_> = state
            .expectations
            .iter()
            .filter(|one| !one.holds())
            .map(ToString::to_string)
            .collect();
        if broken.is_empty() {
            return String::new();
        }
        let requests: Vec<_> = state
            .journal
            .entries()
            .map(|entry| format!("  {}", log::line(entry)))
            .collect();
        let seen = if requests.is_empty() {
            "  none".to_owned()
        } else {
            requests.join("\n")
        };
        format!("{}\nThe requests that came:\n{seen}", broken.join("\n"))
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
        if !std::thread::panicking() {
            self.verify();
        }
    }
}

/// An expectation that is being put together.
#[derive(Debug)]
#[must_use = "nothing is expected until `call` or `run` names a capability"]
pub struct Expecting<'m> {
    surface: &'m MockSurface,
    times: Times,
    status: Option<u16>,
}

impl Expecting<'_> {
    /// Counts only what is answered with this status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Counts every call that names this capability, refused ones too.
    pub fn call(self, slug: impl Into<String>) {
        self.add(slug.into(), false);
    }

    /// Counts the calls that this capability ran for.
    pub fn run(self, slug: impl Into<String>) {
        self.add(slug.into(), true);
    }

    fn add(self, capability: String, ran: bool) {
        let surface = self.surface.surface_id();
        let (times, status) = (self.times, self.status);
        self.surface.shared.lock().expectations.push(Expectation {
            surface,
            capability,
            times,
            ran,
            status,
            seen: 0,
        });
    }
}
