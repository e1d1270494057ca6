//! The certificate authorities that a client trusts.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    str::FromStr,
};

use rustls::{RootCertStore, pki_types::CertificateDer};

use super::{TlsOptions, pem};
use crate::{
    config::{
        environment::{Environment, NODE_EXTRA_CA_CERTS, SSL_CERT_DIR, SSL_CERT_FILE},
        values::one_of,
    },
    error::{Error, cause::Cause, route::Roots, spelling::is_node},
    redact,
};

/// Which certificate authorities are trusted. Without this option: those of `SSL_CERT_FILE` and `SSL_CERT_DIR` if one of these
/// variables is set, otherwise the bundled ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trust {
    /// Mozilla's root certificates, which are part of this crate, whatever the environment says.
    #[default]
    Bundled,
    /// The root certificates of the platform, read when the client is created. `SSL_CERT_FILE` and `SSL_CERT_DIR` say where they
    /// are, as for OpenSSL.
    #[cfg(feature = "native-roots")]
    System,
    /// Both.
    #[cfg(feature = "native-roots")]
    Both,
}

impl Trust {
    /// The option's name: `bundled`, `system` or `both`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bundled => "bundled",
            #[cfg(feature = "native-roots")]
            Self::System => "system",
            #[cfg(feature = "native-roots")]
            Self::Both => "both",
        }
    }
}

impl FromStr for Trust {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        #[cfg(feature = "native-roots")]
        let all = [Self::Bundled, Self::System, Self::Both];
        #[cfg(not(feature = "native-roots"))]
        let all = [Self::Bundled];
        one_of("trust", text, all, Self::as_str)
    }
}

/// Where certificates were found, as an error names it.
struct Place<'a> {
    /// An option or a variable.
    name: &'static str,
    /// A file or a folder.
    what: &'static str,
    path: &'a Path,
}

impl Place<'_> {
    fn refuse(&self, problem: &str) -> Error {
        let path = redact::quote(&self.path.to_string_lossy());
        let problem = format!("the {} {path} {problem}: set it to one with PEM certificates, or unset it", self.what);
        Error::configuration(self.name, problem)
    }

    fn unreadable(&self, reason: &str) -> Error {
        self.refuse(&format!("cannot be read ({reason})"))
    }
}

/// The roots that the options and the environment choose; none: the bundled ones alone.
pub(super) fn choose(
    options: &TlsOptions,
    environment: Option<&Environment>,
) -> Result<Option<(RootCertStore, Roots)>, Error> {
    let variable = |name: &'static str| environment.and_then(|environment| environment.path(name));
    let (file, folders) = (variable(SSL_CERT_FILE), variable(SSL_CERT_DIR));
    let named = file.is_some() || folders.is_some();
    let replaced = |mut store: RootCertStore| -> Result<RootCertStore, Error> {
        if let Some(file) = &file {
            add_file(&mut store, SSL_CERT_FILE, file)?;
        }
        if let Some(folders) = &folders {
            add_folders(&mut store, folders.as_os_str())?;
        }
        Ok(store)
    };
    let mut chosen = match options.trust {
        Some(Trust::Bundled) => None,
        None if !named => None,
        None => Some((replaced(RootCertStore::empty())?, Roots::OfVariables)),
        #[cfg(feature = "native-roots")]
        Some(trust @ (Trust::System | Trust::Both)) => {
            let (store, roots) = match trust {
                Trust::Both => (bundled(), Roots::Both),
                _ => (RootCertStore::empty(), Roots::System),
            };
            Some((if named { replaced(store)? } else { system(store)? }, roots))
        }
    };
    let mut added = |add: &dyn Fn(&mut RootCertStore) -> Result<(), Error>| {
        let (store, _) = chosen.get_or_insert_with(|| (bundled(), Roots::Bundled));
        add(store)
    };
    // Node itself reads this variable; other languages have none of the kind.
    if is_node()
        && let Some(file) = variable(NODE_EXTRA_CA_CERTS)
    {
        added(&|store| add_file(store, NODE_EXTRA_CA_CERTS, &file))?;
    }
    for given in &options.root_certificates {
        added(&|store| add_option(store, given))?;
    }
    Ok(chosen)
}

pub(super) fn bundled() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    roots
}

/// The platform's store is read only on request: it makes creating a client ten times slower, and fails on a machine without one.
#[cfg(feature = "native-roots")]
fn system(mut roots: RootCertStore) -> Result<RootCertStore, Error> {
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let cause = found.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
        let problem = format!(
            "the platform's store has no root certificate{cause}: install one (Debian's package ca-certificates), or leave it out"
        );
        return Err(Error::configuration("trust", problem));
    }
    Ok(roots)
}

fn add_option(store: &mut RootCertStore, given: &pem::Pem) -> Result<(), Error> {
    let refuse = |problem: String| Error::configuration("root_certificates", problem);
    let certificates = given.text().and_then(|text| pem::certificates(&text)).map_err(refuse)?;
    if certificates.is_empty() {
        let problem =
            "contains no certificate: pass PEM text, which begins with -----BEGIN CERTIFICATE-----, or a path";
        return Err(refuse(problem.to_owned()));
    }
    for certificate in certificates {
        let added = store.add(certificate);
        added.map_err(|error| refuse(format!("a certificate is not usable as a root: {error}")))?;
    }
    Ok(())
}

/// A bundle may hold certificates that cannot be used; others count.
fn add_file(store: &mut RootCertStore, name: &'static str, path: &Path) -> Result<(), Error> {
    let place = Place { name, what: "file", path };
    let text = pem::read(path).map_err(|reason| place.unreadable(&reason))?;
    if add(store, &text) == 0 { Err(place.refuse("contains no usable certificate")) } else { Ok(()) }
}

/// Every file of the folders, whatever its name. What cannot be read in them is left out, as by OpenSSL.
fn add_folders(store: &mut RootCertStore, folders: &OsStr) -> Result<(), Error> {
    let mut added = 0;
    for folder in std::env::split_paths(folders).filter(|folder| !folder.as_os_str().is_empty()) {
        let place = Place { name: SSL_CERT_DIR, what: "folder", path: &folder };
        let entries = std::fs::read_dir(&folder).map_err(|error| place.unreadable(&Cause::of(&error).reason()))?;
        let files = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file());
        added += files.filter_map(|path| pem::read(&path).ok()).map(|text| add(store, &text)).sum::<usize>();
    }
    if added == 0 {
        let path = PathBuf::from(folders);
        return Err(Place { name: SSL_CERT_DIR, what: "folder", path: &path }.refuse("contains no usable certificate"));
    }
    Ok(())
}

/// Adds the certificates up to the first that is damaged, and counts those that are usable.
fn add(store: &mut RootCertStore, text: &[u8]) -> usize {
    use rustls::pki_types::pem::PemObject;

    let readable = CertificateDer::pem_slice_iter(text).map_while(Result::ok);
    store.add_parsable_certificates(readable).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_of_authorities_has_a_name() {
        assert_eq!("bundled".parse::<Trust>().unwrap().as_str(), "bundled");
        let error = "mozilla".parse::<Trust>().unwrap_err();
        assert!(error.to_string().starts_with("trust: \"mozilla\" is not one of bundled"), "{error}");
    }

    #[cfg(feature = "native-roots")]
    #[test]
    fn each_choice_of_authorities_is_found_by_its_name() {
        for trust in [Trust::Bundled, Trust::System, Trust::Both] {
            assert_eq!(trust.as_str().parse::<Trust>().unwrap(), trust);
        }
    }
}
