//! A mock of API surfaces.
