//! All problems of a configuration file, with their lines. Each item is read on its own, so that one problem does not hide another.

use std::{collections::HashMap, fmt, ops::Range};

use serde::Deserialize;
use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue, ValueDeserializer},
};

use crate::{
    config::{Config, SurfaceConfig, capability::Capability, contradiction::Part, fault::Fault, key::KeyConfig},
    redact::redact,
    suggest::explained,
};

/// A problem of a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileProblem {
    /// Its line, counted from 1.
    pub line: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// A part of the file.
type Place = Range<usize>;

/// All problems of a file, in the order of its lines.
pub(super) fn problems(text: &str) -> Vec<FileProblem> {
    let mut found = Vec::new();
    match DeTable::parse(text) {
        Err(error) => found.push((error.span().unwrap_or_default(), error.message().to_owned())),
        Ok(root) => check_root(root, &mut found),
    }
    let line = |place: &Place| text.as_bytes().iter().take(place.start).filter(|byte| **byte == b'\n').count() + 1;
    let mut problems: Vec<_> = found
        .into_iter()
        // The text may quote the line, which may contain a key.
        .map(|(place, message)| FileProblem { line: line(&place), message: redact(&explained(&message)).into_owned() })
        .collect();
    problems.sort_by_key(|problem| problem.line);
    problems
}

fn check_root(root: Spanned<DeTable<'_>>, found: &mut Vec<(Place, String)>) {
    let place = root.span();
    let mut root = root.into_inner();
    let surfaces = root.remove("surfaces");
    read::<Config>(Spanned::new(place, DeValue::Table(root)), found);
    let mut ids = HashMap::new();
    for (index, surface) in items(surfaces, found).into_iter().enumerate() {
        let place = surface.span();
        let config = check_surface(surface, found);
        if let Some(id) = config.surface_id
            && let Some(first) = ids.insert(id.clone(), index)
        {
            let problem =
                format!("`surface_id` is {id:?}, which is the id of surfaces[{first}] too; ids are unique in a mock");
            found.push((place, problem));
        }
    }
}

/// Checks a surface, and returns what of it can be read.
fn check_surface(surface: Spanned<DeValue<'_>>, found: &mut Vec<(Place, String)>) -> SurfaceConfig {
    let place = surface.span();
    let DeValue::Table(mut table) = surface.into_inner() else {
        found.push((place, "a surface is a table; begin it with [[surfaces]]".to_owned()));
        return SurfaceConfig::default();
    };
    let mut list = |part: Part, found: &mut Vec<(Place, String)>| items(table.remove(part.name()), found);
    let before = found.len();
    let (capabilities, capability_places) = read_all::<Capability>(list(Part::Capabilities, found), found);
    let (keys, key_places) = read_all::<KeyConfig>(list(Part::Keys, found), found);
    let (faults, fault_places) = read_all::<Fault>(list(Part::Faults, found), found);
    let is_whole = before == found.len();
    let mut config: SurfaceConfig = read(Spanned::new(place, DeValue::Table(table)), found).unwrap_or_default();
    config.capabilities = capabilities;
    config.keys = keys;
    config.faults = faults;
    // With an unreadable capability, the others would seem to name an unknown one.
    if is_whole {
        for contradiction in config.contradictions() {
            let places = match contradiction.part {
                Part::Capabilities => &capability_places,
                Part::Keys => &key_places,
                Part::Faults => &fault_places,
            };
            let place = places.get(contradiction.index).cloned().unwrap_or_default();
            found.push((place, contradiction.to_string()));
        }
    }
    config
}

/// The items of a list, if it is one.
fn items<'t>(list: Option<Spanned<DeValue<'t>>>, found: &mut Vec<(Place, String)>) -> DeArray<'t> {
    let Some(list) = list else { return DeArray::new() };
    let place = list.span();
    match list.into_inner() {
        DeValue::Array(items) => items,
        _ => {
            found.push((place, "this must be a list of tables, each with its own [[…]]".to_owned()));
            DeArray::new()
        }
    }
}

/// Reads all items, and returns those that can be read, with their places.
fn read_all<T: for<'de> Deserialize<'de>>(
    items: DeArray<'_>,
    found: &mut Vec<(Place, String)>,
) -> (Vec<T>, Vec<Place>) {
    let mut all = (Vec::new(), Vec::new());
    for item in items {
        let place = item.span();
        if let Some(value) = read(item, found) {
            all.0.push(value);
            all.1.push(place);
        }
    }
    all
}

fn read<T: for<'de> Deserialize<'de>>(item: Spanned<DeValue<'_>>, found: &mut Vec<(Place, String)>) -> Option<T> {
    let place = item.span();
    match T::deserialize(ValueDeserializer::from(item)) {
        Ok(value) => Some(value),
        Err(error) => {
            found.push((error.span().unwrap_or(place), error.message().to_owned()));
            None
        }
    }
}
