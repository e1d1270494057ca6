//! A key of a surface.

use crate::{clock::Time, config::key::Environment, secret::Secret, state::limit::Usage};

/// Why a key is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Revoked.
    Revoked,
    /// Expired.
    Expired,
}

/// A key of a surface.
#[derive(Debug, Clone)]
pub struct Key {
    /// Its id, `key_…`.
    pub id: String,
    /// Its plain text.
    pub secret: Secret,
    /// Its display name.
    pub name: Option<String>,
    /// Its environment.
    pub environment: Environment,
    /// The slugs that it may call; `*` means all.
    pub scopes: Vec<String>,
    /// Its expiry.
    pub expires_at: Option<Time>,
    /// Maximum number of calls per minute; `None` is unlimited.
    pub rate_limit_per_minute: Option<u64>,
    /// Maximum number of calls per day; `None` is unlimited.
    pub rate_limit_per_day: Option<u64>,
    /// `false` once revoked.
    pub is_active: bool,
    /// Time of its creation.
    pub created_at: Time,
    /// Usage of its limits.
    pub usage: Usage,
}

impl Key {
    /// Checks whether the key is valid at a time.
    pub fn check(&self, now: Time) -> Result<(), Refusal> {
        if !self.is_active {
            return Err(Refusal::Revoked);
        }
        match self.expires_at {
            Some(end) if end <= now => Err(Refusal::Expired),
            _ => Ok(()),
        }
    }

    /// Whether its scope includes a capability.
    pub fn allows(&self, slug: &str) -> bool {
        self.scopes.iter().any(|scope| scope == "*" || scope == slug)
    }
}
