//! A call as the application builds it: the capability, its input, and the options of this one call.

pub(crate) mod many;

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    config::{
        headers,
        options::{self, Options},
        values::{self, ResponseFormat, RetryMode},
    },
    error::Error,
    response::{body::Whole, call_response::Answer, error_body, limits::RateLimit},
    send::{self, context::Context},
    stream::{
        EventStream,
        head::{EVENT_STREAM, Head, Opened},
    },
    transport::plan::{Outgoing, Plan},
};

/// The query that asks for a stream (api.md: the parameter's name is assumed).
const ASSUMED_STREAM_QUERY: &str = "stream=true";

/// What a call is addressed to.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Capability(String),
    Dispatch(String),
    OpenApi,
}

/// A call that is being built; made by [`Client::capability`](crate::Client::capability). Nothing is sent before [`send`](Self::send).
///
/// An option that cannot be right is reported by `send`, by name, and then nothing is sent.
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
/// let answer = client
///     .capability("summarize-article")
///     .input(&serde_json::json!({ "input": "A long text." }))?
///     .timeout(Duration::from_secs(20))
///     .send::<Summary>()
///     .await?;
/// println!("{} ({:?})", answer.output.summary, answer.request_id);
/// # Ok(())
/// # }
/// ```
#[must_use = "a call does nothing before it is sent"]
pub struct Call {
    context: Arc<Context>,
    target: Target,
    input: Bytes,
    options: Options,
    problem: Option<Error>,
}

impl Call {
    pub(crate) fn new(context: Arc<Context>, target: Target) -> Self {
        let options = context.options.clone();
        Self { context, target, input: Bytes::from_static(b"{}"), options, problem: None }
    }

    /// The capability's input: anything that serializes to a JSON object (api.md: the whole request body is the input).
    /// Without it the input is `{}`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) where it does not serialize, or to another JSON value.
    pub fn input<I: Serialize + ?Sized>(self, input: &I) -> Result<Self, Error> {
        let json = serde_json::to_vec(input)
            .map_err(|error| Error::configuration("input", format!("it cannot be written as JSON: {error}")))?;
        let call = self.input_json(json);
        match call.problem {
            Some(problem) => Err(problem),
            None => Ok(call),
        }
    }

    /// The input as JSON text that is sent as it stands; it must be an object.
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
            Some(_) => "no JSON",
            None => "nothing",
        };
        self.refuse(Error::configuration(
            "input",
            format!("it is {found}, and a capability takes a JSON object, such as {{\"input\": \"Your input here\"}}"),
        ))
    }

    /// Sends to the surface's dispatch endpoint, which takes the capability's name in the body, in place of the
    /// capability's own.
    pub fn via_dispatch(mut self) -> Self {
        if let Target::Capability(slug) = self.target {
            self.target = Target::Dispatch(slug);
        }
        self
    }

    /// How long the whole call may take, all attempts and waits included, in place of the client's (300 s).
    pub fn timeout(self, timeout: Duration) -> Self {
        self.set(values::duration("timeout", timeout), |options, timeout| options.timeout = timeout)
    }

    /// How long one attempt may take. There is no limit of its own by default: the call's serves.
    pub fn attempt_timeout(self, timeout: Duration) -> Self {
        self.set(values::duration("attempt timeout", timeout), |options, timeout| {
            options.attempt_timeout = Some(timeout)
        })
    }

    /// How often the call may be repeated, in place of the client's (2).
    pub fn max_retries(self, retries: u32) -> Self {
        self.set(options::max_retries(retries.into()), |options, retries| options.max_retries = retries)
    }

    /// What may be repeated, in place of the client's ([`RetryMode::Safe`]).
    pub fn retry_mode(mut self, mode: RetryMode) -> Self {
        self.options.retry_mode = mode;
        self
    }

    /// How large the answer may be, in bytes once it is decompressed, in place of the client's (64 MiB).
    pub fn max_response_bytes(self, bytes: u64) -> Self {
        self.set(options::max_response_bytes(bytes), |options, bytes| options.max_response_bytes = bytes)
    }

    /// How long a stream may be silent before it fails, in place of the client's (120 s).
    pub fn stream_idle_timeout(self, timeout: Duration) -> Self {
        self.set(values::duration("stream idle timeout", timeout), |options, timeout| {
            options.stream.idle_timeout = timeout;
        })
    }

    /// How large one event of a stream may be, in bytes, in place of the client's (16 MiB).
    pub fn max_event_bytes(self, bytes: u64) -> Self {
        self.set(options::max_event_bytes(bytes), |options, bytes| options.stream.max_event_bytes = bytes)
    }

    /// Hands on `execution_error` and `error` events like others, in place of failing the stream.
    pub fn hand_on_stream_errors(mut self, hand_on: bool) -> Self {
        self.options.stream.hand_on_errors = hand_on;
        self
    }

    /// Whether the answer comes raw or wrapped, in place of the client's ([`ResponseFormat::Detect`]).
    pub fn response_format(mut self, format: ResponseFormat) -> Self {
        self.options.response_format = format;
        self
    }

    /// Adds a header to this call, in place of the client's of the same name.
    ///
    /// At most 100 headers of together 64 KiB, the client's among them.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let added = headers::add_header(&mut self.options.headers, name, value);
        self.set(added, |_, ()| {})
    }

    /// Reports this problem when the call is sent.
    pub(crate) fn refuse(mut self, problem: Error) -> Self {
        self.problem.get_or_insert(problem);
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
    /// Every [`ErrorKind`](crate::ErrorKind) there is.
    pub async fn send<T: DeserializeOwned>(self) -> Result<Answer<T>, Error> {
        self.send_bytes().await?.decode()
    }

    /// Sends the call and hands the output on as the bytes that came.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), but for an output that is not JSON: it is not looked at.
    pub async fn send_bytes(self) -> Result<Answer<Bytes>, Error> {
        let context = self.context.clone();
        let format = self.options.response_format;
        let is_document = matches!(self.target, Target::OpenApi);
        let plan = self.into_plan(false)?;
        let received = send::run(&context, &plan, Whole).await?;
        let answer = Answer {
            status: received.status,
            request_id: error_body::request_id(&received.headers),
            execution_id: None,
            metadata: None,
            rate_limit: RateLimit::read(&received.headers),
            headers: received.headers,
            attempts: received.attempts,
            elapsed: received.elapsed,
            output: received.body,
            capability: plan.capability,
            key: received.key,
        };
        Ok(if is_document { answer } else { answer.unwrapped(format) })
    }

    /// What is wrong with the options, told once instead of by every call that is made of this one.
    pub(crate) fn take_problem(&mut self) -> Option<Error> {
        self.problem.take()
    }

    /// The same call once more.
    pub(crate) fn again(&self) -> Self {
        Self {
            context: self.context.clone(),
            target: self.target.clone(),
            input: self.input.clone(),
            options: self.options.clone(),
            problem: None,
        }
    }

    pub(crate) fn timeout_now(&self) -> Duration {
        self.options.timeout
    }

    /// Sends the call and hands its events on as they come.
    ///
    /// The call's timeout and the retry rules hold until the answer begins; after that nothing is repeated, and the stream
    /// may last as long as it is not silent for longer than the [idle timeout](Self::stream_idle_timeout).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); [`ErrorKind::ResponseDecode`](crate::ErrorKind::ResponseDecode) where the answer is no
    /// stream of events.
    pub async fn stream(self) -> Result<EventStream, Error> {
        let context = self.context.clone();
        let options = self.options.stream;
        let plan = self.into_plan(true)?;
        let received = send::run(&context, &plan, Head).await?;
        let opened = Opened {
            status: received.status,
            request_id: error_body::request_id(&received.headers),
            execution_id: None,
            headers: received.headers,
            attempts: received.attempts,
            capability: plan.capability,
            key: received.key,
        };
        Ok(EventStream::new(received.body, options, opened))
    }

    fn into_plan(self, is_stream: bool) -> Result<Plan, Error> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
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

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("endpoint", &self.context.endpoint)
            .field("target", &self.target)
            .field("options", &self.options)
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}

/// `{"capability": "<slug>", "input": {...}}` (api.md, vendor and wild), with the input's text as it stands.
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
