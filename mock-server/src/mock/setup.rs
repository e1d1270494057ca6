//! Setup of a mock in a Rust test: keys, capabilities, faults, the clock.

use std::time::Duration;

use http::{
    Method,
    header::{CONTENT_TYPE, HOST, HeaderValue},
};
use serde_json::Value;

use crate::{
    clock::Time,
    config::{Status, answer::Answer, capability::Capability, fault::Fault, key::KeyConfig},
    error::MockError,
    mock::MockSurface,
    request::Request,
    routes::{Decision, decide},
    state::{journal::Entry, key::Key},
};

impl MockSurface {
    /// Creates a key for some slugs (`*` for all) and returns its plain text.
    ///
    /// # Errors
    /// [`MockError::Invalid`] when the surface was removed over the control interface.
    pub fn mint<S: Into<String>>(&self, scopes: impl IntoIterator<Item = S>) -> Result<String, MockError> {
        self.mint_key(KeyConfig::default().scoped(scopes))
    }

    /// Creates a key and returns its plain text.
    ///
    /// # Errors
    /// [`MockError::Invalid`] if the key is malformed or already exists.
    pub fn mint_key(&self, key: KeyConfig) -> Result<String, MockError> {
        self.change(|state, surface| {
            let now = state.time(Time::now(), Some(surface));
            let id = state.mint(surface, key, now)?;
            let key = state.surfaces.get(surface).and_then(|surface| surface.keys.get(&id));
            Ok(key.map(|key| key.secret.expose().to_owned()).unwrap_or_default())
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
    pub fn rescope<S: Into<String>>(&self, key: &str, scopes: impl IntoIterator<Item = S>) -> Result<(), MockError> {
        self.change_key(key, |key| key.scopes = scopes.into_iter().map(Into::into).collect())
    }

    fn change_key(&self, named: &str, change: impl FnOnce(&mut Key)) -> Result<(), MockError> {
        self.change(|state, surface| {
            let key = state.surfaces.get_mut(surface).and_then(|surface| {
                let id = surface.key_id(named)?;
                surface.keys.get_mut(&id)
            });
            let key = key.ok_or("the surface has no such key; name it by its id or its plain text")?;
            change(key);
            Ok(())
        })
    }

    /// Adds a capability, or replaces the one of the same slug.
    ///
    /// # Errors
    /// [`MockError::Invalid`] if its slug or its answer is invalid.
    pub fn put_capability(&self, capability: Capability) -> Result<(), MockError> {
        capability.validate()?;
        self.change(|state, surface| {
            if let Some(surface) = state.surfaces.get_mut(surface) {
                surface.put_capability(capability);
            }
            Ok(())
        })
    }

    /// Sets the answers of a capability; adds the capability if it does not exist.
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
        self.put_capability(known.unwrap_or_else(|| Capability::new(slug)).answering(answer))
    }

    /// Pauses the surface: every call gets a 503 until it is resumed.
    pub fn pause(&self) {
        self.set_status(Status::Paused);
    }

    /// Ends a pause.
    pub fn resume(&self) {
        self.set_status(Status::Active);
    }

    fn set_status(&self, status: Status) {
        // A removed surface has nothing to pause.
        let _ = self.change(|state, surface| {
            if let Some(surface) = state.surfaces.get_mut(surface) {
                surface.status = status;
            }
            Ok(())
        });
    }

    /// Sets a fault and returns its id.
    ///
    /// # Errors
    /// [`MockError::Invalid`] if the fault is invalid.
    pub fn fault(&self, fault: Fault) -> Result<String, MockError> {
        self.change(|state, surface| state.set_fault(surface, fault))
    }

    /// Removes all faults.
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
        let mut state = self.lock();
        state.clock_offset = Time::from_millis(state.clock_offset).plus(by).as_millis();
    }

    /// The requests so far, oldest first, with keys as hints.
    pub fn requests(&self) -> Vec<Entry> {
        self.read(|state, surface| {
            state.journal.entries().filter(|entry| entry.surface.as_ref() == Some(&surface.id)).cloned().collect()
        })
    }

    /// Sends a request to the control interface without a socket, and returns the status and the body.
    pub fn control(&self, method: Method, target: &str, body: &Value) -> (u16, Value) {
        let mut request = Request::new(method, &format!("/__mock/{}", target.trim_start_matches('/')));
        request.headers.insert(HOST, HeaderValue::from_static("localhost"));
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.body = body.to_string().into();
        match decide(&request, &mut self.lock(), Time::now()) {
            Decision::Answer(_, plan) => {
                (plan.status.as_u16(), serde_json::from_slice(&plan.body()).unwrap_or_default())
            }
            Decision::Ask(..) => (500, Value::Null),
        }
    }
}
