//! What each error text says.

use super::*;

fn response(status: u16) -> StatusFacts {
    StatusFacts { status, message: "Server's words.".into(), ..StatusFacts::default() }
}

/// The text of a response to `echo`.
fn text(response: &StatusFacts, may_have_executed: bool, asked_again: AskedAgain) -> String {
    let address = AddressNames { product: "product_id".into(), surface: "surface_id".into() };
    explain(
        response,
        &Explanation {
            capability: Some("echo"),
            key_hint: "papi_…a1b2",
            header: "X-API-Key",
            asked_again,
            longest_wait: Some(("max_retry_wait", Duration::from_secs(60))),
            may_have_executed,
            address: &address,
        },
    )
}

#[test]
fn each_status_is_explained_in_three_lines() {
    let rows = [
        (400, "The input does not match the capability's parameters. The call was not executed.", "See the parameters"),
        (401, "The key is revoked, expired, or belongs to another surface", "Create a key"),
        (402, "The plan or one of its quotas is exhausted.", "Ask the product's owner to raise it."),
        (403, "its scope does not include the capability echo", "Ask the product's owner to add echo"),
        (404, "The product, the surface or the capability does not exist.", "Check product_id, surface_id"),
        (429, "The key's rate limit has been reached. The call was not executed.", "Wait, call less often"),
        (503, "The call was not executed.", "Retry later."),
        (302, "Redirects are not followed", "Check base_url."),
    ];
    for (status, cause, remedy) in rows {
        let text = text(&response(status), false, AskedAgain::No);
        let [happened, second, third] = text.lines().collect::<Vec<_>>().try_into().unwrap();
        let key = if matches!(status, 401..=403 | 429) { " (key papi_…a1b2)" } else { "" };
        assert_eq!(happened, format!("echo: {status} Server's words{key}"));
        assert!(second.contains(cause) && third.starts_with(remedy), "{text}");
    }
    assert_eq!(
        text(&response(409), true, AskedAgain::No),
        "echo: 409 Server's words\nThe call may have been executed."
    );
}

#[test]
fn a_response_of_another_server_is_not_explained_as_the_apis() {
    let foreign = |status| text(&StatusFacts { is_foreign: true, ..response(status) }, false, AskedAgain::No);
    let text = foreign(404);
    assert!(
        text.contains(FOREIGN) && text.ends_with("Check base_url, and any proxy between this machine and the API.")
    );
    assert!(!foreign(302).contains(FOREIGN) && foreign(302).contains("Redirects are not followed"));
}

#[test]
fn what_the_response_names_is_in_its_text() {
    let upgrade = StatusFacts { upgrade_url: Some("https://a.b/plan".into()), ..response(402) };
    assert!(text(&upgrade, false, AskedAgain::No).ends_with("Raise it at \"https://a.b/plan\"."));
    let failed = StatusFacts { execution_id: Some("exec_1".into()), code: Some("FLOW".into()), ..response(500) };
    let shown = text(&failed, true, AskedAgain::No);
    assert!(shown.contains("words (FLOW)\n") && shown.contains("Give execution exec_1"), "{shown}");
    assert!(text(&response(500), true, AskedAgain::No).ends_with(CHECK_EFFECTS));
    let moved = StatusFacts { location: Some("https://c.d/".into()), ..response(307) };
    assert!(text(&moved, false, AskedAgain::No).contains("It points to \"https://c.d/\"."));
    let silent = |status| text(&StatusFacts { message: String::new(), ..response(status) }, true, AskedAgain::No);
    assert!(silent(503).starts_with("echo: 503 Service Unavailable\n"));
    assert!(silent(599).starts_with("echo: 599 without a message\n"));
}

#[test]
fn a_401_says_what_the_key_source_answered() {
    for (asked_again, expected) in [
        (AskedAgain::No, "sent as X-API-Key.\n"),
        (AskedAgain::SameKey, "returned the same key.\n"),
        (AskedAgain::AnotherKey, "its new key was rejected too.\n"),
        (AskedAgain::JustBefore, "less than 5 s before, and its key was rejected.\n"),
        (AskedAgain::Failed("sealed".into()), "asked again and failed: sealed.\n"),
    ] {
        assert!(text(&response(401), false, asked_again).contains(expected), "{expected}");
    }
}

#[test]
fn a_wait_that_is_longer_than_the_option_allows_names_the_option() {
    let wait = |seconds| {
        let limited = StatusFacts { retry_after: Some(Duration::from_secs(seconds)), ..response(429) };
        text(&limited, false, AskedAgain::No)
    };
    assert!(wait(61).contains("asks you to wait 61 s, longer than max_retry_wait (60 s). The call"));
    assert!(wait(60).contains("asks you to wait 60 s. The call"));
}

#[test]
fn only_a_long_message_is_cut() {
    assert_eq!(words(&"é".repeat(300)), "é".repeat(300));
    assert_eq!(words(&"é".repeat(301)), format!("{}…", "é".repeat(300)));
    assert_eq!(not_sent(Some("echo"), "because ", "echo: 401 no"), "echo: not sent: because 401 no");
}

#[test]
fn a_broken_connection_says_whether_it_is_safe_to_retry() {
    let cause = || Cause::of(&std::io::Error::other("Connection lost"));
    let facts = broken(Some("echo"), "host:1", None, cause(), false);
    let expected =
        "echo: the connection to host:1 broke: connection lost\nThe call was not executed.\nIt is safe to retry.";
    assert_eq!((facts.text.as_str(), facts.kind), (expected, Some(ErrorKind::Connection)));
    assert!(!facts.may_have_executed && facts.source.is_some());
    let facts = broken(None, "host:1", None, cause(), true);
    assert!(facts.may_have_executed && facts.text.ends_with(CHECK_EFFECTS));
}

#[test]
fn a_timeout_names_its_phase_and_its_option() {
    let facts = timed_out(Some("echo"), Phase::Body, "timeout", Duration::from_secs(20), true);
    assert!(facts.text.starts_with("echo: timed out after 20 s while reading the response (timeout)\nThe call may"));
    assert_eq!((facts.kind, facts.phase), (Some(ErrorKind::Timeout), Some(Phase::Body)));
    assert!(facts.may_have_executed && facts.text.contains("increase timeout if the capability needs longer"));
    let facts = timed_out(None, Phase::Connect, "timeout", Duration::from_secs(20), false);
    assert!(facts.text.ends_with("Check the network, or increase timeout."));
}

#[test]
fn an_output_that_cannot_be_decoded_says_where_or_whose_it_is() {
    let decoded = StatusFacts { body: "{}".into(), ..response(200) };
    let text = undecodable(Some("echo"), &decoded, Some("items[3]"), "not a number");
    let expected = "echo: the output does not have the expected shape at items[3]: not a number";
    assert_eq!(text, format!("{expected}\n{EXECUTED}"));
    let text = undecodable(None, &response(204), None, "");
    assert_eq!(text, format!("204 without a body where JSON was expected\n{EXECUTED}"));
    let mut page = StatusFacts { is_foreign: true, ..response(200) };
    page.headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("text/html"));
    let text = undecodable(None, &page, None, "");
    assert!(text.starts_with("200 with text/html where JSON was expected\n") && text.contains(FOREIGN), "{text}");
}
