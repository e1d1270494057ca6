//! What a mock is made of, as it is written down: the same shape in TOML and over the control interface.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::capability::{Capability, Format};
use crate::clock::Time;
use crate::fault::Fault;
use crate::key::{Environment, Secret};
use crate::secret::redact;

/// A whole mock.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where chance begins; 0 when absent.
    pub seed: Option<u64>,
    /// How many requests the journal keeps; 10,000 when absent.
    pub journal_capacity: Option<usize>,
    /// The owner's keys (`rt_…`), which open the key management.
    #[serde(deserialize_with = "platform_keys")]
    pub platform_keys: Vec<Secret>,
    /// The surfaces. The first one is the one that `serve` and `run` tell about.
    pub surfaces: Vec<SurfaceConfig>,
}

/// Reads keys, checked while they are read, so that the error of a file names the line.
fn platform_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Secret>, D::Error> {
    let keys = Vec::<Secret>::deserialize(deserializer)?;
    keys.iter().try_for_each(Secret::check_platform).map_err(D::Error::custom)?;
    Ok(keys)
}

fn surface_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    let key = Option::<Secret>::deserialize(deserializer)?;
    key.iter().try_for_each(Secret::check_surface).map_err(D::Error::custom)?;
    Ok(key)
}

impl Config {
    /// Reads a configuration in TOML. The error shows the line that is wrong, and says why.
    ///
    /// # Errors
    /// A text that is no TOML, a field that is not known, or a value of another type than the field has.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        // The error shows the line as it is written, a key included.
        toml::from_str(text).map_err(|error| redact(&error.to_string()).into_owned())
    }
}

/// Whether a surface answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It answers. The default.
    #[default]
    Active,
    /// It answers 503 with `{"error": "Surface is paused"}`. Assumed: the answer.
    Paused,
}

/// One surface.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SurfaceConfig {
    /// The product's id; made up when absent.
    pub product_id: Option<String>,
    /// The surface's id; made up when absent.
    pub surface_id: Option<String>,
    /// What people call it.
    pub name: Option<String>,
    /// Whether it answers.
    pub status: Status,
    /// How outputs are dressed, unless a capability says otherwise.
    pub response_format: Format,
    /// Where chance begins on this surface; the mock's seed when absent.
    pub seed: Option<u64>,
    /// What it can do.
    pub capabilities: Vec<Capability>,
    /// Who may call it.
    pub keys: Vec<KeyConfig>,
    /// What goes wrong from the start.
    pub faults: Vec<Fault>,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeyConfig {
    /// Its plain text, beginning with `papi_`; made up when absent.
    #[serde(deserialize_with = "surface_key")]
    pub key: Option<Secret>,
    /// What its owner calls it.
    pub name: Option<String>,
    /// Which deployment it is meant for.
    pub environment: Environment,
    /// The slugs it may call; `*`, everything, when absent.
    pub scopes: Vec<String>,
    /// When it stops working by itself.
    pub expires_at: Option<Time>,
    /// How many calls a minute it may make.
    pub rate_limit_per_minute: Option<u64>,
    /// How many calls a day it may make.
    pub rate_limit_per_day: Option<u64>,
    /// Whether it has been revoked already.
    pub revoked: bool,
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
