//! The address of a surface: from ids, or from a full URL as copied from the dashboard.

pub(crate) mod base_url;
mod loopback;
pub(crate) mod segment;
pub(crate) mod settings;
pub(crate) mod slug;

use std::{fmt, str::FromStr};

use percent_encoding::{percent_decode_str, utf8_percent_encode};
use url::Url;

use crate::{
    config::{defaults, problems::Problems},
    error::Error,
    redact,
};
use base_url::{parse_base, parse_url};
use segment::{SEGMENT, id, is_dot_segment, segment};

/// The path of the OpenAPI document below the surface's `/api/` (assumed).
const ASSUMED_OPENAPI_PATH: &str = "openapi.json";

const EXAMPLE_PATH: &str = "/v1/products/prod_…/surfaces/surf_…/api/…";

/// The path of the dispatch endpoint, which takes the capability's slug in the body (documented by the vendor).
const DISPATCH_PATH: &str = "dispatch";

/// The address of an API surface, `{base}/v1/products/{product}/surfaces/{surface}/api/`.
///
/// ```
/// # fn main() -> Result<(), runtype_surface::Error> {
/// use runtype_surface::Endpoint;
///
/// let endpoint = Endpoint::new("https://api.runtype.com", "prod_1", "surf_2")?;
/// assert_eq!(
///     endpoint.capability_url("summarize-article")?.as_str(),
///     "https://api.runtype.com/v1/products/prod_1/surfaces/surf_2/api/summarize-article",
/// );
///
/// let copied: Endpoint = "https://api.runtype.com/v1/products/prod_1/surfaces/surf_2/api/echo/?x=1".parse()?;
/// assert_eq!(copied.capability(), Some("echo"));
/// assert_eq!(copied.without_capability(), endpoint);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Scheme, host, port and path prefix, without a trailing slash.
    base: String,
    product: String,
    surface: String,
    capability: Option<String>,
}

impl Endpoint {
    /// Creates an address from its parts. The base URL may have a path prefix; a trailing slash or `/v1` is dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for an invalid base URL or id.
    pub fn new(base_url: &str, product_id: &str, surface_id: &str) -> Result<Self, Error> {
        let mut problems = Problems::default();
        let base = problems.keep(parse_base("base_url", base_url));
        let product = problems.keep(id("product_id", product_id));
        let surface = problems.keep(id("surface_id", surface_id));
        match (base, product, surface) {
            (Some(base), Some(product), Some(surface)) => Ok(Self { base, product, surface, capability: None }),
            _ => Err(problems.into_error()),
        }
    }

    /// Parses a full URL, with or without `/api`, the capability's slug, a trailing slash, or a query (which is dropped).
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and for a path other than `…/v1/products/{product}/surfaces/{surface}[/api[/{slug}]]`.
    pub fn parse(url: &str) -> Result<Self, Error> {
        Self::parse_option("endpoint_url", url)
    }

    /// Parses a URL that this option holds: `endpoint_url` or `capability`.
    fn parse_option(given_as: &'static str, url: &str) -> Result<Self, Error> {
        let mut base = parse_url(given_as, url)?;
        base.set_query(None);
        base.set_fragment(None);
        let unlike = || {
            let what = if given_as == "capability" {
                "neither a slug nor the URL of a capability"
            } else {
                "not the URL of a surface"
            };
            Error::configuration(
                given_as,
                format!(
                    "{} is {what}: copy it from the dashboard, for example {}{EXAMPLE_PATH}",
                    redact::quote(url),
                    defaults::BASE_URL
                ),
            )
        };
        // Checks the caller's text, since `base` has dot segments resolved already.
        let written = url.split(['?', '#']).next().unwrap_or_default();
        if written.split(['/', '\\']).any(is_dot_segment) {
            return Err(unlike());
        }
        let path = base.path().to_owned();
        let mut segments: Vec<&str> = path.trim_end_matches('/').split('/').skip(1).collect();
        let at = segments
            .windows(4)
            .position(|window| matches!(window, ["v1", "products", _, "surfaces"]))
            .filter(|at| segments.len() >= at + 5)
            .ok_or_else(unlike)?;
        let rest = segments.split_off(at);
        let (product, surface, capability) = match rest.as_slice() {
            ["v1", "products", product, "surfaces", surface]
            | ["v1", "products", product, "surfaces", surface, "api"] => (*product, *surface, None),
            ["v1", "products", product, "surfaces", surface, "api", slug] => (*product, *surface, Some(*slug)),
            _ => return Err(unlike()),
        };
        let decode = |option, text| {
            let decoded = percent_decode_str(text).decode_utf8().map_err(|_| unlike())?;
            match option {
                "capability" => segment(option, &decoded),
                _ if given_as == "capability" => id(option, &decoded).map_err(|_| unlike()),
                _ => id(option, &decoded),
            }
        };
        let prefix = segments.join("/");
        base.set_path(&prefix);
        Ok(Self {
            base: parse_base(given_as, base.as_str())?,
            product: decode("product_id", product)?,
            surface: decode("surface_id", surface)?,
            capability: match capability {
                None | Some(DISPATCH_PATH | ASSUMED_OPENAPI_PATH) => None,
                Some(slug) => Some(decode("capability", slug)?),
            },
        })
    }

    /// The base URL, without a trailing slash.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// The product id.
    #[must_use]
    pub fn product_id(&self) -> &str {
        &self.product
    }

    /// The surface id.
    #[must_use]
    pub fn surface_id(&self) -> &str {
        &self.surface
    }

    /// The capability's slug, if the address was parsed from a URL with one.
    #[must_use]
    pub fn capability(&self) -> Option<&str> {
        self.capability.as_deref()
    }

    /// The address without the capability.
    #[must_use]
    pub fn without_capability(&self) -> Self {
        Self { capability: None, ..self.clone() }
    }

    /// The URL of a capability. Takes its slug, or a full URL on this surface.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for an invalid slug, or a URL of another surface.
    pub fn capability_url(&self, slug: &str) -> Result<Url, Error> {
        self.url(&utf8_percent_encode(&self.slug(slug)?, SEGMENT).to_string())
    }

    /// The URL of the dispatch endpoint, which takes the capability's slug in the body.
    ///
    /// # Errors
    ///
    /// None known: the parts were checked when the address was created.
    pub fn dispatch_url(&self) -> Result<Url, Error> {
        self.url(DISPATCH_PATH)
    }

    /// The URL of the surface's OpenAPI document. Its path is assumed.
    ///
    /// # Errors
    ///
    /// None known: the parts were checked when the address was created.
    pub fn openapi_url(&self) -> Result<Url, Error> {
        self.url(ASSUMED_OPENAPI_PATH)
    }

    /// The slug: the text itself, or the last segment of a full URL on this surface.
    ///
    /// # Errors
    ///
    /// As [`capability_url`](Self::capability_url).
    #[doc(hidden)]
    pub fn slug(&self, capability: &str) -> Result<String, Error> {
        const OPTION: &str = "capability";
        if !capability.contains("://") {
            return segment(OPTION, capability);
        }
        let other = Self::parse_option(OPTION, capability)?;
        let Some(slug) = other.capability.clone() else {
            return Err(Error::configuration(OPTION, format!("{} names no capability", redact::quote(capability))));
        };
        if other.without_capability() != self.without_capability() {
            return Err(Error::configuration(
                OPTION,
                format!(
                    "{} is not on this client's surface ({self}), and the key is sent nowhere else: create another \
                     client from that URL",
                    redact::quote(capability)
                ),
            ));
        }
        Ok(slug)
    }

    /// The URL below the surface's `/api/`, from a percent-encoded path.
    fn text(&self, encoded: &str) -> String {
        let product = utf8_percent_encode(&self.product, SEGMENT);
        let surface = utf8_percent_encode(&self.surface, SEGMENT);
        format!("{}/v1/products/{product}/surfaces/{surface}/api/{encoded}", self.base)
    }

    fn url(&self, encoded: &str) -> Result<Url, Error> {
        let text = self.text(encoded);
        Url::parse(&text).map_err(|error| {
            Error::configuration("endpoint_url", format!("{} is not a URL: {error}", redact::quote(&text)))
        })
    }
}

impl FromStr for Endpoint {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self, Error> {
        Self::parse(url)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let capability = utf8_percent_encode(self.capability.as_deref().unwrap_or_default(), SEGMENT);
        f.write_str(&redact::hide_credentials(&self.text(&capability.to_string())))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(base: &str) -> Endpoint {
        Endpoint::new(base, "prod_1", "surf_2").unwrap()
    }

    #[test]
    fn a_full_url_is_accepted_as_people_copy_it() {
        let with_slug = ["/api/echo", "/api/echo/", "/api/echo?stream=true", "/api/echo/?a=b#c"];
        let without = ["", "/", "/api", "/api/", "/api/dispatch", "/api/openapi.json", "?x=papi_oops"];
        for base in ["https://api.runtype.com", "http://[::1]:8080", "http://127.0.0.1:1/some/prefix"] {
            for rest in with_slug {
                let parsed = Endpoint::parse(&format!("{base}/v1/products/prod_1/surfaces/surf_2{rest}")).unwrap();
                assert_eq!(parsed.capability(), Some("echo"), "{base} {rest}");
                assert_eq!(parsed.without_capability(), endpoint(base), "{base} {rest}");
            }
            for rest in without {
                let parsed = Endpoint::parse(&format!("{base}/v1/products/prod_1/surfaces/surf_2{rest}")).unwrap();
                assert_eq!(parsed, endpoint(base), "{base} {rest}");
            }
        }
    }

    #[test]
    fn what_is_not_the_address_of_a_surface_is_refused() {
        for url in [
            "https://api.runtype.com",
            "https://api.runtype.com/v1/products/prod_1",
            "https://api.runtype.com/v1/products/prod_1/surfaces/",
            "https://api.runtype.com/v1/products/prod_1/surfaces/surf_2/api/a/b",
            "https://api.runtype.com/v1/products/prod_1/surfaces/surf_2/api/..",
            "https://api.runtype.com/v1/products/%2e%2e/surfaces/surf_2/api/a",
            "https://user:secret@api.runtype.com/v1/products/prod_1/surfaces/surf_2",
            "ftp://api.runtype.com/v1/products/prod_1/surfaces/surf_2",
            "prod_1",
        ] {
            let error = Endpoint::parse(url).unwrap_err();
            assert!(error.is_configuration() && !error.to_string().contains("secret"), "{url}: {error}");
        }
    }

    #[test]
    fn an_id_cannot_leave_its_path_segment() {
        for (slug, encoded) in [
            ("a/b", "a%2Fb"),
            ("a%2fb", "a%252fb"),
            ("a?b#c", "a%3Fb%23c"),
            ("a\\b", "a%5Cb"),
            ("...", "..."),
            ("zürich", "z%C3%BCrich"),
            ("a;b=c@d", "a%3Bb%3Dc%40d"),
        ] {
            let url = endpoint("https://api.runtype.com").capability_url(slug).unwrap();
            assert_eq!(url.path(), format!("/v1/products/prod_1/surfaces/surf_2/api/{encoded}"));
            assert_eq!((url.query(), url.fragment()), (None, None));
        }
        for slug in ["", ".", "..", "%2e", "%2E.", "a\0b", "a\nb", "Summarize Article", "papi_abcdefgh"] {
            let error = endpoint("https://api.runtype.com").capability_url(slug).unwrap_err();
            assert_eq!(error.option(), Some("capability"), "{slug:?}");
        }
    }

    #[test]
    fn a_name_in_place_of_a_slug_is_told_its_slug() {
        let error = endpoint("https://api.runtype.com").capability_url("Summarize Article").unwrap_err();
        assert!(error.to_string().contains("\"summarize-article\""), "{error}");
    }

    #[test]
    fn a_full_url_stands_for_a_slug_of_the_same_surface_only() {
        let ours = endpoint("https://api.runtype.com");
        let url = "https://api.runtype.com/v1/products/prod_1/surfaces/surf_2/api/echo";
        assert_eq!(ours.capability_url(url).unwrap().as_str(), url);
        for other in [
            "https://evil.example/v1/products/prod_1/surfaces/surf_2/api/echo",
            "https://api.runtype.com/v1/products/prod_1/surfaces/surf_3/api/echo",
            "https://api.runtype.com/v1/products/prod_1/surfaces/surf_2/api",
            "https://evil.example/v1",
            "https://api.runtype.com/v1/products/surf_1/surfaces/surf_2/api/echo",
            "ftp://evil.example/v1",
            "https://user:secret@evil.example/v1",
        ] {
            assert_eq!(ours.capability_url(other).unwrap_err().option(), Some("capability"));
        }
    }

    #[test]
    fn a_base_url_may_have_a_prefix_and_a_trailing_slash() {
        for (given, base) in [
            ("https://api.runtype.com/", "https://api.runtype.com"),
            ("https://api.runtype.com/v1", "https://api.runtype.com"),
            ("https://gateway.example/runtype/", "https://gateway.example/runtype"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("HTTPS://API.Runtype.com:443", "https://api.runtype.com"),
        ] {
            assert_eq!(endpoint(given).base_url(), base);
        }
        for bad in
            ["api.runtype.com", "https://", "file:///x", "https://h/?a=1", "https://h/#f", "https://u@h", "https://h h"]
        {
            assert_eq!(Endpoint::new(bad, "p", "s").unwrap_err().option(), Some("base_url"), "{bad}");
        }
    }

    #[test]
    fn swapped_ids_are_told_apart() {
        let product = Endpoint::new("https://h", "surf_1", "prod_1").unwrap_err();
        assert_eq!(product.option(), Some("product_id"));
        assert!(product.to_string().contains("id of a surface"), "{product}");
        let surface = Endpoint::new("https://h", "prod_1", "prod_2").unwrap_err();
        assert_eq!(surface.option(), Some("surface_id"));
        assert!(surface.to_string().contains("id of a product"), "{surface}");
    }

    #[test]
    fn an_address_is_shown_as_it_is_called() {
        let endpoint = Endpoint::new("https://api.runtype.com", "a/b", "s").unwrap();
        assert_eq!(endpoint.to_string(), "https://api.runtype.com/v1/products/a%2Fb/surfaces/s/api/");
        assert!(endpoint.capability_url("x").unwrap().as_str().starts_with(&endpoint.to_string()));
    }
}
