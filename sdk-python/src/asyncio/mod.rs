//! Tasks of asyncio loops, which the network's threads run.

pub(crate) mod completion_queue;
mod waker;
