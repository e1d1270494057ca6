//! One surface as it stands.

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
    /// The format of outputs, unless a capability says otherwise.
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
    pub(super) by_secret: HashMap<Secret, String>,
    pub(super) key_order: Vec<String>,
    /// The connections seen here: their number on this surface, and how many requests each has brought.
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

    /// The capability of a slug, when it is enabled.
    pub fn capability(&self, slug: &str) -> Option<&Capability> {
        self.capabilities.iter().find(|capability| capability.slug == slug && capability.enabled)
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

    /// Adds a capability, or replaces the one of the same slug, whose count of calls begins again.
    pub fn put_capability(&mut self, capability: Capability) {
        self.calls.remove(&capability.slug);
        match self.capabilities.iter_mut().find(|known| known.slug == capability.slug) {
            Some(known) => *known = capability,
            None => self.capabilities.push(capability),
        }
    }

    /// Removes a capability, and says whether there was one.
    pub fn remove_capability(&mut self, slug: &str) -> bool {
        let before = self.capabilities.len();
        self.capabilities.retain(|capability| capability.slug != slug);
        self.calls.remove(slug);
        self.capabilities.len() < before
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
