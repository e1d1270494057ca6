//! What a mock is made of, as it is written down: the same shape in TOML and over the control interface.

pub(crate) mod answer;
pub(crate) mod capability;
pub mod demo;
pub(crate) mod fault;
pub(crate) mod fault_kind;
pub(crate) mod headers;
pub(crate) mod key;
pub(crate) mod schema;
pub(crate) mod script;
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
    /// The format of outputs, unless a capability says otherwise.
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
