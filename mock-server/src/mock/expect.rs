//! Expectations of a Rust test, verified when the mock is dropped, like wiremock's.

use crate::{
    mock::MockSurface,
    state::expectation::{Expectation, Times},
};

/// Builder of an expectation.
#[derive(Debug)]
#[must_use = "nothing is expected until `call` or `run` names a capability"]
pub struct Expecting<'m> {
    mock: &'m MockSurface,
    times: Times,
    status: Option<u16>,
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
        Expecting { mock: self, times: times.into(), status: None }
    }
}

impl Expecting<'_> {
    /// Counts only calls with this status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
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
        let (times, status) = (self.times, self.status);
        self.mock.lock().expectations.push(Expectation { surface, capability, times, ran, status, seen: 0 });
    }
}
