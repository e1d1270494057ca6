//! The current key, and its rotation.
//!
//! The documented rotation: revoke the old key, create a new one, configure it. A revoked key stops working at
//! once, so the first sign of a rotation is a 401. One call then asks the source again for all calls in flight. If it returns
//! another key, they are sent again with it, and later calls use it.

use std::{
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use tokio::time::Instant;

use super::{
    ApiKey,
    source::{KeyRules, KeySource},
};
use crate::error::Error;

#[derive(Debug)]
pub(crate) struct KeyRing {
    source: KeySource,
    rules: KeyRules,
    state: Mutex<State>,
    /// Held by the call that asks the source.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<ApiKey>,
    /// The file behind the key, if there is one. Variables that name it are read only when the source is asked: reading them in
    /// every call would race with an application that sets them.
    path: Option<PathBuf>,
    file: Option<Stamp>,
    /// Time of the last request to the source after a 401.
    asked: Option<Instant>,
}

/// The file's metadata, which changes with its content.
#[derive(Debug, Clone, PartialEq)]
struct Stamp {
    path: PathBuf,
    modified: Option<SystemTime>,
    bytes: u64,
}

/// Result of asking the source after a 401.
pub(crate) enum Renewal {
    /// Another key: send the call again.
    Another(ApiKey),
    /// The same key, or a fixed value.
    Same { was_asked: bool },
    /// The source failed.
    Failed(Error),
}

impl KeyRing {
    /// Reads the key at once if its source does not block, so that an invalid one is rejected before the first call.
    pub(crate) fn new(source: KeySource, rules: KeyRules) -> Result<Self, Error> {
        let mut state = State::default();
        if source.is_immediate() {
            state.path = source.path(&rules.environment);
            state.file = stamp(state.path.as_ref());
            state.current = Some(source.ask_now(&rules)?);
        }
        Ok(Self { source, rules, state: Mutex::new(state), asking: tokio::sync::Mutex::new(()) })
    }

    /// The key for the next attempt. A file that has changed is read again.
    pub(crate) async fn current(&self) -> Result<ApiKey, Error> {
        if let Some(key) = self.known() {
            return Ok(key);
        }
        let _alone = self.asking.lock().await;
        if let Some(key) = self.known() {
            return Ok(key);
        }
        let key = self.source.ask(&self.rules).await?;
        self.lock().current = Some(key.clone());
        Ok(key)
    }

    fn known(&self) -> Option<ApiKey> {
        // Reading a file's metadata takes about a microsecond, less than a switch to another thread.
        let mut state = self.lock();
        let file = stamp(state.path.as_ref());
        if file.is_some() && file != state.file {
            // While a file is being replaced it may be absent or incomplete: the current key is used until it is complete.
            if let Ok(key) = self.source.ask_now(&self.rules) {
                state.current = Some(key);
                state.file = file;
            }
        }
        state.current.clone()
    }

    /// Asks the source again, after a 401 to an attempt that was sent with `refused` at `sent`.
    pub(crate) async fn renew(&self, refused: &ApiKey, sent: Instant) -> Renewal {
        if !self.source.can_change() {
            return Renewal::Same { was_asked: false };
        }
        let _alone = self.asking.lock().await;
        {
            let state = self.lock();
            match &state.current {
                Some(current) if current != refused => return Renewal::Another(current.clone()),
                // Another call asked after this attempt was sent, and got the same key.
                _ if state.asked.is_some_and(|asked| asked >= sent) => return Renewal::Same { was_asked: true },
                _ => {}
            }
        }
        let asked = Instant::now();
        let path = self.source.path(&self.rules.environment);
        let file = stamp(path.as_ref());
        let response = self.source.ask(&self.rules).await;
        let mut state = self.lock();
        state.asked = Some(asked);
        match response {
            Ok(key) => {
                (state.path, state.file) = (path, file);
                state.current = Some(key.clone());
                if key == *refused { Renewal::Same { was_asked: true } } else { Renewal::Another(key) }
            }
            Err(error) => Renewal::Failed(error),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stamp(path: Option<&PathBuf>) -> Option<Stamp> {
    let path = path?;
    let file = std::fs::metadata(path).ok()?;
    Some(Stamp { path: path.clone(), modified: file.modified().ok(), bytes: file.len() })
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use super::*;
    use crate::{config::environment::Environment, key::PREFIX};

    fn rules() -> KeyRules {
        let environment = Environment::new(Environment::DEFAULT_PREFIX).with_lookup(|_| None);
        KeyRules { environment, prefix: PREFIX.to_owned() }
    }

    fn ring(source: KeySource) -> KeyRing {
        KeyRing::new(source, rules()).unwrap()
    }

    #[tokio::test]
    async fn a_file_is_read_again_when_it_has_changed() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "papi_first_aaaa").unwrap();
        let ring = ring(KeySource::file(file.path()));
        assert_eq!(ring.current().await.unwrap().hint(), "papi_…aaaa");
        std::fs::write(file.path(), "papi_second_one_bbbb\n").unwrap();
        assert_eq!(ring.current().await.unwrap().hint(), "papi_…bbbb");
    }

    #[tokio::test]
    async fn a_file_that_is_being_exchanged_does_not_fail_a_call() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "papi_first_aaaa").unwrap();
        let ring = ring(KeySource::file(&path));
        for half in [Some(""), Some("papi_"), None] {
            match half {
                Some(text) => std::fs::write(&path, text).unwrap(),
                None => std::fs::remove_file(&path).unwrap(),
            }
            assert_eq!(ring.current().await.unwrap().hint(), "papi_…aaaa", "{half:?}");
        }
    }

    #[tokio::test]
    async fn many_refused_calls_ask_the_source_once() {
        let asked = Arc::new(AtomicU32::new(0));
        let count = asked.clone();
        let ring = Arc::new(ring(KeySource::function(move || {
            let number = count.fetch_add(1, Ordering::SeqCst);
            async move {
                tokio::task::yield_now().await;
                Ok::<_, std::io::Error>(format!("papi_key_number_{number:04}"))
            }
        })));
        let first = ring.current().await.unwrap();
        let sent = Instant::now();
        let calls: Vec<_> = (0..1_000)
            .map(|_| {
                let (ring, first) = (ring.clone(), first.clone());
                tokio::spawn(async move { matches!(ring.renew(&first, sent).await, Renewal::Another(_)) })
            })
            .collect();
        for call in calls {
            assert!(call.await.unwrap());
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        assert_eq!(ring.current().await.unwrap().hint(), "papi_…0001");
    }

    #[tokio::test]
    async fn a_source_that_knows_no_other_key_is_asked_once_for_all_calls_in_flight() {
        let asked = Arc::new(AtomicU32::new(0));
        let count = asked.clone();
        let ring = ring(KeySource::function(move || {
            count.fetch_add(1, Ordering::SeqCst);
            async { Ok::<_, std::io::Error>("papi_always_the_same".to_owned()) }
        }));
        let key = ring.current().await.unwrap();
        let sent = Instant::now();
        for _ in 0..100 {
            assert!(matches!(ring.renew(&key, sent).await, Renewal::Same { was_asked: true }));
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        assert!(matches!(ring.renew(&key, Instant::now()).await, Renewal::Same { was_asked: true }));
        assert_eq!(asked.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn a_fixed_key_is_not_asked_for_again() {
        let key = ApiKey::parse("papi_fixed_value").unwrap();
        let ring = ring(KeySource::value(key.clone()));
        assert!(matches!(ring.renew(&key, Instant::now()).await, Renewal::Same { was_asked: false }));
    }
}
