//! Addresses: the functions that need no client.

use napi::bindgen_prelude::Either;
use napi_derive::napi;

use crate::{
    guard::{self, Guarded},
    panic::place::Place,
};

/// The address of a surface, in its parts.
#[napi(object, object_from_js = false)]
pub struct Endpoint {
    /// Scheme, host, port and path prefix.
    pub base_url: String,
    /// The product's id.
    pub product_id: String,
    /// The surface's id.
    pub surface_id: String,
    /// The capability's slug, where the URL had one.
    pub capability: Option<String>,
}

/// Takes a full URL apart.
#[napi(ts_return_type = "Endpoint | NativeError")]
#[must_use]
pub fn parse_endpoint(url: String) -> Guarded<Endpoint> {
    guard::at(Place::Entry, || match runtype_surface::Endpoint::parse(&url) {
        Ok(endpoint) => Either::A(Endpoint {
            base_url: endpoint.base_url().to_owned(),
            product_id: endpoint.product_id().to_owned(),
            surface_id: endpoint.surface_id().to_owned(),
            capability: endpoint.capability().map(ToOwned::to_owned),
        }),
        Err(error) => Either::B(error.into()),
    })
}

/// Turns a capability's name into its slug.
#[napi(ts_return_type = "string | NativeError")]
#[must_use]
pub fn capability_slug(name: String) -> Guarded<String> {
    guard::plain(Place::Entry, || runtype_surface::capability_slug(&name))
}
