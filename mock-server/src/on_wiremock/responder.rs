//! A surface as a wiremock responder.

use std::time::Duration;

use wiremock::{MockServer, Respond, ResponseTemplate};

use crate::{
    clock::Time,
    config::{Config, answer::Reply},
    error::MockError,
    plan::Plan,
    request::Request,
    routes::{
        Decision, decide,
        record::{record_answer, record_delivery},
    },
    state::{State, journal::Outcome, shared::Shared},
};

/// Responds like a surface on a `wiremock::MockServer`: keys, scopes, limits, capabilities, the control interface.
///
/// It never sleeps: pauses become wiremock's delay. What wiremock cannot deliver, such as a fault on the socket, becomes a 500
/// that says so; [`MockSurface`](crate::MockSurface) can deliver it. Clones share the surface.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use runtype_mock::{SurfaceResponder, demo};
/// use wiremock::{Mock, MockServer, matchers::any};
///
/// let server = MockServer::start().await;
/// let surface = SurfaceResponder::new(&server, demo::config())?;
/// Mock::given(any()).respond_with(surface.clone()).mount(&server).await;
///
/// assert!(surface.endpoint_url("echo").starts_with(&server.uri()));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct SurfaceResponder {
    shared: Shared,
}

impl SurfaceResponder {
    /// Creates a surface from a configuration, with the address of `server`. Mount it there.
    ///
    /// # Errors
    /// [`MockError::Invalid`] if the configuration is invalid or has no surface.
    pub fn new(server: &MockServer, config: Config) -> Result<Self, MockError> {
        let mut state = State::with_a_surface(config, Time::now())?;
        state.base_url = server.uri();
        Ok(Self::of(Shared::new(state)))
    }

    /// The responder of a shared state.
    pub(crate) fn of(shared: Shared) -> Self {
        Self { shared }
    }

    /// The URL of a capability of the first surface.
    pub fn endpoint_url(&self, slug: &str) -> String {
        let state = self.shared.lock();
        state.first_surface().map(|surface| surface.capability_url(&state.base_url, slug)).unwrap_or_default()
    }

    /// The five variables that an application reads, for the first surface and its first key.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let state = self.shared.lock();
        state.first_surface().map(|surface| surface.variables(&state.base_url)).unwrap_or_default()
    }
}

impl Respond for SurfaceResponder {
    fn respond(&self, request: &wiremock::Request) -> ResponseTemplate {
        let request = Request {
            method: request.method.clone(),
            // wiremock builds its URL from the `Host` header, which is among the headers.
            authority: None,
            path: request.url.path().to_owned(),
            query: request.url.query().unwrap_or_default().to_owned(),
            headers: request.headers.clone(),
            body: request.body.clone().into(),
            // wiremock does not distinguish connections.
            connection: 0,
        };
        let decision = decide(&request, &mut self.shared.lock(), Time::now());
        let (ticket, plan) = match decision {
            Decision::Answer(ticket, plan) => (ticket, plan),
            Decision::Ask(ticket, pending) => {
                let reply = pending.compute().unwrap_or_else(|| {
                    // A responder must not wait, and wiremock runs them one at a time.
                    Reply::error(500, "an HTTP callback needs the server of MockSurface; wiremock cannot wait for it")
                });
                let plan = pending.resolve(&reply);
                record_answer(&mut self.shared.lock(), ticket, &plan);
                (ticket, plan)
            }
        };
        record_delivery(&mut self.shared.lock(), ticket, Outcome::Delivered, Time::now());
        template(&plan)
    }
}

fn template(plan: &Plan) -> ResponseTemplate {
    if !plan.is_plain() {
        let fault = plan.fault.map_or("this", |fault| fault.name());
        let message = format!("a fault of kind `{fault}` needs the server of MockSurface; wiremock cannot deliver it");
        return ResponseTemplate::new(500).set_body_json(serde_json::json!({ "error": message }));
    }
    let pauses: Duration = plan.frames.iter().map(|frame| frame.wait).sum();
    let mut template = ResponseTemplate::new(plan.status.as_u16()).set_body_bytes(plan.body().to_vec());
    for (name, value) in &plan.headers {
        template = template.append_header(name, value);
    }
    template.set_delay(plan.latency + pauses)
}
