//! The conformance suite: what a client of a surface must do, as data.

/// Files of the conformance suite: each topic with its cases as JSON text. A case is a state of the mock, a call with options, faults,
/// and the expected outcome, in no language's terms; `conformance/README.md` of this crate describes the format.
///
/// ```
/// for (topic, cases) in runtype_mock::CONFORMANCE {
///     let cases: Vec<serde_json::Value> = serde_json::from_str(cases)?;
///     println!("{topic}: {} cases", cases.len());
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
pub const CONFORMANCE: &[(&str, &str)] = &[
    ("address", include_str!("../conformance/address.json")),
    ("cancellation", include_str!("../conformance/cancellation.json")),
    ("configuration", include_str!("../conformance/configuration.json")),
    ("errors", include_str!("../conformance/errors.json")),
    ("hooks", include_str!("../conformance/hooks.json")),
    ("key", include_str!("../conformance/key.json")),
    ("many", include_str!("../conformance/many.json")),
    ("responses", include_str!("../conformance/responses.json")),
    ("retries", include_str!("../conformance/retries.json")),
    ("streams", include_str!("../conformance/streams.json")),
];
