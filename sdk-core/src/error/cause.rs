//! The cause of an error, without its type.

use crate::redact;

/// A cause whose text is kept and whose type is not: what it said, less anything that looks like a credential.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Cause {
    text: String,
    #[source]
    source: Option<Box<Cause>>,
}

impl Cause {
    /// Copies a chain of causes.
    pub(crate) fn of(error: &(dyn std::error::Error + 'static)) -> Self {
        Self {
            text: redact::hide_credentials(&error.to_string()).into_owned(),
            source: error.source().map(|source| Box::new(Self::of(source))),
        }
    }

    /// The chain in one line, the innermost reason last, each said once.
    pub(crate) fn line(&self) -> String {
        let mut line = self.text.clone();
        let mut next = self.source.as_deref();
        while let Some(cause) = next {
            if !line.ends_with(&cause.text) {
                line = format!("{line}: {}", cause.text);
            }
            next = cause.source.as_deref();
        }
        line
    }
}
