//! Outputs computed by the user's HTTP server.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;

use crate::{config::answer::Reply, routes::pending::Question};

/// Calls these servers over pooled connections.
#[derive(Clone, Debug)]
pub(crate) struct Callback {
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Default for Callback {
    fn default() -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http() }
    }
}

impl Callback {
    /// Calls the server. A failure becomes a 500 that says what went wrong.
    pub(crate) async fn ask(&self, question: &Question) -> Reply {
        let Question::Callback { url, timeout, body } = question else {
            return Reply::error(500, "there is no callback to ask");
        };
        let problem = match tokio::time::timeout(*timeout, self.post(url, body.clone())).await {
            Ok(Ok(reply)) => return reply,
            Ok(Err(problem)) => problem,
            Err(_) => format!("it said nothing for {} ms", timeout.as_millis()),
        };
        Reply::error(500, &format!("the callback {url} failed: {problem}"))
    }

    async fn post(&self, url: &str, body: String) -> Result<Reply, String> {
        let mut request = http::Request::post(url).body(Full::from(body)).map_err(|error| error.to_string())?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let answer = self.client.request(request).await.map_err(|error| error.to_string())?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
        let output: Value =
            serde_json::from_slice(&body).map_err(|error| format!("its answer {status} is not JSON: {error}"))?;
        Ok(Reply { status, ..output.into() })
    }
}
