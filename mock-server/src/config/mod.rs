//! Configuration of a mock, the same in TOML and over the control interface.

pub(crate) mod answer;
pub(crate) mod capability;
pub mod demo;
pub(crate) mod fault;
pub(crate) mod fault_kind;
pub(crate) mod headers;
pub(crate) mod key;
pub(crate) mod schema;
pub(crate) mod script;
pub(crate) mod step;
pub(crate) mod template;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::{
    config::{
        capability::{Capability, Format},
        fault::Fault,
        key::KeyConfig,
    },
    redact::redact,
    secret::Secret,
};

/// Configuration of a mock.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Random seed. Default: 0.
    pub seed: Option<u64>,
    /// Number of requests that the journal keeps. Default: 10,000.
    pub journal_capacity: Option<usize>,
    /// The owner's keys (`rt_…`) for the key management.
    #[serde(deserialize_with = "platform_keys")]
    pub platform_keys: Vec<Secret>,
    /// Surfaces. `serve` and `run` print the variables of the first one.
    pub surfaces: Vec<SurfaceConfig>,
}

/// Parses and validates keys, so that the error of a file names the line.
fn platform_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Secret>, D::Error> {
    let keys = Vec::<Secret>::deserialize(deserializer)?;
    keys.iter().try_for_each(Secret::check_platform).map_err(D::Error::custom)?;
    Ok(keys)
}

impl Config {
    /// Parses a configuration in TOML. The error shows the invalid line and the reason.
    ///
    /// # Errors
    /// A text that is not TOML, an unknown field, or a value of the wrong type.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        // The error quotes the line, which may contain a key.
        toml::from_str(text).map_err(|error| redact(&error.to_string()).into_owned())
    }
}

/// Status of a surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Active. The default.
    #[default]
    Active,
    /// Paused: every call gets a 503 with `{"error": "Surface is paused"}`, which is assumed.
    Paused,
}

/// One surface.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SurfaceConfig {
    /// Product id. Default: generated.
    pub product_id: Option<String>,
    /// Surface id. Default: generated.
    pub surface_id: Option<String>,
    /// Display name.
    pub name: Option<String>,
    /// Its status.
    pub status: Status,
    /// Format of outputs, unless a capability sets its own.
    pub response_format: Format,
    /// Random seed of this surface. Default: the mock's.
    pub seed: Option<u64>,
    /// Its capabilities.
    pub capabilities: Vec<Capability>,
    /// Its keys.
    pub keys: Vec<KeyConfig>,
    /// Its initial faults.
    pub faults: Vec<Fault>,
}
