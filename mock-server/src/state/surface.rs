//! The state of a surface.

use std::collections::{BTreeMap, HashMap};

use crate::{
    clock::Time,
    config::{
        Status, SurfaceConfig,
        capability::{Capability, Format},
    },
    fault::active::ActiveFault,
    secret::Secret,
    state::key::Key,
};

/// State of a surface.
#[derive(Debug)]
pub struct Surface {
    /// The product it belongs to.
    pub product_id: String,
    /// Its id.
    pub id: String,
    /// Its display name.
    pub name: Option<String>,
    /// Its status.
    pub status: Status,
    /// Format of outputs, unless a capability sets its own.
    pub response_format: Format,
    /// Random seed.
    pub seed: u64,
    /// Time of its creation.
    pub created_at: Time,
    /// Offset of its clock from the mock's, in milliseconds.
    pub clock_offset: i64,
    /// Its capabilities, in the order of the configuration.
    pub capabilities: Vec<Capability>,
    /// Its keys by id.
    pub keys: BTreeMap<String, Key>,
    /// Its faults, in the order they were set.
    pub faults: Vec<ActiveFault>,
    /// Number of calls of each capability.
    pub calls: HashMap<String, u64>,
    pub(super) by_secret: HashMap<Secret, String>,
    pub(super) key_order: Vec<String>,
    /// Its connections: their number on this surface, and the number of requests on each.
    pub(super) lanes: HashMap<u64, (u64, u64)>,
    pub(super) next_lane: u64,
    pub(super) next_fault: u64,
    pub(super) config: SurfaceConfig,
}

impl Surface {
    /// The URL of its capabilities, without the slug.
    pub fn endpoint(&self, base_url: &str) -> String {
        format!("{base_url}/v1/products/{}/surfaces/{}/api", self.product_id, self.id)
    }

    /// The URL of a capability.
    pub(crate) fn capability_url(&self, base_url: &str, slug: &str) -> String {
        format!("{}/{slug}", self.endpoint(base_url))
    }

    /// The capability of a slug, if it is enabled.
    pub fn capability(&self, slug: &str) -> Option<&Capability> {
        self.capabilities.iter().find(|capability| capability.slug == slug && capability.enabled)
    }

    /// The key of a plain text.
    pub fn key_by_secret(&self, plain: &str) -> Option<&Key> {
        self.keys.get(self.by_secret.get(&Secret::new(plain))?)
    }

    /// The keys, in the order of creation.
    pub fn keys_in_order(&self) -> impl Iterator<Item = &Key> {
        self.key_order.iter().filter_map(|id| self.keys.get(id))
    }

    /// The id of a key, from its id or its plain text.
    pub fn key_id(&self, id_or_plain: &str) -> Option<String> {
        if self.keys.contains_key(id_or_plain) {
            return Some(id_or_plain.to_owned());
        }
        self.by_secret.get(&Secret::new(id_or_plain)).cloned()
    }

    /// Deletes a key.
    pub fn remove_key(&mut self, id: &str) -> Option<Key> {
        let key = self.keys.remove(id)?;
        self.by_secret.remove(&key.secret);
        self.key_order.retain(|known| known != id);
        Some(key)
    }

    /// Adds a capability, or replaces the one of the same slug and resets its number of calls.
    pub fn put_capability(&mut self, capability: Capability) {
        self.calls.remove(&capability.slug);
        match self.capabilities.iter_mut().find(|known| known.slug == capability.slug) {
            Some(known) => *known = capability,
            None => self.capabilities.push(capability),
        }
    }

    /// Removes a capability; returns whether it existed.
    pub fn remove_capability(&mut self, slug: &str) -> bool {
        let before = self.capabilities.len();
        self.capabilities.retain(|capability| capability.slug != slug);
        self.calls.remove(slug);
        self.capabilities.len() < before
    }

    /// Counts a request: returns the connection's number here, and the request's number on it.
    pub(crate) fn lane(&mut self, connection: u64) -> (u64, u64) {
        let next = &mut self.next_lane;
        let lane = self.lanes.entry(connection).or_insert_with(|| {
            *next += 1;
            (*next, 0)
        });
        lane.1 += 1;
        *lane
    }

    /// Counts a call and returns the number of earlier ones.
    pub(crate) fn count_call(&mut self, slug: &str) -> u64 {
        if let Some(count) = self.calls.get_mut(slug) {
            *count += 1;
            return *count - 1;
        }
        self.calls.insert(slug.to_owned(), 1);
        0
    }
}
