//! The current key, and its rotation.
//!
//! The documented rotation: revoke the old key, create a new one, configure it. A revoked key stops working at
//! once, so the first sign of a rotation is a 401. One call then asks the source again for all calls in flight. If it returns
//! another key, they are sent again with it, and later calls use it.

use std::{
    path::PathBuf,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
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
    /// Whether no call has succeeded since the source was asked after a 401.
    is_doubtful: AtomicBool,
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
    /// Time of the last request to the source after a 401; `None` once its key has been accepted.
    asked: Option<Instant>,
}

/// Time between two requests to a source whose key was refused.
const BETWEEN_REFUSALS: Duration = Duration::from_secs(5);

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
    /// Its last key was refused just before: it was not asked.
    TooSoon,
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
        Ok(Self {
            source,
            rules,
            state: Mutex::new(state),
            is_doubtful: AtomicBool::new(false),
            asking: tokio::sync::Mutex::new(()),
        })
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

    /// Records that the server accepted a key.
    pub(crate) fn accepted(&self, key: &ApiKey) {
        if self.is_doubtful.load(Ordering::Relaxed) {
            let mut state = self.lock();
            if state.current.as_ref() == Some(key) {
                state.asked = None;
                self.is_doubtful.store(false, Ordering::Relaxed);
            }
        }
    }

    /// Asks the source again, after a 401 to an attempt that was sent with `refused` at `sent`. A source whose last key was
    /// refused is asked at most once in 5 s.
    pub(crate) async fn renew(&self, refused: &ApiKey, sent: Instant, now: impl Fn() -> Instant) -> Renewal {
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
                _ if state.asked.is_some_and(|asked| now() < asked + BETWEEN_REFUSALS) => return Renewal::TooSoon,
                _ => {}
            }
        }
        let asked = now();
        let path = self.source.path(&self.rules.environment);
        let file = stamp(path.as_ref());
        let response = self.source.ask(&self.rules).await;
        let mut state = self.lock();
        state.asked = Some(asked);
        self.is_doubtful.store(true, Ordering::Relaxed);
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
                tokio::spawn(async move { matches!(ring.renew(&first, sent, Instant::now).await, Renewal::Another(_)) })
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
            assert!(matches!(ring.renew(&key, sent, || sent).await, Renewal::Same { was_asked: true }));
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_source_whose_key_was_refused_is_asked_again_at_most_once_in_five_seconds() {
        let asked = Arc::new(AtomicU32::new(0));
        let count = asked.clone();
        let ring = ring(KeySource::function(move || {
            let number = count.fetch_add(1, Ordering::SeqCst);
            async move { Ok::<_, std::io::Error>(format!("papi_key_number_{:04}", number.min(1))) }
        }));
        let first = ring.current().await.unwrap();
        let began = Instant::now();
        let after = |seconds: f64| began + Duration::from_secs_f64(seconds);
        let Renewal::Another(second) = ring.renew(&first, began, || began).await else { panic!("no other key") };
        for seconds in [0.1, 2.0, 4.9] {
            let renewal = ring.renew(&second, after(seconds), || after(seconds)).await;
            assert!(matches!(renewal, Renewal::TooSoon), "{seconds}");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        ring.renew(&second, after(5.0), || after(5.0)).await;
        assert_eq!(asked.load(Ordering::SeqCst), 3);
        // A key that was accepted in between is revoked at another time.
        ring.accepted(&second);
        ring.renew(&second, after(6.0), || after(6.0)).await;
        assert_eq!(asked.load(Ordering::SeqCst), 4);
    }

    #[tokio::test]
    async fn a_fixed_key_is_not_asked_for_again() {
        let key = ApiKey::parse("papi_fixed_value").unwrap();
        let ring = ring(KeySource::value(key.clone()));
        assert!(matches!(ring.renew(&key, Instant::now(), Instant::now).await, Renewal::Same { was_asked: false }));
    }

    #[tokio::test]
    async fn a_file_whose_metadata_is_the_same_is_not_read_again() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "papi_first_aaaa").unwrap();
        let ring = ring(KeySource::file(file.path()));
        let modified = file.as_file().metadata().unwrap().modified().unwrap();
        std::fs::write(file.path(), "papi_other_bbbb").unwrap();
        file.as_file().set_modified(modified).unwrap();
        assert_eq!(ring.current().await.unwrap().hint(), "papi_…aaaa");
        file.as_file().set_modified(modified + Duration::from_secs(1)).unwrap();
        assert_eq!(ring.current().await.unwrap().hint(), "papi_…bbbb");
    }

    #[tokio::test]
    async fn a_source_that_fails_after_a_401_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "papi_first_aaaa").unwrap();
        let ring = ring(KeySource::file(&path));
        let key = ring.current().await.unwrap();
        std::fs::remove_file(&path).unwrap();
        let sent = Instant::now();
        let Renewal::Failed(error) = ring.renew(&key, sent, || sent).await else { panic!("no failure") };
        assert!(error.to_string().contains("cannot be read"), "{error}");
    }
}
