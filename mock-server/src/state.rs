//! Everything a mock remembers. It changes through methods only, and nothing here waits or talks.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use crate::capability::{Capability, Format};
use crate::clock::Time;
use crate::config::{Config, KeyConfig, Status, SurfaceConfig};
use crate::expect::Expectation;
use crate::fault::{ActiveFault, Fault};
use crate::journal::{CAPACITY, Journal};
use crate::key::{Key, PREFIX, Secret};
use crate::limit::Usage;
use crate::log::Log;
use crate::seed;

/// One surface as it stands.
#[derive(Debug)]
pub struct Surface {
    /// The product it belongs to.
    pub product_id: String,
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// Whether it answers.
    pub status: Status,
    /// How outputs are dressed, unless a capability says otherwise.
    pub response_format: Format,
    /// Where chance begins.
    pub seed: u64,
    /// When it was made.
    pub created_at: Time,
    /// How far its clock is ahead of the mock's, in milliseconds.
    pub clock_offset: i64,
    /// Its capabilities, in the order they were written.
    pub capabilities: Vec<Capability>,
    /// Its keys by id.
    pub keys: BTreeMap<String, Key>,
    /// Its faults, in the order they were set.
    pub faults: Vec<ActiveFault>,
    /// How often each capability was called.
    pub calls: HashMap<String, u64>,
    by_secret: HashMap<Secret, String>,
    key_order: Vec<String>,
    /// The connections seen here: their number on this surface, and how many requests each has brought.
    lanes: HashMap<u64, (u64, u64)>,
    next_lane: u64,
    next_fault: u64,
    config: SurfaceConfig,
}

impl Surface {
    /// The URL of its capabilities, without the slug.
    pub fn endpoint(&self, base_url: &str) -> String {
        format!(
            "{base_url}/v1/products/{}/surfaces/{}/api",
            self.product_id, self.id
        )
    }

    /// The capability of a slug, when it is enabled.
    pub fn capability(&self, slug: &str) -> Option<&Capability> {
        self.capabilities
            .iter()
            .find(|capability| capability.slug == slug && capability.enabled)
    }

    /// The key of a plain text.
    pub fn key_by_secret(&self, plain: &str) -> Option<&Key> {
        self.keys.get(self.by_secret.get(&Secret::new(plain))?)
    }

    /// The keys in the order they were made.
    pub fn keys_in_order(&self) -> impl Iterator<Item = &Key> {
        self.key_order.iter().filter_map(|id| self.keys.get(id))
    }

    /// The id of a key that is named by its id or by its plain text.
    pub fn key_id(&self, id_or_plain: &str) -> Option<String> {
        if self.keys.contains_key(id_or_plain) {
            return Some(id_or_plain.to_owned());
        }
        self.by_secret.get(&Secret::new(id_or_plain)).cloned()
    }

    /// Removes a key for good.
    pub fn remove_key(&mut self, id: &str) -> Option<Key> {
        let key = self.keys.remove(id)?;
        self.by_secret.remove(&key.secret);
        self.key_order.retain(|known| known != id);
        Some(key)
    }

    /// Adds a capability, or replaces the one of the same slug, whose count of calls begins anew.
    pub fn put_capability(&mut self, capability: Capability) {
        self.calls.remove(&capability.slug);
        match self
            .capabilities
            .iter_mut()
            .find(|known| known.slug == capability.slug)
        {
            Some(known) => *known = capability,
            None => self.capabilities.push(capability),
        }
    }

    /// Counts a request on its connection: the connection's number here, and the request's number on it.
    pub(crate) fn lane(&mut self, connection: u64) -> (u64, u64) {
        let next = &mut self.next_lane;
        let lane = self.lanes.entry(connection).or_insert_with(|| {
            *next += 1;
            (*next, 0)
        });
        lane.1 += 1;
        *lane
    }

    /// Counts a call and says how many there were before it.
    pub(crate) fn count_call(&mut self, slug: &str) -> u64 {
        if let Some(count) = self.calls.get_mut(slug) {
            *count += 1;
            return *count - 1;
        }
        self.calls.insert(slug.to_owned(), 1);
        0
    }
}

/// Everything a mock remembers.
#[derive(Debug)]
pub struct State {
    /// Where chance begins.
    pub seed: u64,
    /// The surfaces by id.
    pub surfaces: BTreeMap<String, Surface>,
    /// The id of the surface that is meant when none is named.
    pub default_surface: Option<String>,
    /// The owner's keys.
    pub platform_keys: Vec<Secret>,
    /// What happened.
    pub journal: Journal,
    /// What is expected to happen.
    pub expectations: Vec<Expectation>,
    /// Where each request is told of once its delivery has ended.
    pub log: Option<Log>,
    /// Where the mock listens, as in `http://127.0.0.1:4000`; empty until it does.
    pub base_url: String,
    /// How far the mock's clock is ahead of the machine's, in milliseconds.
    pub clock_offset: i64,
    next_id: u64,
    config: Config,
}

impl State {
    /// A state as the configuration has it.
    ///
    /// # Errors
    /// What is wrong with the configuration: the text names the field, the rule and the remedy.
    pub fn new(config: Config, now: Time) -> Result<Self, String> {
        Self::with_ids_from(config, 0, now)
    }

    /// A state whose made-up ids go on counting, so that nothing made up before works by chance.
    fn with_ids_from(mut config: Config, next_id: u64, now: Time) -> Result<Self, String> {
        config
            .platform_keys
            .iter()
            .try_for_each(Secret::check_platform)?;
        let mut state = Self {
            seed: config.seed.unwrap_or(0),
            surfaces: BTreeMap::new(),
            default_surface: None,
            platform_keys: config.platform_keys.clone(),
            journal: Journal::with_capacity(config.journal_capacity.unwrap_or(CAPACITY)),
            expectations: Vec::new(),
            log: None,
            base_url: String::new(),
            clock_offset: 0,
            next_id,
            config: Config::default(),
        };
        for surface in &mut config.surfaces {
            state.complete(surface);
            let id = state.add_surface(surface.clone(), now)?;
            state.default_surface.get_or_insert(id);
        }
        state.config = config;
        Ok(state)
    }

    /// Makes up what a surface's configuration leaves out, so that a reset finds the same ids and keys again.
    fn complete(&mut self, config: &mut SurfaceConfig) {
        for key in &mut config.keys {
            if key.key.is_none() {
                key.key = Some(Secret::new(self.new_id(PREFIX)));
            }
        }
        config
            .surface_id
            .get_or_insert_with(|| self.new_id("surf_"));
        config
            .product_id
            .get_or_insert_with(|| self.new_id("prod_"));
    }

    /// Replaces everything by another configuration. Nothing changes when that one is wrong.
    ///
    /// # Errors
    /// As [`State::new`].
    pub fn replace(&mut self, config: Config, now: Time) -> Result<(), String> {
        let mut fresh = Self::with_ids_from(config, self.next_id, now)?;
        fresh.base_url = std::mem::take(&mut self.base_url);
        fresh.log = self.log.take();
        fresh.expectations = std::mem::take(&mut self.expectations);
        fresh.journal.count_on_from(&self.journal);
        *self = fresh;
        Ok(())
    }

    /// Goes back to how everything began, the journal and the clock included.
    pub fn reset(&mut self, now: Time) -> Result<(), String> {
        self.replace(self.config.clone(), now)
    }

    /// Takes one surface back to how it began, its part of the journal and its clock included.
    pub fn reset_surface(&mut self, id: &str, now: Time) -> Result<(), String> {
        let Some(surface) = self.surfaces.get(id) else {
            return Err(format!("there is no surface {id:?}"));
        };
        let config = surface.config.clone();
        self.surfaces.remove(id);
        self.journal.clear(Some(id));
        self.add_surface(config, now).map(|_| ())
    }

    /// The mock's time, from the machine's.
    pub fn time(&self, machine: Time, surface: Option<&str>) -> Time {
        let own = surface
            .and_then(|id| self.surfaces.get(id))
            .map_or(0, |surface| surface.clock_offset);
        machine.moved(self.clock_offset).moved(own)
    }

    /// A new id with 26 characters after its prefix.
    pub fn new_id(&mut self, prefix: &str) -> String {
        self.next_id += 1;
        seed::id(prefix, self.seed, self.next_id)
    }

    /// Adds a surface and gives its id. Nothing changes when something in it is wrong.
    pub fn add_surface(&mut self, mut config: SurfaceConfig, now: Time) -> Result<String, String> {
        self.complete(&mut config);
        let id = config.surface_id.clone().unwrap_or_default();
        let product_id = config.product_id.clone().unwrap_or_default();
        for (name, value) in [("surface_id", &id), ("product_id", &product_id)] {
            if value.is_empty()
                || value
                    .chars()
                    .any(|c| c == '/' || c.is_whitespace() || c.is_control())
            {
                return Err(format!(
                    "`{name}` is {value:?}; it must be one path segment without blanks"
                ));
            }
        }
        if self.surfaces.contains_key(&id) {
            return Err(format!(
                "there is a surface {id:?} already; ids are unique in a mock"
            ));
        }
        let mut surface = Surface {
            product_id,
            id: id.clone(),
            name: config.name.clone(),
            status: config.status,
            response_format: config.response_format,
            seed: config.seed.unwrap_or(self.seed),
            created_at: now,
            clock_offset: 0,
            capabilities: Vec::new(),
            keys: BTreeMap::new(),
            faults: Vec::new(),
            calls: HashMap::new(),
            by_secret: HashMap::new(),
            key_order: Vec::new(),
            lanes: HashMap::new(),
            next_lane: 0,
            next_fault: 0,
            config: config.clone(),
        };
        for capability in config.capabilities {
            capability.validate()?;
            if surface
                .capabilities
                .iter()
                .any(|known| known.slug == capability.slug)
            {
                return Err(format!(
                    "surface {id:?} has two capabilities with the slug `{}`",
                    capability.slug
                ));
            }
            surface.put_capability(capability);
        }
        for key in config.keys {
            self.mint_on(&mut surface, key, now)?;
        }
        for fault in config.faults {
            self.set_fault_on(&mut surface, fault)?;
        }
        self.surfaces.insert(id.clone(), surface);
        Ok(id)
    }

    /// Makes a key for a surface and gives its id.
    pub fn mint(
        &mut self,
        surface_id: &str,
        config: KeyConfig,
        now: Time,
    ) -> Result<String, String> {
        self.with_surface(surface_id, |state, surface| {
            state.mint_on(surface, config, now)
        })
    }

    /// Sets a fault on a surface and gives its id.
    pub fn set_fault(&mut self, surface_id: &str, fault: Fault) -> Result<String, String> {
        self.with_surface(surface_id, |state, surface| {
            state.set_fault_on(surface, fault)
        })
    }

    /// Lends a surface out together with the rest of the state.
    fn with_surface<T>(
        &mut self,
        id: &str,
        change: impl FnOnce(&mut Self, &mut Surface) -> Result<T, String>,
    ) -> Result<T, String> {
        let mut surface = self
            .surfaces
            .remove(id)
            .ok_or_else(|| format!("there is no surface {id:?}"))?;
        let outcome = change(self, &mut surface);
        self.surfaces.insert(id.to_owned(), surface);
        outcome
    }

    fn mint_on(
        &mut self,
        surface: &mut Surface,
        config: KeyConfig,
        now: Time,
    ) -> Result<String, String> {
        let secret = config
            .key
            .unwrap_or_else(|| Secret::new(self.new_id(PREFIX)));
        secret.check_surface()?;
        if surface.by_secret.contains_key(&secret) {
            return Err(format!(
                "surface {:?} has the key {secret} already",
                surface.id
            ));
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

    fn set_fault_on(&mut self, surface: &mut Surface, fault: Fault) -> Result<String, String> {
        fault.validate()?;
        let id = self.new_id("flt_");
        let ordinal = surface.next_fault;
        surface.next_fault += 1;
        surface.faults.push(ActiveFault {
            id: id.clone(),
            fault,
            ordinal,
            matched: 0,
            struck: 0,
        });
        Ok(id)
    }

    /// Forgets a connection that was closed.
    pub fn forget_connection(&mut self, connection: u64) {
        for surface in self.surfaces.values_mut() {
            surface.lanes.remove(&connection);
        }
    }

    /// The state as it may be shown: keys as hints.
    pub fn to_json(&self, machine: Time) -> Value {
        let surfaces: Vec<_> = self
            .surfaces
            .values()
            .map(|surface| self.surface_json(surface, machine))
            .collect();
        json!({
            "base_url": self.base_url,
            "seed": self.seed,
            "now": self.time(machine, None),
            "default_surface": self.default_surface,
            "platform_keys": self.platform_keys.iter().map(Secret::hint).collect::<Vec<_>>(),
            "surfaces": surfaces,
        })
    }

    /// One surface as it may be shown.
    pub fn surface_json(&self, surface: &Surface, machine: Time) -> Value {
        json!({
            "product_id": surface.product_id,
            "surface_id": surface.id,
            "name": surface.name,
            "status": surface.status,
            "response_format": surface.response_format,
            "seed": surface.seed,
            "now": self.time(machine, Some(&surface.id)),
            "endpoint": surface.endpoint(&self.base_url),
            "capabilities": surface.capabilities,
            "calls": surface.calls,
            "keys": surface.keys_in_order().map(key_json).collect::<Vec<_>>(),
            "faults": surface.faults.iter().map(fault_json).collect::<Vec<_>>(),
        })
    }
}

/// A key as it may be shown.
pub(crate) fn key_json(key: &Key) -> Value {
    json!({
        "id": key.id,
        "key_hint": key.secret.hint(),
        "name": key.name,
        "environment": key.environment,
        "scopes": key.scopes,
        "expires_at": key.expires_at,
        "rate_limit_per_minute": key.rate_limit_per_minute,
        "rate_limit_per_day": key.rate_limit_per_day,
        "is_active": key.is_active,
        "created_at": key.created_at,
    })
}

/// A fault with its id and its counts.
pub(crate) fn fault_json(active: &ActiveFault) -> Value {
    let mut value = json!(active.fault);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("id".to_owned(), json!(active.id));
        fields.insert("matched".to_owned(), json!(active.matched));
        fields.insert("struck".to_owned(), json!(active.struck));
    }
    value
}
