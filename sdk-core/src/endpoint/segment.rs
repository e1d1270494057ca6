//! One segment of a URL's path: a product's or a surface's id, or a capability's slug.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

use super::slug::capability_slug;
use crate::{
    error::{Error, spelling::spell},
    redact,
};

/// Everything but RFC 3986's unreserved characters, so that no id and no slug can leave its path segment.
pub(crate) const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Longer than any id or slug, and short enough that a URL of three of them is one that servers take.
const LONGEST: usize = 1024;

/// Checks that a text can stand as one path segment, once it is percent-encoded.
pub(crate) fn segment(option: &'static str, text: &str) -> Result<String, Error> {
    let refuse = |problem: String| Err(Error::configuration(option, problem));
    let quoted = redact::quote(text);
    if text.is_empty() {
        return refuse("it is empty".to_owned());
    }
    if text.len() > LONGEST {
        return refuse(format!("{quoted} has {} bytes: at most {LONGEST} are allowed", text.len()));
    }
    if redact::holds_key(text) {
        return refuse(format!(
            "{quoted} looks like a key, and a key never belongs in a URL: pass it as {}",
            spell("api_key")
        ));
    }
    // WHATWG URL resolves these even when they are percent-encoded.
    if is_dot_segment(text) {
        return refuse(format!("{quoted} is a relative path"));
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        let slug = capability_slug(text);
        return refuse(if option == "capability" && !slug.is_empty() {
            format!("{quoted} has a blank or a control character: a slug has none; did you mean {slug:?}?")
        } else {
            format!("{quoted} has a blank or a control character: copy it again, whole and alone")
        });
    }
    Ok(text.to_owned())
}

pub(crate) fn is_dot_segment(text: &str) -> bool {
    let dots = text.to_ascii_lowercase().replace("%2e", ".");
    dots == "." || dots == ".."
}
