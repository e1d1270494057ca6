//! One key of one surface: what it may call, and for how long.

use crate::{clock::Time, config::key::Environment, secret::Secret, state::limit::Usage};

/// Why a key does not open its surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It was revoked.
    Revoked,
    /// Its time has passed.
    Expired,
}

/// One key of one surface.
#[derive(Debug, Clone)]
pub struct Key {
    /// Its id, `key_…`.
    pub id: String,
    /// Its plain text.
    pub secret: Secret,
    /// What its owner calls it.
    pub name: Option<String>,
    /// Which deployment it is meant for.
    pub environment: Environment,
    /// The slugs it may call; `*` means every one.
    pub scopes: Vec<String>,
    /// When it stops working by itself.
    pub expires_at: Option<Time>,
    /// How many calls a minute it may make; no limit when absent.
    pub rate_limit_per_minute: Option<u64>,
    /// How many calls a day it may make; no limit when absent.
    pub rate_limit_per_day: Option<u64>,
    /// False once revoked.
    pub is_active: bool,
    /// When it was made.
    pub created_at: Time,
    /// What it has used of its limits.
    pub usage: Usage,
}

impl Key {
    /// Whether the key works at a time, or why it does not.
    pub fn check(&self, now: Time) -> Result<(), Refusal> {
        if !self.is_active {
            return Err(Refusal::Revoked);
        }
        match self.expires_at {
            Some(end) if end <= now => Err(Refusal::Expired),
            _ => Ok(()),
        }
    }

    /// Whether its scope holds a capability.
    pub fn allows(&self, slug: &str) -> bool {
        self.scopes.iter().any(|scope| scope == "*" || scope == slug)
    }
}
