//! JSON between Python objects and bytes.

pub(crate) mod decode;
pub(crate) mod encode;
