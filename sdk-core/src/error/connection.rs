//! Texts of connections that could not be made, or broke.

use super::{
    cause::Cause,
    certificate::RejectedCertificate,
    explain::{CHECK_EFFECTS, consequence, lines, status_name, who},
    facts::Facts,
    kind::ErrorKind,
    route::{ProxyName, Route},
    spelling::spell,
};

/// What happened, and what to do, in the user's terms.
struct Told {
    happened: String,
    addition: Option<&'static str>,
    remedy: String,
}

/// The error of a connection that could not be made, or broke.
pub(crate) fn broken(capability: Option<&str>, route: &Route<'_>, cause: Cause, may_have_executed: bool) -> Box<Facts> {
    let told = match cause.refused_identity() {
        Some(refused) => Told {
            happened: format!("could not connect to {}{}: {}", route.host, through(route), refused.sentence()),
            addition: None,
            remedy: refused.remedy(),
        },
        None if cause.is_connect() => unmade(route, &cause),
        None => of_broken(route, &cause, may_have_executed),
    };
    let consequence = consequence(may_have_executed);
    let second = told.addition.map_or_else(|| consequence.to_owned(), |said| format!("{said} {consequence}"));
    Box::new(Facts {
        kind: Some(ErrorKind::Connection),
        text: lines([&format!("{}{}", who(capability), told.happened), &second, &told.remedy]),
        may_have_executed,
        os_code: cause.os_code(),
        source: Some(Box::new(cause)),
        ..Facts::default()
    })
}

fn of_broken(route: &Route<'_>, cause: &Cause, may_have_executed: bool) -> Told {
    Told {
        happened: format!("the connection to {}{} broke: {}", route.host, through(route), cause.reason()),
        addition: None,
        remedy: if may_have_executed { CHECK_EFFECTS } else { "It is safe to retry." }.to_owned(),
    }
}

fn through(route: &Route<'_>) -> String {
    route.proxy.map(|proxy| format!(" through the proxy {}", proxy.host)).unwrap_or_default()
}

fn unmade(route: &Route<'_>, cause: &Cause) -> Told {
    if let Some(rejected) = cause.rejected_certificate() {
        return untrusted(route, rejected);
    }
    if let Some(told) = route.proxy.and_then(|proxy| of_proxy(route, proxy, cause)) {
        return told;
    }
    Told {
        happened: format!("could not connect to {}{}: {}", route.host, through(route), cause.reason()),
        addition: None,
        remedy: format!("Check {}, the network and the proxy.", spell("base_url")),
    }
}

fn untrusted(route: &Route<'_>, rejected: &RejectedCertificate) -> Told {
    let host = route.host.rsplit_once(':').map_or(route.host, |(host, _)| host);
    let bare = |host: &str| host.trim_matches(['[', ']']).to_ascii_lowercase();
    let whose = match route.proxy {
        Some(proxy) if bare(host) != bare(&rejected.host) => format!("the certificate of the proxy {}", proxy.host),
        _ => "its certificate".to_owned(),
    };
    let fault = rejected.fault.to_string();
    let fault = fault.strip_prefix("it ").map_or_else(|| format!("was not accepted: {fault}"), str::to_owned);
    let is_of_trust = rejected.fault.is_of_trust();
    Told {
        happened: format!("could not connect to {}{}: {whose} {fault}", route.host, through(route)),
        addition: is_of_trust.then(|| route.roots.sentence()),
        remedy: rejected.fault.remedy(route.roots),
    }
}

/// What went wrong between this machine and the proxy, or what the proxy refused.
fn of_proxy(route: &Route<'_>, proxy: &ProxyName, cause: &Cause) -> Option<Told> {
    let (name, set_by) = (&proxy.host, spell(proxy.set_by));
    if cause.is_of_socket() {
        return Some(Told {
            happened: format!("could not connect to the proxy {name}: {}", cause.reason()),
            addition: None,
            remedy: format!("Check {set_by} and the network."),
        });
    }
    let happened = |reason: String| format!("could not connect to {} through the proxy {name}: {reason}", route.host);
    let refused = |status: u16| happened(format!("it refused with {status} {}", status_name(status)));
    let told = |happened: String, remedy: String| Some(Told { happened, addition: None, remedy });
    match (cause.tunnel_failure()?, route.proxy_status) {
        ("proxy authorization required", _) => told(refused(407), proxy.credentials()),
        (_, Some(status @ (400 | 404 | 405 | 501))) => {
            told(refused(status), format!("Check {set_by}: this may be no proxy, but another server."))
        }
        (_, Some(status)) => told(refused(status), "Ask the proxy's administrator, or use another proxy.".to_owned()),
        _ => told(
            happened("it did not answer as a proxy".to_owned()),
            format!("Check {set_by}: this may be no proxy, but another server."),
        ),
    }
}

#[cfg(test)]
mod tests;
