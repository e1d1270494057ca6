//! HTTP/2: requests that the server did not process are sent again; others are not (RFC 9113, sections 6.8 and 8.7).
//!
//! The first call of each test uses stream 1 of the first connection, the second uses stream 3. A version of `h2` whose errors
//! the transport does not recognise fails these tests.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use runtype_surface::{AttemptOutcome, Client, ClientBuilder, Error, ErrorKind, RetryMode};
use serde_json::{Value, json};

use support::http2_server::{
    Act::{self, Close, Complain, GoAway, HalfBody, Head, Reset, Respond},
    ENHANCE_YOUR_CALM, Http2Server, INTERNAL_ERROR, NO_ERROR, REFUSED_STREAM,
};

const NOT_STARTED: AttemptOutcome = AttemptOutcome::Broken { may_have_executed: false };
const MAY_HAVE_RUN: AttemptOutcome = AttemptOutcome::Broken { may_have_executed: true };
const ANSWERED: AttemptOutcome = AttemptOutcome::Responded { status: 200 };

fn builder(server: &Http2Server) -> ClientBuilder {
    Client::builder()
        .variables(|_| None)
        .api_key("papi_http2_test_key_01")
        .product_id("p")
        .surface_id("s")
        .base_url(server.url())
        .root_certificate(server.authority.clone())
}

/// Responds to everything except stream 3 of the first connection, for which it performs these acts.
async fn on_third_stream(acts: &'static [Act]) -> Http2Server {
    Http2Server::start(
        move |connection, stream| if (connection, stream) == (1, 3) { acts.to_vec() } else { vec![Respond] },
    )
    .await
}

type Outcomes = Vec<AttemptOutcome>;

/// Makes two calls in sequence, and returns the result of the second.
async fn second_call(client: &Client) -> Result<Outcomes, (Error, Outcomes)> {
    let call = || client.capability("echo").input(&json!({ "a": 1 })).send::<Value>();
    call().await.unwrap();
    let outcomes = |attempts: &[runtype_surface::Attempt]| attempts.iter().map(|attempt| attempt.outcome).collect();
    match call().await {
        Ok(response) => {
            assert_eq!(response.output, json!({ "ran": true }));
            Ok(outcomes(&response.attempts))
        }
        Err(error) => {
            let attempts = outcomes(error.attempts());
            Err((error, attempts))
        }
    }
}

#[tokio::test]
async fn a_stream_above_the_last_one_of_a_goaway_is_sent_again_on_another_connection() {
    let scripts: [&[Act]; 5] = [
        &[GoAway { last: 1, code: NO_ERROR }, Close],
        &[GoAway { last: 1, code: NO_ERROR }],
        &[GoAway { last: 1, code: INTERNAL_ERROR }, Close],
        &[GoAway { last: 1, code: INTERNAL_ERROR }],
        // A graceful shutdown announces itself first (RFC 9113, section 6.8).
        &[GoAway { last: 0x7fff_ffff, code: NO_ERROR }, GoAway { last: 1, code: NO_ERROR }, Close],
    ];
    for script in scripts {
        let server = on_third_stream(script).await;
        let client = builder(&server).max_retries(1).build().unwrap();
        assert_eq!(second_call(&client).await.unwrap(), [NOT_STARTED, ANSWERED], "{script:?}");
        assert_eq!(server.requests(), [(1, 1), (1, 3), (2, 1)], "{script:?}");
    }
}

#[tokio::test]
async fn a_refused_stream_is_sent_again_after_a_wait() {
    for script in [&[Reset(REFUSED_STREAM)][..], &[GoAway { last: 1, code: ENHANCE_YOUR_CALM }, Close]] {
        let server = on_third_stream(script).await;
        let client = builder(&server).max_retries(1).build().unwrap();
        client.call::<Value>("echo", &json!({})).await.unwrap();
        let response = client.capability("echo").send::<Value>().await.unwrap();
        let outcomes: Vec<_> = response.attempts.iter().map(|attempt| attempt.outcome).collect();
        assert_eq!(outcomes, [NOT_STARTED, ANSWERED], "{script:?}");
        assert!(!response.attempts[1].waited.is_zero(), "{script:?}");
        assert_eq!(server.requests().len(), 3, "{script:?}");
    }
}

#[tokio::test]
async fn what_the_server_may_have_processed_is_not_sent_again() {
    let scripts: [&[Act]; 5] = [
        &[GoAway { last: 3, code: NO_ERROR }, Close],
        &[GoAway { last: 3, code: INTERNAL_ERROR }, Close],
        &[GoAway { last: 0x7fff_ffff, code: NO_ERROR }, Close],
        &[Reset(INTERNAL_ERROR)],
        &[Close],
    ];
    for script in scripts {
        let server = on_third_stream(script).await;
        let client = builder(&server).max_retries(2).build().unwrap();
        let (error, outcomes) = second_call(&client).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_executed()), (ErrorKind::Connection, true), "{script:?}: {error}");
        assert_eq!(outcomes, [MAY_HAVE_RUN], "{script:?}");
        assert_eq!(server.requests(), [(1, 1), (1, 3)], "{script:?}");
    }
}

#[tokio::test]
async fn a_goaway_after_the_head_of_a_response_proves_nothing() {
    let scripts: [&[Act]; 4] = [
        &[Head, Reset(REFUSED_STREAM)],
        &[Head, Reset(INTERNAL_ERROR)],
        &[Head, GoAway { last: 1, code: NO_ERROR }, Close],
        &[Head, GoAway { last: 1, code: INTERNAL_ERROR }, Close],
    ];
    for script in scripts {
        let server = on_third_stream(script).await;
        let client = builder(&server).max_retries(2).build().unwrap();
        let (error, _) = second_call(&client).await.unwrap_err();
        assert!(error.may_have_executed(), "{script:?}: {error}");
        assert_eq!(server.requests(), [(1, 1), (1, 3)], "{script:?}");
    }
}

#[tokio::test]
async fn without_retries_nothing_is_sent_again_and_the_error_says_that_nothing_ran() {
    for script in [&[GoAway { last: 1, code: NO_ERROR }, Close][..], &[Reset(REFUSED_STREAM)]] {
        let server = on_third_stream(script).await;
        let client = builder(&server).max_retries(0).build().unwrap();
        let (error, outcomes) = second_call(&client).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_executed()), (ErrorKind::Connection, false), "{script:?}: {error}");
        assert_eq!(outcomes, [NOT_STARTED], "{script:?}");
        assert_eq!(server.requests(), [(1, 1), (1, 3)], "{script:?}");
    }
}

#[tokio::test]
async fn a_call_is_sent_again_at_once_twenty_times_and_uses_no_retry() {
    let server = Http2Server::start(|_, _| vec![GoAway { last: 0, code: NO_ERROR }, Close]).await;
    let client = builder(&server).max_retries(1).timeout(Duration::from_secs(6)).build().unwrap();
    let error = client.call::<Value>("echo", &json!({})).await.unwrap_err();
    assert!(!error.may_have_executed(), "{error}");
    let attempts = error.attempts();
    assert!((22..501).contains(&attempts.len()), "{}", attempts.len());
    let at_once = attempts.iter().take_while(|attempt| attempt.waited.is_zero()).count();
    assert_eq!(at_once, 21);
    assert_eq!(server.requests().len(), attempts.len());
}

#[tokio::test]
async fn a_call_that_no_connection_accepts_is_sent_again_and_never_hangs() {
    // The only stream that the server allows stays in use.
    let server = Http2Server::start_with_streams(1, |_, _| vec![]).await;
    let client =
        builder(&server).connect_timeout(Duration::from_millis(100)).timeout(Duration::from_secs(2)).build().unwrap();
    let first = tokio::spawn({
        let client = client.clone();
        async move { client.capability("echo").timeout(Duration::from_secs(60)).send::<Value>().await }
    });
    server.until_settled().await;
    // Of two more calls, one becomes the connection's next stream; no connection accepts the other.
    let input = json!({});
    let calls = [(); 2].map(|()| client.call::<Value>("echo", &input));
    let errors = futures_util::future::join_all(calls).await.into_iter().map(Result::unwrap_err);
    let not_taken: Vec<_> = errors.filter(|error| !error.may_have_executed()).collect();
    assert!(!not_taken.is_empty());
    for error in not_taken {
        assert!(error.attempts().len() > 3, "{error}: {:?}", error.attempts());
    }
    assert_eq!(server.requests(), [(1, 1)]);
    first.abort();
}

#[tokio::test]
async fn a_server_that_ends_many_connections_uses_up_no_budget() {
    // The budget has room for 100 retries.
    let server = Http2Server::start(|connection, _| {
        if connection % 2 == 1 {
            vec![GoAway { last: 0, code: NO_ERROR }, Close]
        } else {
            vec![Respond, GoAway { last: 1, code: NO_ERROR }, Close]
        }
    })
    .await;
    let client = builder(&server).max_retries(1).build().unwrap();
    for number in 0..150 {
        let output: Value = client.call("echo", &json!({ "number": number })).await.unwrap();
        assert_eq!(output, json!({ "ran": true }));
    }
    assert_eq!(server.requests().len(), 300);
}

#[tokio::test]
async fn idempotent_calls_follow_the_same_rule_before_their_own() {
    let server = on_third_stream(&[Reset(INTERNAL_ERROR)]).await;
    let client = builder(&server).max_retries(1).retry_mode(RetryMode::Idempotent).build().unwrap();
    assert_eq!(second_call(&client).await.unwrap(), [MAY_HAVE_RUN, ANSWERED]);
    let server = on_third_stream(&[GoAway { last: 1, code: NO_ERROR }, Close]).await;
    let client = builder(&server).max_retries(1).retry_mode(RetryMode::Idempotent).build().unwrap();
    assert_eq!(second_call(&client).await.unwrap(), [NOT_STARTED, ANSWERED]);
}

#[tokio::test]
async fn the_deadline_ends_resending() {
    let server = Http2Server::start(|_, _| vec![Reset(REFUSED_STREAM)]).await;
    let client = builder(&server).timeout(Duration::from_millis(600)).build().unwrap();
    let error = client.call::<Value>("echo", &json!({})).await.unwrap_err();
    assert!(!error.may_have_executed(), "{error}");
    assert!(error.attempts().len() < 21, "{}", error.attempts().len());
}

#[tokio::test]
async fn a_body_that_ends_short_of_its_length_is_no_success() {
    for script in [&[HalfBody, Reset(NO_ERROR)][..], &[HalfBody, GoAway { last: 0, code: NO_ERROR }, Close]] {
        let server = Http2Server::start(move |_, _| script.to_vec()).await;
        let error = builder(&server).build().unwrap().call::<Value>("echo", &json!({})).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_executed()), (ErrorKind::Connection, true), "{script:?}: {error}");
    }
}

#[tokio::test]
async fn a_key_in_the_debug_data_of_a_goaway_is_not_shown() {
    for words in [
        "papi_http2_test_key_01",
        "PAPI_HTTP2_TEST_KEY_01",
        "papi%5Fhttp2%5Ftest%5Fkey%5F01",
        "\\u0070api_http2_test_key_01",
    ] {
        let server = Http2Server::start(move |_, _| vec![Complain(words), Close]).await;
        let error =
            builder(&server).max_retries(0).build().unwrap().call::<Value>("echo", &json!({})).await.unwrap_err();
        let mut shown = format!("{error} {error:?}");
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            shown.push_str(&format!(" {cause} {cause:?}"));
            source = cause.source();
        }
        assert!(!shown.to_lowercase().contains("test_key") && !shown.to_lowercase().contains("test%5fkey"), "{shown}");
    }
}
