//! Nothing by itself: the programs are `summarize` and `errors`.

/// The README of the repository, so that its Rust examples are compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
