//! Certificates that were not accepted: what is wrong with them, and what to do.

use std::{fmt, time::SystemTime};

use super::{
    route::Roots,
    spelling::{is_node, quoted_setting, spell},
};
use crate::redact;

/// Most names of a certificate in a text.
const MOST_NAMES: usize = 3;

/// A certificate that was not accepted, and the host that it was for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the certificate for {host} was not accepted: {fault}")]
pub(crate) struct RejectedCertificate {
    pub(crate) host: String,
    pub(crate) fault: Fault,
}

/// Why a server did not accept the client's certificate. RFC 8446, section 6.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefusedIdentity {
    Missing,
    Unacceptable(&'static str),
}

impl RefusedIdentity {
    /// By the alert, as the TLS library names it.
    pub(super) fn of_alert(alert: &str) -> Option<Self> {
        match alert {
            "CertificateRequired" => Some(Self::Missing),
            "BadCertificate" => Some(Self::Unacceptable("bad certificate")),
            "UnsupportedCertificate" => Some(Self::Unacceptable("unsupported certificate")),
            "CertificateRevoked" => Some(Self::Unacceptable("revoked")),
            "CertificateExpired" => Some(Self::Unacceptable("expired")),
            "CertificateUnknown" => Some(Self::Unacceptable("not accepted")),
            "UnknownCA" => Some(Self::Unacceptable("unknown authority")),
            _ => None,
        }
    }

    pub(super) fn sentence(self) -> String {
        match self {
            Self::Missing => "the server asks for a certificate of the client".to_owned(),
            Self::Unacceptable(reason) => format!("the server does not accept the client's certificate ({reason})"),
        }
    }

    pub(super) fn remedy(self) -> String {
        let identity = spell("identity");
        match self {
            Self::Missing => format!("Pass the client's certificate and its private key as {identity}."),
            Self::Unacceptable(_) => format!("Check {identity} with the server's owner."),
        }
    }
}

/// What is wrong with a server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nobody that is trusted issued it.
    UnknownIssuer {
        /// The last authority of the chain, if it has a readable name.
        issuer: Option<String>,
    },
    /// Its own key signed it, and it is not trusted.
    SelfSigned,
    /// It may sign others, so it cannot be a server's.
    Authority,
    Expired {
        at: Option<SystemTime>,
    },
    NotYetValid {
        from: Option<SystemTime>,
    },
    OtherNames {
        names: Vec<String>,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date =
            |time: &Option<SystemTime>| time.map(httpdate::fmt_http_date).unwrap_or_else(|| "another date".into());
        match self {
            Self::UnknownIssuer { issuer: Some(issuer) } => {
                write!(f, "it was issued by {}, which is not trusted", redact::quote(issuer))
            }
            Self::UnknownIssuer { issuer: None } => f.write_str("the authority that issued it is not trusted"),
            Self::SelfSigned => f.write_str("it is self-signed, and not trusted"),
            Self::Authority => f.write_str("it is an authority's (CA:TRUE), which a server must not use as its own"),
            Self::Expired { at } => write!(f, "it expired on {}", date(at)),
            Self::NotYetValid { from } => write!(f, "it is not valid before {}", date(from)),
            Self::OtherNames { names } if names.is_empty() => f.write_str("it is for no name at all"),
            Self::OtherNames { names } => {
                let shown: Vec<_> = names.iter().take(MOST_NAMES).map(|name| redact::quote(name)).collect();
                let more = if names.len() > MOST_NAMES { " and others" } else { "" };
                write!(f, "it is for {}{more}", shown.join(", "))
            }
        }
    }
}

impl Fault {
    /// Whether another choice of authorities would help.
    pub(super) fn is_of_trust(&self) -> bool {
        matches!(self, Self::UnknownIssuer { .. } | Self::SelfSigned)
    }

    /// What to do, where `roots` are trusted.
    pub(super) fn remedy(&self, roots: Roots) -> String {
        match self {
            Self::UnknownIssuer { .. } | Self::SelfSigned => trust(self, roots),
            Self::Authority => "Ask the server's owner for a certificate that is not an authority's (CA:FALSE).".into(),
            Self::Expired { .. } => "Ask the server's owner to renew it, or check this machine's clock.".into(),
            Self::NotYetValid { .. } => "Check this machine's clock.".into(),
            Self::OtherNames { .. } => format!("Check {}, or ask the server's owner.", spell("base_url")),
        }
    }
}

/// How to trust an authority, as written in the application's language.
fn trust(fault: &Fault, roots: Roots) -> String {
    let what = match fault {
        Fault::SelfSigned => "this certificate",
        _ => "this authority, as behind a proxy that inspects TLS",
    };
    let system = match roots {
        Roots::Bundled | Roots::OfVariables if cfg!(feature = "native-roots") => {
            format!("; {} trusts this machine's authorities", quoted_setting("trust", "system"))
        }
        Roots::Bundled | Roots::OfVariables | Roots::System | Roots::Both => String::new(),
    };
    let node = if is_node() { ", set NODE_EXTRA_CA_CERTS to that file" } else { "" };
    format!(
        "If you trust {what}, pass the PEM file with its certificate as {}{node}, or set SSL_CERT_FILE{system}.",
        spell("root_certificates")
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_fault_has_a_sentence_and_a_remedy_of_its_own() {
        let then = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(1_000_000_000));
        let names = |names: &[&str]| Fault::OtherNames { names: names.iter().map(|name| (*name).to_owned()).collect() };
        for (fault, sentence, remedy) in [
            (
                Fault::UnknownIssuer { issuer: Some("mitm\nproxy".into()) },
                "it was issued by \"mitm\\nproxy\", which is not trusted",
                "If you trust this authority, as behind a proxy that inspects TLS, pass the PEM file with its certificate as root_certificates, or set SSL_CERT_FILE",
            ),
            (Fault::UnknownIssuer { issuer: None }, "the authority that issued it is not trusted", "If you trust"),
            (Fault::SelfSigned, "it is self-signed, and not trusted", "If you trust this certificate, pass"),
            (Fault::Authority, "it is an authority's (CA:TRUE)", "Ask the server's owner for a certificate"),
            (
                Fault::Expired { at: then },
                "it expired on Sun, 09 Sep 2001 01:46:40 GMT",
                "Ask the server's owner to renew",
            ),
            (Fault::Expired { at: None }, "it expired on another date", "Ask the server's owner to renew"),
            (
                Fault::NotYetValid { from: then },
                "it is not valid before Sun, 09 Sep 2001",
                "Check this machine's clock.",
            ),
            (names(&["a", "b"]), "it is for \"a\", \"b\"", "Check base_url, or ask"),
            (names(&["a", "b", "c", "d"]), "it is for \"a\", \"b\", \"c\" and others", "Check base_url"),
            (names(&[]), "it is for no name at all", "Check base_url"),
        ] {
            let (shown, does) = (fault.to_string(), fault.remedy(Roots::Bundled));
            assert!(shown.starts_with(sentence) && does.starts_with(remedy), "{shown}: {does}");
        }
    }

    #[cfg(feature = "native-roots")]
    #[test]
    fn the_platforms_roots_are_offered_only_where_they_are_not_trusted_yet() {
        let remedy = |roots| Fault::SelfSigned.remedy(roots);
        assert!(remedy(Roots::Bundled).contains("; trust=\"system\" trusts this machine's authorities."));
        assert!(remedy(Roots::OfVariables).contains("trust=\"system\""));
        assert!(!remedy(Roots::System).contains("trust=") && !remedy(Roots::Both).contains("trust="));
    }
}
