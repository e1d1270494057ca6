//! One segment of a URL's path: a product id, a surface id or a capability's slug.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

use super::slug::capability_slug;
use crate::{
    error::{Error, spelling::spell},
    redact,
};

/// Everything but RFC 3986's unreserved characters, so that no id and no slug can leave its path segment.
pub(crate) const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Longer than any id or slug; servers still accept a URL with three such segments.
const LONGEST: usize = 1024;

/// Checks that a text, once percent-encoded, is one path segment.
pub(crate) fn segment(option: &'static str, text: &str) -> Result<String, Error> {
    let refuse = |problem: String| Err(Error::configuration(option, problem));
    let quoted = redact::quote(text);
    if text.is_empty() {
        return refuse("must not be empty".to_owned());
    }
    if text.len() > LONGEST {
        return refuse(format!("{quoted} has {} bytes: the limit is {LONGEST}", text.len()));
    }
    if redact::holds_key(text) {
        return refuse(format!(
            "{quoted} looks like a key, and a key never belongs in a URL: pass it as {}",
            spell("api_key")
        ));
    }
    // The WHATWG URL parser resolves these even when percent-encoded.
    if is_dot_segment(text) {
        return refuse(format!("{quoted} is a relative path"));
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        let slug = capability_slug(text);
        return refuse(if option == "capability" && !slug.is_empty() {
            format!("{quoted} contains whitespace or a control character; did you mean the slug {slug:?}?")
        } else {
            format!("{quoted} contains whitespace or a control character: copy only the value, and all of it")
        });
    }
    Ok(text.to_owned())
}

/// Checks a product's or a surface's id. Ids are opaque, but one that begins like the other's is in the wrong option (assumed from
/// the ids that public programs use).
pub(crate) fn id(option: &'static str, text: &str) -> Result<String, Error> {
    let (wrong, what, right) = match option {
        "product_id" => ("surf_", "a surface", "surface_id"),
        _ => ("prod_", "a product", "product_id"),
    };
    if text.starts_with(wrong) {
        let problem =
            format!("{} is the id of {what}: pass it as {} (are the two swapped?)", redact::quote(text), spell(right));
        return Err(Error::configuration(option, problem));
    }
    segment(option, text)
}

pub(crate) fn is_dot_segment(text: &str) -> bool {
    let dots = text.to_ascii_lowercase().replace("%2e", ".");
    dots == "." || dots == ".."
}
