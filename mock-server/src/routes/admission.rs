//! Admission of a call: method, key, pause, limit, capability, scope, in this order.

use http::{
    StatusCode,
    header::{ALLOW, HeaderValue, RETRY_AFTER},
};
use serde_json::json;

use crate::{
    auth::{self, Credential, authenticate},
    clock::Time,
    config::Status,
    plan::Plan,
    request::Request,
    routes::{finish::Finish, target::Target},
    state::{journal::Entry, surface::Surface},
};

/// The `error` of a paused surface's 503. Assumed.
const PAUSED: &str = "Surface is paused";

/// What admission depends on.
pub(super) struct Admission<'a> {
    pub(super) request: &'a Request,
    pub(super) target: Target,
    /// The capability that is named.
    pub(super) slug: Option<&'a str>,
    /// The keys that were sent.
    pub(super) sent: &'a [Credential<'a>],
    pub(super) now: Time,
}

/// A rejection. Boxed, because a plan is too large for an error.
pub(super) struct Refused(pub(super) Plan);

impl<'a> Admission<'a> {
    /// Admits a call and returns its capability (`None` for the OpenAPI document), or rejects it. Records the key in the
    /// journal's entry, and its rate limit in the response.
    pub(super) fn admit(
        &self,
        surface: &mut Surface,
        entry: &mut Entry,
        finish: &mut Finish,
    ) -> Result<Option<&'a str>, Box<Refused>> {
        let refuse = |plan: Plan| Err(Box::new(Refused(plan)));
        let (method, allow) = self.target.method();
        if self.request.method != method {
            let plan = Plan::error(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed");
            return refuse(plan.with_header(ALLOW, HeaderValue::from_static(allow)));
        }
        let status = surface.status;
        let Some((header, key)) = authenticate(surface, self.sent, self.now) else {
            return refuse(auth::unauthenticated());
        };
        entry.auth = Some(header.name());
        entry.key_hint = Some(key.secret.hint());
        entry.key_id = Some(key.id.clone());
        if status == Status::Paused {
            return refuse(Plan::error(StatusCode::SERVICE_UNAVAILABLE, PAUSED));
        }
        // Assumed: the document requires a key, but no scope, and does not count for rate limits.
        if matches!(self.target, Target::Json | Target::Yaml) {
            return Ok(None);
        }
        finish.standing = key.usage.count(key.rate_limit_per_minute, key.rate_limit_per_day, self.now);
        if let Some(standing) = finish.standing
            && let Some(full) = standing.exhausted
        {
            let body = json!({ "error": full.message(), "code": full.code() });
            let wait = HeaderValue::from(standing.retry_after_seconds(self.now));
            return refuse(Plan::json(StatusCode::TOO_MANY_REQUESTS, &body).with_header(RETRY_AFTER, wait));
        }
        let Some(slug) = self.slug else { return Ok(None) };
        let allowed = key.allows(slug);
        if surface.capability(slug).is_none() {
            return refuse(Plan::error(StatusCode::NOT_FOUND, "Capability not found"));
        }
        if !allowed {
            return refuse(auth::forbidden());
        }
        Ok(Some(slug))
    }
}
