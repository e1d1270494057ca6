//! How a connection is made: through which proxy, and whose certificates are trusted.

use super::spelling::spell;

/// Whose certificates are trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "native-roots"), expect(dead_code, reason = "the platform's store needs the feature"))]
pub(crate) enum Roots {
    Bundled,
    /// Those of `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    OfVariables,
    System,
    Both,
}

impl Roots {
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::Bundled => "Mozilla's authorities are trusted.",
            Self::OfVariables => "Only the authorities of SSL_CERT_FILE and SSL_CERT_DIR are trusted.",
            Self::System => "This machine's authorities are trusted.",
            Self::Both => "Mozilla's and this machine's authorities are trusted.",
        }
    }
}

/// A proxy, without its user name and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProxyName {
    /// Host and port.
    pub(crate) host: String,
    /// The option or variable that sets it, as in the core.
    pub(crate) set_by: &'static str,
    pub(crate) has_password: bool,
}

impl ProxyName {
    /// What to do about a 407.
    pub(super) fn credentials(&self) -> String {
        let set_by = spell(self.set_by);
        if self.has_password {
            format!("Check the user name and the password in {set_by}.")
        } else {
            format!("Put a user name and a password into {set_by}: http://user:password@{}.", self.host)
        }
    }
}

/// How a connection was to be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route<'a> {
    /// Host and port of the API.
    pub(crate) host: &'a str,
    pub(crate) proxy: Option<&'a ProxyName>,
    /// What the proxy said instead of opening a tunnel.
    pub(crate) proxy_status: Option<u16>,
    pub(crate) roots: Roots,
}

impl<'a> Route<'a> {
    /// For a connection that was made, however it was.
    pub(crate) fn to(host: &'a str) -> Self {
        Self { host, proxy: None, proxy_status: None, roots: Roots::Bundled }
    }
}
