//! A surface as a wiremock responder, for a `wiremock::MockServer` of one's own.

use std::time::Duration;

use wiremock::{Respond, ResponseTemplate};

use crate::{
    clock::Time,
    config::answer::Reply,
    plan::Plan,
    request::Request,
    routes::{
        Decision, decide,
        record::{record_answer, record_delivery},
    },
    state::{journal::Outcome, shared::Shared},
};

/// Answers as the surface would. It never sleeps: pauses become wiremock's delay. What wiremock cannot say, a fault of
/// the socket, becomes a 500 that says so; the server of [`MockSurface`](crate::MockSurface) can say it.
#[derive(Debug, Clone)]
pub struct SurfaceResponder {
    shared: Shared,
}

impl SurfaceResponder {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared }
    }
}

impl Respond for SurfaceResponder {
    fn respond(&self, request: &wiremock::Request) -> ResponseTemplate {
        let request = Request {
            method: request.method.clone(),
            // wiremock has made its URL of the `Host` header, which is among the headers.
            authority: None,
            path: request.url.path().to_owned(),
            query: request.url.query().unwrap_or_default().to_owned(),
            headers: request.headers.clone(),
            body: request.body.clone().into(),
            // wiremock does not tell connections apart.
            connection: 0,
        };
        let decision = decide(&request, &mut self.shared.lock(), Time::now());
        let (ticket, plan) = match decision {
            Decision::Answer(ticket, plan) => (ticket, plan),
            Decision::Ask(ticket, pending) => {
                let reply = pending.compute().unwrap_or_else(|| {
                    // A responder must not wait, and wiremock runs them one at a time.
                    Reply::error(500, "an HTTP callback needs the front of MockSurface; wiremock cannot wait for it")
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
        let message = format!("a fault of kind `{fault}` needs the front of MockSurface; wiremock cannot deliver it");
        return ResponseTemplate::new(500).set_body_json(serde_json::json!({ "error": message }));
    }
    let pauses: Duration = plan.frames.iter().map(|frame| frame.wait).sum();
    let mut template = ResponseTemplate::new(plan.status.as_u16()).set_body_bytes(plan.body().to_vec());
    for (name, value) in &plan.headers {
        template = template.append_header(name, value);
    }
    template.set_delay(plan.latency + pauses)
}
