//! Memory of a stream that is only iterated: no allocation per event, and what is kept is its text.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "an allocator that counts is unsafe by its trait; it passes everything to the system's")]

mod support;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use runtype_surface::Client;
use support::raw_server::{RawServer, response};

/// Counts the allocations of each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const EVENTS: usize = 20_000;

/// Number of allocations of this thread while a stream of these events is iterated, without those of its server.
async fn allocations(event: &str) -> usize {
    let body = format!("event: execution_start\ndata: {{\"executionId\":\"exec_1\"}}\n\n{}", event.repeat(EVENTS))
        + "event: execution_complete\ndata: {}\n\n";
    let (address, addressed) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async move {
            let server =
                RawServer::start(move |_| response(200, &[("content-type", b"text/event-stream")], body.as_bytes()));
            let server = server.await;
            address.send(server.url()).unwrap();
            std::future::pending::<()>().await;
        });
    });
    let client = Client::builder()
        .variables(|_| None)
        .api_key("papi_memory_key_0001")
        .product_id("p")
        .surface_id("s")
        .base_url(addressed.await.unwrap())
        .build()
        .unwrap();
    let mut stream = client.capability("agent").stream().await.unwrap();
    let before = ALLOCATIONS.get();
    while let Some(event) = stream.next().await {
        event.unwrap();
    }
    let count = ALLOCATIONS.get() - before;
    assert_eq!(stream.events_seen(), EVENTS as u64 + 2);
    count
}

#[tokio::test(flavor = "current_thread")]
async fn iterating_allocates_nothing_per_event() {
    for event in [
        "event: text_delta\ndata: {\"delta\":\"a line\\n \\u6f22 \\ud83d\\ude00\",\"id\":\"t1\"}\n\n",
        "event: reasoning_delta\ndata: {\"delta\":\"hm\\n\"}\n\n",
        "event: step_start\ndata: {\"id\":\"s\"}\n\n",
    ] {
        let count = allocations(event).await;
        // The network's chunks and the growth of the buffers: one for many events.
        assert!(count < EVENTS / 10, "{count} allocations for {EVENTS} events: {event}");
    }
}
