//! Configuration of a key.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::{clock::Time, secret::Secret};

/// Environment of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// Development and tests.
    Test,
    /// Production. The default.
    #[default]
    Production,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeyConfig {
    /// Plain text, beginning with `papi_`. Default: generated.
    #[serde(deserialize_with = "surface_key")]
    pub key: Option<Secret>,
    /// Display name.
    pub name: Option<String>,
    /// Its environment.
    pub environment: Environment,
    /// Slugs it may call. Default: `*`, all.
    pub scopes: Vec<String>,
    /// Expiry.
    pub expires_at: Option<Time>,
    /// Maximum number of calls per minute.
    pub rate_limit_per_minute: Option<u64>,
    /// Maximum number of calls per day.
    pub rate_limit_per_day: Option<u64>,
    /// Whether it is revoked.
    pub revoked: bool,
}

/// Parses and validates a key, so that the error of a file names the line.
fn surface_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    let key = Option::<Secret>::deserialize(deserializer)?;
    key.iter().try_for_each(Secret::check_surface).map_err(D::Error::custom)?;
    Ok(key)
}

impl Default for KeyConfig {
    fn default() -> Self {
        Self {
            key: None,
            name: None,
            environment: Environment::default(),
            scopes: vec!["*".to_owned()],
            expires_at: None,
            rate_limit_per_minute: None,
            rate_limit_per_day: None,
            revoked: false,
        }
    }
}

impl KeyConfig {
    /// A key with this plain text that may call everything.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: Some(Secret::new(key)), ..Self::default() }
    }

    /// The same key, for these slugs only.
    #[must_use]
    pub fn scoped<S: Into<String>>(mut self, slugs: impl IntoIterator<Item = S>) -> Self {
        self.scopes = slugs.into_iter().map(Into::into).collect();
        self
    }
}
