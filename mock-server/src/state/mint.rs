//! Minting a key for a surface.

use super::State;
use crate::{
    clock::Time,
    config::key::KeyConfig,
    secret::{PREFIX, Secret},
    state::{key::Key, limit::Usage, surface::Surface},
};

impl State {
    /// Creates a key for a surface and returns its id.
    pub fn mint(&mut self, surface_id: &str, config: KeyConfig, now: Time) -> Result<String, String> {
        self.with_surface(surface_id, |state, surface| state.mint_on(surface, config, now))
    }

    pub(super) fn mint_on(&mut self, surface: &mut Surface, config: KeyConfig, now: Time) -> Result<String, String> {
        let secret = config.key.unwrap_or_else(|| Secret::new(self.new_id(PREFIX)));
        secret.check_surface()?;
        if surface.by_secret.contains_key(&secret) {
            return Err(format!("surface {:?} has the key {secret} already", surface.id));
        }
        let id = self.new_id("key_");
        surface.by_secret.insert(secret.clone(), id.clone());
        surface.key_order.push(id.clone());
        surface.keys.insert(
            id.clone(),
            Key {
                id: id.clone(),
                secret,
                name: config.name,
                environment: config.environment,
                scopes: config.scopes,
                expires_at: config.expires_at,
                rate_limit_per_minute: config.rate_limit_per_minute,
                rate_limit_per_day: config.rate_limit_per_day,
                is_active: !config.revoked,
                created_at: now,
                usage: Usage::default(),
            },
        );
        Ok(id)
    }
}
