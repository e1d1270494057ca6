//! The state of a mock. It changes through methods only; nothing here waits or does I/O.

pub(crate) mod expectation;
pub(crate) mod journal;
pub(crate) mod key;
pub(crate) mod limit;
pub(crate) mod log;
mod mint;
pub(crate) mod shared;
pub(crate) mod surface;
pub(crate) mod view;

use std::collections::{BTreeMap, HashMap};

use crate::{
    clock::Time,
    config::{Config, SurfaceConfig, fault::Fault},
    fault::active::ActiveFault,
    redact::Redactor,
    secret::{PREFIX, Secret},
    seed,
    state::{
        expectation::Expectation,
        journal::{CAPACITY, Journal},
        log::Log,
        surface::Surface,
    },
};

/// State of a mock.
#[derive(Debug)]
pub struct State {
    /// Random seed.
    pub seed: u64,
    /// The surfaces by id.
    pub surfaces: BTreeMap<String, Surface>,
    /// The id of the default surface.
    pub default_surface: Option<String>,
    /// The owner's keys.
    pub platform_keys: Vec<Secret>,
    /// The journal.
    pub journal: Journal,
    /// The expectations.
    pub expectations: Vec<Expectation>,
    /// The log of requests whose delivery has ended.
    pub log: Option<Log>,
    /// The mock's base URL, such as `http://127.0.0.1:4000`; empty until it listens.
    pub base_url: String,
    /// Offset of the mock's clock from the machine's, in milliseconds.
    pub clock_offset: i64,
    next_id: u64,
    config: Config,
}

impl State {
    /// Creates a state from a configuration.
    ///
    /// # Errors
    /// An invalid configuration; the text names the field, the rule and the remedy.
    pub fn new(config: Config, now: Time) -> Result<Self, String> {
        Self::with_ids_from(config, 0, now)
    }

    /// The same for a mock that must have a surface.
    pub(crate) fn with_a_surface(config: Config, now: Time) -> Result<Self, String> {
        let state = Self::new(config, now)?;
        if state.first_surface().is_none() {
            return Err("the configuration has no surface; add one to `surfaces`".to_owned());
        }
        Ok(state)
    }

    /// The default surface; `None` if it was removed.
    pub(crate) fn first_surface(&self) -> Option<&Surface> {
        self.surfaces.get(self.default_surface.as_ref()?)
    }

    /// Creates a state that continues to count generated ids, so that earlier generated ones never match.
    fn with_ids_from(mut config: Config, next_id: u64, now: Time) -> Result<Self, String> {
        config.platform_keys.iter().try_for_each(Secret::check_platform)?;
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

    /// Generates missing ids and keys of a surface's configuration, so that a reset restores the same ones.
    fn complete(&mut self, config: &mut SurfaceConfig) {
        for key in &mut config.keys {
            if key.key.is_none() {
                key.key = Some(Secret::new(self.new_id(PREFIX)));
            }
        }
        config.surface_id.get_or_insert_with(|| self.new_id("surf_"));
        config.product_id.get_or_insert_with(|| self.new_id("prod_"));
    }

    /// Replaces everything with a configuration. An invalid one changes nothing.
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

    /// Restores the initial state, including the journal and the clock.
    pub fn reset(&mut self, now: Time) -> Result<(), String> {
        self.replace(self.config.clone(), now)
    }

    /// Restores the initial state of one surface, including its journal entries and its clock.
    pub fn reset_surface(&mut self, id: &str, now: Time) -> Result<(), String> {
        let Some(surface) = self.surfaces.get(id) else {
            return Err(format!("there is no surface {id:?}"));
        };
        let config = surface.config.clone();
        self.surfaces.remove(id);
        self.journal.clear(Some(id));
        self.add_surface(config, now).map(|_| ())
    }

    /// Redacts this mock's keys in texts, and whatever looks like one.
    pub(crate) fn redactor(&self) -> Redactor<impl Iterator<Item = &str> + Clone> {
        let keys = self.surfaces.values().flat_map(|surface| surface.keys.values()).map(|key| &key.secret);
        Redactor::new(keys.chain(&self.platform_keys).map(Secret::expose))
    }

    /// The mock's time, from the machine's.
    pub fn time(&self, machine: Time, surface: Option<&str>) -> Time {
        let own = surface.and_then(|id| self.surfaces.get(id)).map_or(0, |surface| surface.clock_offset);
        machine.moved(self.clock_offset).moved(own)
    }

    /// A new id with 26 characters after its prefix.
    pub fn new_id(&mut self, prefix: &str) -> String {
        self.next_id += 1;
        seed::id(prefix, self.seed, self.next_id)
    }

    /// Adds a surface and returns its id. An invalid one changes nothing.
    pub fn add_surface(&mut self, mut config: SurfaceConfig, now: Time) -> Result<String, String> {
        self.complete(&mut config);
        let id = config.surface_id.clone().unwrap_or_default();
        let product_id = config.product_id.clone().unwrap_or_default();
        for (name, value) in [("surface_id", &id), ("product_id", &product_id)] {
            if value.is_empty() || value.chars().any(|c| c == '/' || c.is_whitespace() || c.is_control()) {
                return Err(format!("`{name}` is {value:?}; it must be one path segment without blanks"));
            }
        }
        if self.surfaces.contains_key(&id) {
            return Err(format!("there is a surface {id:?} already; ids are unique in a mock"));
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
            if surface.capabilities.iter().any(|known| known.slug == capability.slug) {
                return Err(format!("surface {id:?} has two capabilities with the slug `{}`", capability.slug));
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

    /// Removes a surface and its journal entries.
    pub fn remove_surface(&mut self, id: &str) {
        self.surfaces.remove(id);
        self.journal.clear(Some(id));
        if self.default_surface.as_deref() == Some(id) {
            self.default_surface = None;
        }
    }

    /// Removes a fault of any surface; returns whether it existed.
    pub fn remove_fault(&mut self, id: &str) -> bool {
        self.surfaces.values_mut().any(|surface| {
            let before = surface.faults.len();
            surface.faults.retain(|fault| fault.id != id);
            surface.faults.len() < before
        })
    }

    /// Sets a fault on a surface and returns its id.
    pub fn set_fault(&mut self, surface_id: &str, fault: Fault) -> Result<String, String> {
        self.with_surface(surface_id, |state, surface| state.set_fault_on(surface, fault))
    }

    /// Borrows a surface together with the rest of the state.
    fn with_surface<T>(
        &mut self,
        id: &str,
        change: impl FnOnce(&mut Self, &mut Surface) -> Result<T, String>,
    ) -> Result<T, String> {
        let mut surface = self.surfaces.remove(id).ok_or_else(|| format!("there is no surface {id:?}"))?;
        let outcome = change(self, &mut surface);
        self.surfaces.insert(id.to_owned(), surface);
        outcome
    }

    fn set_fault_on(&mut self, surface: &mut Surface, fault: Fault) -> Result<String, String> {
        fault.validate()?;
        let id = self.new_id("flt_");
        let ordinal = surface.next_fault;
        surface.next_fault += 1;
        surface.faults.push(ActiveFault { id: id.clone(), fault, ordinal, matched: 0, applied: 0 });
        Ok(id)
    }

    /// Removes a closed connection.
    pub fn forget_connection(&mut self, connection: u64) {
        for surface in self.surfaces.values_mut() {
            surface.lanes.remove(&connection);
        }
    }
}
