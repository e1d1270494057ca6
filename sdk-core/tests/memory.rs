//! Memory under load: ten thousand calls leave no more behind than a thousand.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    unsafe_code,
    reason = "an allocator that counts is unsafe by its trait; it hands everything on to the system's"
)]

mod support;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicIsize, Ordering},
};

use runtype_surface::{CallResult, Client};
use serde_json::{Value, json};
use support::raw_server::{RawServer, response};

/// Counts the bytes that are allocated and not freed.
struct Counting;

static LIVE: AtomicIsize = AtomicIsize::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size().cast_signed(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size().cast_signed(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

async fn calls(client: &Client, count: usize) {
    let inputs = (0..count).map(|number| json!({ "number": number, "text": "x".repeat(1_000) }));
    let mut results = client.capability("echo").many(inputs).concurrency(256).in_order(false);
    while let Some(CallResult { result, .. }) = results.next().await {
        result.unwrap();
    }
}

#[tokio::test]
async fn memory_does_not_grow_after_the_first_thousand_calls() {
    let body = serde_json::to_vec(&json!({ "text": "x".repeat(1_000) })).unwrap();
    let server = RawServer::start(move |_| response(200, &[], &body)).await;
    let client = Client::builder()
        .variables(|_| None)
        .api_key("papi_memory_key_0001")
        .product_id("p")
        .surface_id("s")
        .base_url(server.url())
        .build()
        .unwrap();
    calls(&client, 1_000).await;
    let after_a_thousand = LIVE.load(Ordering::Relaxed);
    calls(&client, 9_000).await;
    client.call::<Value>("echo", &json!({})).await.unwrap();
    let growth = LIVE.load(Ordering::Relaxed) - after_a_thousand;
    // A leak of a hundred bytes per call would be 900,000. The buffers of up to 256 connections (both sides) vary.
    assert!(growth < 600_000, "{growth} bytes more are live than after the first thousand calls");
}
