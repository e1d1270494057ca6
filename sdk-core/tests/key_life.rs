//! The lifetime of a key in a running application: rotation under load, and wiping its memory.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use runtype_mock::MockSurface;
use runtype_surface::{ApiKey, KeySource};
use serde_json::{Value, json};
use support::{builder, fake_builder};

const CALLS: usize = 1_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotating_a_key_file_under_a_thousand_calls_fails_none() {
    let mock = MockSurface::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let old = mock.mint(["*"]).unwrap();
    std::fs::write(&path, &old).unwrap();
    let client = builder(&mock).api_key_source(KeySource::file(&path)).max_retries(0).build().unwrap();

    let started = Arc::new(AtomicUsize::new(0));
    let calls: Vec<_> = (0..CALLS)
        .map(|number| {
            let (client, started) = (client.clone(), started.clone());
            tokio::spawn(async move {
                started.fetch_add(1, Ordering::SeqCst);
                client.call::<Value>("echo", &json!({ "number": number })).await
            })
        })
        .collect();
    while started.load(Ordering::SeqCst) < CALLS / 4 {
        tokio::task::yield_now().await;
    }
    let new = mock.mint(["*"]).unwrap();
    std::fs::write(&path, &new).unwrap();
    mock.revoke(&old).unwrap();

    for (number, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap().unwrap(), json!({ "number": number }));
    }
    let hints = [ApiKey::parse(old).unwrap().hint(), ApiKey::parse(new).unwrap().hint()];
    let journal = mock.requests();
    let succeeded = journal.iter().filter(|entry| entry.status == Some(200)).count();
    assert_eq!(succeeded, CALLS, "each call ran once");
    for entry in &journal {
        let hint = entry.key_hint.clone().unwrap();
        assert!(hints.contains(&hint), "{hint} is neither key");
        // Only the revoked key was ever refused.
        assert!(entry.status == Some(200) || hint == hints[0], "{hint} got {:?}", entry.status);
    }
    assert!(
        journal.iter().any(|entry| entry.key_hint.as_ref() == Some(&hints[1])),
        "nothing was sent with the new key"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_rejected_calls_ask_the_key_function_once() {
    let mock = MockSurface::start().await.unwrap();
    let (old, new) = (mock.mint(["*"]).unwrap(), mock.mint(["*"]).unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let source = {
        let (asked, keys) = (asked.clone(), [old.clone(), new.clone()]);
        KeySource::function(move || {
            let number = asked.fetch_add(1, Ordering::SeqCst);
            let key = keys[number.min(1)].clone();
            async move { Ok::<_, std::io::Error>(key) }
        })
    };
    let client = builder(&mock).api_key_source(source).max_retries(0).build().unwrap();
    client.call::<Value>("echo", &json!({})).await.unwrap();
    mock.revoke(&old).unwrap();

    let calls: Vec<_> = (0..CALLS)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.call::<Value>("echo", &json!({})).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2, "once at the start, once for all rejected calls");
}

#[tokio::test]
async fn a_key_function_that_knows_no_good_key_is_asked_at_most_once_in_five_seconds() {
    let mock = Arc::new(MockSurface::start().await.unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let source = KeySource::function(move || {
        let number = count.fetch_add(1, Ordering::SeqCst);
        async move { Ok::<_, std::io::Error>(format!("papi_unknown_to_the_server_{number:04}")) }
    });
    let (builder, clock) = fake_builder(&mock);
    let client = builder.api_key_source(source).build().unwrap();
    for _ in 0..50 {
        let error = client.call::<Value>("echo", &json!({})).await.unwrap_err();
        assert_eq!(error.status(), Some(401));
    }
    assert_eq!((asked.load(Ordering::SeqCst), mock.requests().len()), (2, 51));
    clock.advance(Duration::from_secs(5));
    client.call::<Value>("echo", &json!({})).await.unwrap_err();
    assert_eq!((asked.load(Ordering::SeqCst), mock.requests().len()), (3, 53));
}

/// Counts occurrences of a text in this process's writable memory. The needle is stored inverted, so that it does not match
/// itself.
#[cfg(target_os = "linux")]
fn count_in_memory(inverted: &[u8]) -> usize {
    use std::os::unix::fs::FileExt;

    let memory = std::fs::File::open("/proc/self/mem").unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut count = 0;
    let mut chunk = vec![0; 1 << 20];
    for line in maps.lines().filter(|line| line.contains("rw-p")) {
        let (from, to) = line.split_once(' ').and_then(|(range, _)| range.split_once('-')).unwrap();
        let (mut at, end) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        // Pieces overlap by one byte less than the needle, so that each occurrence is counted exactly once.
        while at < end {
            let Ok(read) = memory.read_at(&mut chunk, at) else { break };
            let read = read.min(usize::try_from(end - at).unwrap());
            count += memchr::memchr_iter(!inverted[0], &chunk[..read])
                .filter_map(|begin| chunk[..read].get(begin..begin + inverted.len()))
                .filter(|window| window.iter().zip(inverted).all(|(byte, other)| *byte == !other))
                .count();
            if read < chunk.len() {
                break;
            }
            at += (read - inverted.len() + 1) as u64;
        }
        chunk.fill(0);
    }
    count
}

#[cfg(target_os = "linux")]
#[test]
fn a_dropped_key_leaves_nothing_in_memory() {
    // Only the end of the key, built at run time, so that the program's own text does not contain it.
    let inverted: Vec<u8> = (0..24_u8).map(|n| !(b'a' + (n * 7) % 26)).collect();
    let text = || {
        let mut text = String::with_capacity(64);
        text.push_str("papi_");
        inverted.iter().for_each(|byte| text.push(char::from(!byte)));
        text
    };
    let key = ApiKey::parse(text()).unwrap();
    let clone = key.clone();
    assert!(count_in_memory(&inverted) >= 1, "the search does not find a key that is there");
    drop(key);
    assert!(count_in_memory(&inverted) >= 1, "a clone keeps the key alive");
    drop(clone);
    assert_eq!(count_in_memory(&inverted), 0);
}
