//! What contradicts itself in a surface's configuration, across its capabilities, keys and faults.

use std::{collections::HashMap, fmt};

use crate::{config::SurfaceConfig, suggest::remedy};

/// The lists of a surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Its capabilities.
    Capabilities,
    /// Its keys.
    Keys,
    /// Its faults.
    Faults,
}

impl Part {
    /// Name in the configuration.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Capabilities => "capabilities",
            Self::Keys => "keys",
            Self::Faults => "faults",
        }
    }
}

/// An item that contradicts the rest of its surface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contradiction {
    /// The list that it is in.
    pub(crate) part: Part,
    /// Its index there.
    pub(crate) index: usize,
    /// The problem.
    pub(crate) problem: String,
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]: {}", self.part.name(), self.index, self.problem)
    }
}

impl SurfaceConfig {
    /// All items that contradict the rest: a slug or a key that is there twice, and a scope or a fault of an unknown capability.
    pub(crate) fn contradictions(&self) -> Vec<Contradiction> {
        let mut found = Vec::new();
        let mut slugs = HashMap::new();
        for (index, capability) in self.capabilities.iter().enumerate() {
            if let Some(first) = slugs.insert(&capability.slug, index) {
                let problem = format!(
                    "`slug` is {:?}, which is the slug of capabilities[{first}] too; slugs are unique on a surface",
                    capability.slug
                );
                found.push(Contradiction { part: Part::Capabilities, index, problem });
            }
        }
        let mut keys = HashMap::new();
        for (index, key) in self.keys.iter().enumerate() {
            if let Some(secret) = &key.key
                && let Some(first) = keys.insert(secret, index)
            {
                let problem = format!("key {secret} is keys[{first}] too; each key has its own text");
                found.push(Contradiction { part: Part::Keys, index, problem });
            }
            for scope in key.scopes.iter().filter(|scope| *scope != "*") {
                if let Err(problem) = self.known_slug("scopes", scope) {
                    found.push(Contradiction { part: Part::Keys, index, problem });
                }
            }
        }
        for (index, fault) in self.faults.iter().enumerate() {
            if let Some(slug) = &fault.capability
                && let Err(problem) = self.known_slug("capability", slug)
            {
                found.push(Contradiction { part: Part::Faults, index, problem });
            }
        }
        found
    }

    fn known_slug(&self, field: &str, slug: &str) -> Result<(), String> {
        known_slug(field, slug, self.capabilities.iter().map(|capability| capability.slug.as_str()))
    }
}

/// Rejects a slug that is not among the known ones; `field` names it in the error.
pub(crate) fn known_slug<'n>(
    field: &str,
    slug: &str,
    known: impl IntoIterator<Item = &'n str> + Clone,
) -> Result<(), String> {
    if known.clone().into_iter().any(|known| known == slug) {
        return Ok(());
    }
    Err(format!("`{field}` names {slug:?}, and the surface has no such capability; {}", remedy(slug, known)))
}
