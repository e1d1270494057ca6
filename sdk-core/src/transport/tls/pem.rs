//! PEM texts, and files that hold them.

use std::{fmt, fs::File, io::Read, path::Path};

use rustls::pki_types::{CertificateDer, pem::PemObject};
use zeroize::Zeroizing;

use crate::{error::cause::Cause, redact};

/// No bundle of certificates is larger.
const LARGEST: u64 = 16 * 1024 * 1024;

/// A longer text without a dot may be a key without its first line, and is not shown.
const LONGEST_NAME: usize = 64;

/// PEM text, or the path of a PEM file, as an option has it. It may hold a private key: it prints as nothing, and is wiped when
/// dropped.
#[derive(Clone)]
pub(crate) struct Pem(Zeroizing<Vec<u8>>);

impl Pem {
    pub(crate) fn new(given: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(given.into()))
    }

    /// The text: the option itself, or the content of the file that it names.
    pub(super) fn text(&self) -> Result<Zeroizing<Vec<u8>>, String> {
        let given = &self.0;
        if is_pem(given) {
            return Ok(given.clone());
        }
        let path = std::str::from_utf8(given).ok().filter(|text| !text.is_empty() && text.lines().count() == 1);
        let Some(path) = path else { return Ok(given.clone()) };
        read(Path::new(path)).map_err(|reason| {
            if path.len() > LONGEST_NAME && !path.contains('.') {
                return "it is neither PEM text nor the path of a PEM file".to_owned();
            }
            format!(
                "the file {} cannot be read: {reason}; pass PEM text or the path of a PEM file",
                redact::quote(path)
            )
        })
    }
}

/// Whether it is PEM text, and not the path of a file.
#[must_use]
pub fn is_pem(given: &[u8]) -> bool {
    memchr::memmem::find(given, b"-----BEGIN").is_some()
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pem(…)")
    }
}

/// The content of a file, or why it cannot be read.
pub(super) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let mut content = Zeroizing::new(Vec::new());
    let file = File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut content));
    file.map_err(|error| Cause::of(&error).reason())?;
    if content.len() as u64 > LARGEST {
        return Err("it is larger than 16 MiB".to_owned());
    }
    Ok(content)
}

/// The certificates of a PEM text. One that is damaged is an error.
pub(super) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("a certificate is not valid PEM: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_key_is_not_shown() {
        let body = "MC4CAQAwBQYDK2Vw".repeat(9);
        let refused = Pem::new(body.clone()).text().unwrap_err();
        assert_eq!(refused, "it is neither PEM text nor the path of a PEM file");
        assert_eq!(format!("{:?}", Pem::new(body)), "Pem(…)");
        assert!(Pem::new("no/such.pem").text().unwrap_err().starts_with("the file \"no/such.pem\" cannot be read: "));
    }

    #[test]
    fn a_file_without_an_end_is_not_read_to_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(LARGEST).unwrap();
        assert_eq!(read(file.path()).unwrap().len() as u64, LARGEST);
        file.as_file().set_len(LARGEST + 1).unwrap();
        assert_eq!(read(file.path()).unwrap_err(), "it is larger than 16 MiB");
    }
}
