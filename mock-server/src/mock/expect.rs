//! Expectations of a Rust test, verified when the mock is dropped, like wiremock's.

use crate::{
    config::when::When,
    error::MockError,
    mock::MockSurface,
    state::{
        expectation::{Expectation, Times},
        verify::Verification,
    },
};

/// Builder of an expectation.
#[derive(Debug)]
#[must_use = "nothing is expected until `call` or `run` names a capability"]
pub struct Expecting<'m> {
    mock: &'m MockSurface,
    times: Times,
    status: Option<u16>,
    when: When,
}

impl MockSurface {
    /// Expects a number of calls from now on, of what [`Expecting::call`] or [`Expecting::run`] names.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let surface = runtype_mock::MockSurface::start().await?;
    /// surface.expect(0).call("summarize-article");
    /// surface.expect(..=3).with_status(429).call("echo");
    /// # Ok(()) }
    /// ```
    pub fn expect(&self, times: impl Into<Times>) -> Expecting<'_> {
        Expecting { mock: self, times: times.into(), status: None, when: When::default() }
    }
}

impl MockSurface {
    /// Counts the calls so far.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use runtype_mock::Verification;
    ///
    /// let surface = runtype_mock::MockSurface::start().await?;
    /// let echoes = Verification { capability: Some("echo".to_owned()), times: Some(2.into()), ..Verification::default() };
    /// let problem = surface.verify_calls(&echoes).unwrap_err().to_string();
    /// assert!(problem.starts_with("expected 2 calls of `echo`, saw 0"), "{problem}");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`MockError::Invalid`] says what was expected, what came, and the nearest request.
    pub fn verify_calls(&self, wanted: &Verification) -> Result<u64, MockError> {
        self.change(|state, surface| {
            let outcome = state.verify(surface, wanted);
            outcome.map_err(|problem| state.redactor().text(&problem).into_owned())
        })
    }
}

impl Expecting<'_> {
    /// Counts only calls with this status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Counts only calls for which these conditions hold.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use runtype_mock::When;
    /// use serde_json::json;
    ///
    /// let surface = runtype_mock::MockSurface::start().await?;
    /// surface.expect(0).when(When::input(json!({ "secret": true }))).call("echo");
    /// # Ok(()) }
    /// ```
    pub fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// Counts every call that names this capability, including rejected ones.
    pub fn call(self, slug: impl Into<String>) {
        self.add(slug.into(), false);
    }

    /// Counts the calls that ran this capability.
    pub fn run(self, slug: impl Into<String>) {
        self.add(slug.into(), true);
    }

    fn add(self, capability: String, ran: bool) {
        let surface = self.mock.surface_id();
        let Self { mock, times, status, mut when } = self;
        let mut state = mock.lock();
        if let (Some(key), Some(surface)) = (&mut when.key, state.surfaces.get(&surface)) {
            *key = surface.key_named(key).unwrap_or_default();
        }
        state.expectations.push(Expectation { surface, capability, times, ran, status, when, seen: 0 });
    }
}
