//! The demo surface, used without a configuration.

use serde_json::json;

use crate::{
    clock::Time,
    config::{Config, SurfaceConfig, answer::Answer, capability::Capability, key::KeyConfig, schema::Schema},
    secret::Secret,
};

/// The demo's product.
pub const PRODUCT_ID: &str = "prod_demo";
/// The demo's surface.
pub const SURFACE_ID: &str = "surf_demo";
/// A key that may call everything.
pub const FULL_KEY: &str = "papi_demo_full";
/// A key that may call `summarize-article` only.
pub const SCOPED_KEY: &str = "papi_demo_scoped";
/// A revoked key.
pub const REVOKED_KEY: &str = "papi_demo_revoked";
/// An expired key.
pub const EXPIRED_KEY: &str = "papi_demo_expired";
/// A key limited to two calls per minute.
pub const LIMITED_KEY: &str = "papi_demo_limited";
/// The owner's key.
pub const PLATFORM_KEY: &str = "rt_test_demo";

/// Delay of the capability `slow`.
const SLOW_MS: u64 = 2_000;

/// The demo surface: five capabilities, five keys, one owner.
pub fn config() -> Config {
    let capability = |slug: &str, name: &str, description: &str, answer: Answer| Capability {
        name: Some(name.to_owned()),
        description: Some(description.to_owned()),
        ..Capability::new(slug).answering(answer)
    };
    let key = |plain: &str, name: &str| KeyConfig { name: Some(name.to_owned()), ..KeyConfig::new(plain) };
    Config {
        platform_keys: vec![Secret::new(PLATFORM_KEY)],
        surfaces: vec![SurfaceConfig {
            product_id: Some(PRODUCT_ID.to_owned()),
            surface_id: Some(SURFACE_ID.to_owned()),
            name: Some("Demo".to_owned()),
            capabilities: vec![
                Capability {
                    input_schema: Schema::new(json!({
                        "type": "object",
                        "properties": { "input": { "type": "string", "description": "The text." } },
                        "required": ["input"],
                    }))
                    .ok(),
                    output_schema: Schema::new(json!({
                        "type": "object",
                        "properties": { "summary": { "type": "string" }, "words": { "type": "integer" } },
                        "required": ["summary", "words"],
                    }))
                    .ok(),
                    ..capability(
                        "summarize-article",
                        "Summarize Article",
                        "Returns the first sentence of a text and its number of words.",
                        Answer::Summarize { sentences: 1 },
                    )
                },
                capability("echo", "Echo", "Returns its input.", Answer::Echo),
                capability(
                    "support-agent",
                    "Support Agent",
                    "Answers a question, as a stream on request.",
                    Answer::Agent,
                ),
                capability(
                    "fails",
                    "Fails",
                    "Fails with 500 and an executionId.",
                    Answer::fail(500, "Capability execution failed"),
                ),
                Capability {
                    latency_ms: SLOW_MS,
                    ..capability("slow", "Slow", "Returns its input after two seconds.", Answer::Echo)
                },
            ],
            keys: vec![
                key(FULL_KEY, "Full"),
                key(SCOPED_KEY, "Scoped").scoped(["summarize-article"]),
                KeyConfig { revoked: true, ..key(REVOKED_KEY, "Revoked") },
                // 2020-01-01T00:00:00Z
                KeyConfig { expires_at: Some(Time::from_millis(1_577_836_800_000)), ..key(EXPIRED_KEY, "Expired") },
                KeyConfig { rate_limit_per_minute: Some(2), ..key(LIMITED_KEY, "Limited") },
            ],
            ..SurfaceConfig::default()
        }],
        ..Config::default()
    }
}
