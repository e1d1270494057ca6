//! A call under construction: the capability, its input and the options of this call.

pub(crate) mod many;

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    config::{
        headers,
        options::{self, Options},
        problems::Problems,
        values::{self, ResponseFormat, RetryMode},
    },
    error::{Error, explain::one_line},
    response::{
        body::Whole,
        call_response::CallResponse,
        error_body,
        limits::{Quota, RateLimit},
    },
    send::{
        self, Received,
        context::Context,
        held::{Held, Refused},
    },
    stream::{
        EventStream,
        head::{EVENT_STREAM, Head, Opened},
        record::Record,
    },
    transport::plan::{Outgoing, Plan},
};

/// The query that asks for a stream (the parameter's name is assumed).
const ASSUMED_STREAM_QUERY: &str = "stream=true";

/// The problem of an input that is no JSON object. `found` is what it is, with its article.
pub(crate) fn not_an_object(found: impl fmt::Display) -> String {
    format!("it must be a JSON object, such as {{\"input\": \"Your input here\"}}, not {found}")
}

/// The problem of an input that a JSON serializer rejected, whose words may have several lines.
pub(crate) fn not_writable(reason: impl fmt::Display) -> String {
    format!("not serializable as JSON: {}", one_line(&reason.to_string()))
}

/// The endpoint that a call is sent to.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Capability(String),
    Dispatch(String),
    OpenApi,
}

/// Builder of a call, created by [`Client::capability`](crate::Client::capability). Nothing is sent
/// before [`send`](Self::send).
///
/// `send` reports an invalid option by name, without sending anything.
///
/// ```no_run
/// # async fn example(client: runtype_surface::Client) -> Result<(), runtype_surface::Error> {
/// use std::time::Duration;
///
/// #[derive(serde::Deserialize)]
/// struct Summary {
///     summary: String,
/// }
///
/// let response = client
///     .capability("summarize-article")
///     .input(&serde_json::json!({ "input": "A long text." }))
///     .timeout(Duration::from_secs(20))
///     .send::<Summary>()
///     .await?;
/// println!("{} ({:?})", response.output.summary, response.request_id);
/// # Ok(())
/// # }
/// ```
#[must_use = "a call does nothing before it is sent"]
pub struct Call {
    context: Arc<Context>,
    target: Target,
    input: Bytes,
    options: Options,
    problems: Problems,
}

impl Call {
    pub(crate) fn new(context: Arc<Context>, target: Target) -> Self {
        let options = context.options.clone();
        Self { context, target, input: Bytes::from_static(b"{}"), options, problems: Problems::default() }
    }

    /// The capability's input: anything that serializes to a JSON object. Default: `{}`. An input that does not is reported by
    /// `send`.
    pub fn input<I: Serialize + ?Sized>(self, input: &I) -> Self {
        match serde_json::to_vec(input) {
            Ok(json) => self.input_json(json),
            Err(error) => self.refuse(Error::configuration("input", not_writable(error))),
        }
    }

    /// The input as JSON text, sent unchanged. It must be a JSON object.
    pub fn input_json(mut self, json: impl Into<Bytes>) -> Self {
        self.input = json.into();
        let first = self.input.iter().find(|byte| !byte.is_ascii_whitespace());
        let found = match first {
            Some(b'{') => return self,
            Some(b'[') => "an array",
            Some(b'"') => "a string",
            Some(b'n') => "null",
            Some(b't' | b'f') => "a boolean",
            Some(b'-' | b'0'..=b'9') => "a number",
            Some(_) => "text that is not JSON",
            None => "nothing",
        };
        self.refuse(Error::configuration("input", not_an_object(found)))
    }

    /// Sends the call to the surface's dispatch endpoint, which takes the capability's slug in the body. Default: `false`, the
    /// capability's own endpoint.
    pub fn via_dispatch(mut self) -> Self {
        if let Target::Capability(slug) = self.target {
            self.target = Target::Dispatch(slug);
        }
        self
    }

    /// Overall timeout, including retries and backoff; for a stream, until the response begins. Overrides the client's.
    /// `None` disables it.
    pub fn timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.set(values::optional_duration("timeout", timeout.into()), |options, timeout| options.timeout = timeout)
    }

    /// Timeout of one attempt. Overrides the client's. `None` disables it.
    pub fn attempt_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.set(values::optional_duration("attempt_timeout", timeout.into()), |options, timeout| {
            options.attempt_timeout = timeout
        })
    }

    /// Maximum number of retries, 0 to 100. Overrides the client's.
    pub fn max_retries(self, retries: u32) -> Self {
        self.set(options::max_retries(retries.into()), |options, retries| options.max_retries = retries)
    }

    /// Longest wait before a retry. A longer `Retry-After` fails the call at once. Overrides the client's. `None` disables it.
    pub fn max_retry_wait(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.set(values::optional_duration("max_retry_wait", timeout.into()), |options, timeout| {
            options.max_retry_wait = timeout
        })
    }

    /// What is retried. Overrides the client's. Default: [`RetryMode::Safe`].
    pub fn retry_mode(mut self, mode: RetryMode) -> Self {
        self.options.retry_mode = mode;
        self
    }

    /// Maximum size of the response in bytes, after decompression; of a stream, of its text as JSON. Overrides the client's.
    /// Default: 64 MiB.
    pub fn max_response_bytes(self, bytes: u64) -> Self {
        self.set(options::max_response_bytes(bytes), |options, bytes| options.max_response_bytes = bytes)
    }

    /// Longest silence of a stream. Overrides the client's. `None` disables it.
    pub fn stream_idle_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.set(values::optional_duration("stream_idle_timeout", timeout.into()), |options, timeout| {
            options.stream.idle_timeout = timeout
        })
    }

    /// Timeout of a whole stream, from its first byte. Overrides the client's. `None` disables it.
    pub fn stream_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.set(values::optional_duration("stream_timeout", timeout.into()), |options, timeout| {
            options.stream.timeout = timeout
        })
    }

    /// Maximum size of one event of a stream in bytes, and of all else between two events. Overrides the client's. Default: 16 MiB.
    pub fn max_event_bytes(self, bytes: u64) -> Self {
        self.set(options::max_event_bytes(bytes), |options, bytes| options.stream.max_event_bytes = bytes)
    }

    /// Format of the response, raw or wrapped. Overrides the client's. Default: [`ResponseFormat::Detect`].
    pub fn response_format(mut self, format: ResponseFormat) -> Self {
        self.options.response_format = format;
        self
    }

    /// Adds a header to this call. Overrides the client's header of the same name.
    ///
    /// At most 100 headers and 64 KiB in total, including the client's.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let added = headers::add_header(&mut self.options.headers, name, value);
        self.set(added, |_, ()| {})
    }

    /// Records an error, which `send` reports.
    pub(crate) fn refuse(mut self, problem: Error) -> Self {
        self.problems.push(problem);
        self
    }

    fn set<T>(mut self, checked: Result<T, Error>, set: impl FnOnce(&mut Options, T)) -> Self {
        match checked {
            Ok(value) => {
                set(&mut self.options, value);
                self
            }
            Err(problem) => self.refuse(problem),
        }
    }

    /// Sends the call and decodes its output.
    ///
    /// Dropping the future aborts the request at once and closes its connection.
    ///
    /// # Errors
    ///
    /// Can fail with any [`ErrorKind`](crate::ErrorKind).
    pub async fn send<T: DeserializeOwned>(self) -> Result<CallResponse<T>, Error> {
        self.send_bytes().await?.decode()
    }

    /// Sends the call and returns the output as received, without decoding it.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), except that the output is not checked to be JSON.
    pub async fn send_bytes(self) -> Result<CallResponse<Bytes>, Error> {
        let context = self.context.clone();
        let format = self.options.response_format;
        let is_document = matches!(self.target, Target::OpenApi);
        let plan = self.into_plan(false)?;
        let response = response_of(send::run(&context, &plan, Whole).await?, plan.capability);
        Ok(if is_document { response } else { response.unwrapped(format) })
    }

    /// The invalid options, reported once instead of by each of many calls.
    pub(crate) fn take_problems(&mut self) -> Problems {
        std::mem::take(&mut self.problems)
    }

    /// Returns the error that `send` would report without sending anything.
    pub(crate) fn checked(mut self) -> Result<Self, Error> {
        self.take_problems().check().map(|()| self)
    }

    /// Copies the call.
    pub(crate) fn again(&self) -> Self {
        Self {
            context: self.context.clone(),
            target: self.target.clone(),
            input: self.input.clone(),
            options: self.options.clone(),
            problems: Problems::default(),
        }
    }

    /// The capability's name, for logs.
    fn name(&self) -> &str {
        match &self.target {
            Target::Capability(name) | Target::Dispatch(name) => name,
            Target::OpenApi => "openapi.json",
        }
    }

    /// Sends the call and yields its events as they arrive.
    ///
    /// The call's timeout and retries apply until the response begins. After that nothing is retried, and the stream may last
    /// until its [`stream_timeout`](Self::stream_timeout), as long as it is never silent for longer than its
    /// [`stream_idle_timeout`](Self::stream_idle_timeout).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send). [`ErrorKind::ResponseDecode`](crate::ErrorKind::ResponseDecode) if the response is not an event
    /// stream.
    pub async fn stream(self) -> Result<EventStream, Error> {
        let context = self.context.clone();
        let (options, max_text_bytes) = (self.options.stream, self.options.max_response_bytes);
        let plan = self.into_plan(true)?;
        let received = send::run(&context, &plan, Head).await?;
        let opened = Opened {
            status: received.status,
            request_id: error_body::request_id(&received.headers),
            headers: received.headers,
            attempts: received.attempts,
            capability: plan.capability,
            key: received.key,
        };
        Ok(EventStream::new(received.body, options, Record::new(opened, max_text_bytes)))
    }

    fn into_plan(self, is_stream: bool) -> Result<Plan, Error> {
        self.problems.check()?;
        let endpoint = &self.context.endpoint;
        let (method, mut url, capability, body) = match &self.target {
            Target::Capability(name) => {
                let slug = endpoint.slug(name)?;
                (Method::POST, endpoint.capability_url(&slug)?, Some(slug), self.input)
            }
            Target::Dispatch(name) => {
                let slug = endpoint.slug(name)?;
                let body = dispatch_body(&slug, &self.input);
                (Method::POST, endpoint.dispatch_url()?, Some(slug), body)
            }
            Target::OpenApi => (Method::GET, endpoint.openapi_url()?, None, Bytes::new()),
        };
        let mut headers = HeaderMap::with_capacity(self.options.headers.len() + 4);
        let accept = if is_stream {
            url.set_query(Some(ASSUMED_STREAM_QUERY));
            EVENT_STREAM
        } else {
            "application/json"
        };
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        if method == Method::POST {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        headers.extend(self.options.headers.clone());
        Ok(Plan { outgoing: Outgoing { method, url, headers, body }, options: self.options, capability })
    }
}

/// The response of a call, still wrapped.
fn response_of(received: Received<Bytes>, capability: Option<String>) -> CallResponse<Bytes> {
    CallResponse {
        status: received.status,
        request_id: error_body::request_id(&received.headers),
        execution_id: None,
        metadata: None,
        rate_limit: RateLimit::read(&received.headers),
        quota: Quota::read(&received.headers),
        headers: received.headers,
        attempts: received.attempts,
        elapsed: received.elapsed,
        output: received.body,
        capability,
        key: received.key,
    }
}

/// Sends one of many calls, which a used-up window may have held before.
async fn send_one_of_many(
    context: &Context,
    plan: &Plan,
    held: Option<Held>,
    max_window_wait: Option<Duration>,
) -> Result<CallResponse<Bytes>, Refused> {
    let received = send::run_one_of_many(context, plan, Whole, held, max_window_wait).await?;
    Ok(response_of(received, plan.capability.clone()).unwrapped(plan.options.response_format))
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("endpoint", &self.context.endpoint)
            .field("target", &self.target)
            .field("options", &self.options)
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}

/// `{"capability": "<slug>", "input": {...}}` (documented by the vendor), with the input's text unchanged.
fn dispatch_body(slug: &str, input: &[u8]) -> Bytes {
    let name = serde_json::Value::from(slug).to_string();
    let mut body = Vec::with_capacity(name.len() + input.len() + 28);
    body.extend_from_slice(b"{\"capability\":");
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(b",\"input\":");
    body.extend_from_slice(input);
    body.push(b'}');
    body.into()
}
