//! Calls the API surface of a Runtype product.
