//! Parsing of paths: the control interface, a capability, or the key management.

/// Endpoint of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// The control interface, and the segments after `__mock`.
    Control(&'a [&'a str]),
    /// One segment under a surface's `api`.
    Call(CallPath<'a>),
    /// A surface, and the segments after its id.
    Management(ManagementPath<'a>),
    /// Unknown.
    Unknown,
}

/// The path of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallPath<'a> {
    /// The product's id.
    pub(crate) product: &'a str,
    /// The surface's id.
    pub(crate) surface: &'a str,
    /// The last segment: a slug, or the name of another endpoint.
    pub(crate) slug: &'a str,
}

/// The path of a management request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ManagementPath<'a> {
    /// The product's id.
    pub(crate) product: &'a str,
    /// The surface's id.
    pub(crate) surface: &'a str,
    /// The segments after the surface's id.
    pub(crate) rest: &'a [&'a str],
}

impl<'a> Route<'a> {
    /// Parses the decoded segments of a path.
    pub(crate) fn of(segments: &'a [&'a str]) -> Self {
        match segments {
            ["__mock", rest @ ..] => Self::Control(rest),
            ["v1", "products", product, "surfaces", surface, "api", slug] => {
                Self::Call(CallPath { product, surface, slug })
            }
            ["v1", "products", product, "surfaces", surface, rest @ ..] => {
                Self::Management(ManagementPath { product, surface, rest })
            }
            _ => Self::Unknown,
        }
    }
}
