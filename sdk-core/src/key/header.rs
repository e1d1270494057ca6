//! The header that carries the key.

use http::HeaderValue;

use super::ApiKey;
use crate::{config::values, error::Error};

/// Header that carries the key. The API accepts either, as the vendor documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum AuthHeader {
    /// `Authorization: Bearer <key>`. The default.
    #[default]
    Bearer,
    /// `X-API-Key: <key>`.
    XApiKey,
}

impl AuthHeader {
    /// The option's name: `bearer` or `x-api-key`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::XApiKey => "x-api-key",
        }
    }

    /// The header's name, in the documentation's spelling.
    pub(crate) fn header_name(self) -> &'static str {
        match self {
            Self::Bearer => "Authorization: Bearer",
            Self::XApiKey => "X-API-Key",
        }
    }
}

impl std::str::FromStr for AuthHeader {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        values::one_of("auth_header", text, [Self::Bearer, Self::XApiKey], Self::as_str)
    }
}

impl ApiKey {
    pub(crate) fn header(&self, style: AuthHeader) -> (http::HeaderName, HeaderValue) {
        let (name, value) = match style {
            AuthHeader::Bearer => (http::header::AUTHORIZATION, self.bearer()),
            AuthHeader::XApiKey => (http::HeaderName::from_static("x-api-key"), self.bytes()),
        };
        #[expect(clippy::expect_used, reason = "`parse` admits visible ASCII only, and all of it is a header value")]
        let mut value = HeaderValue::from_maybe_shared(value).expect("a checked key is a header value");
        value.set_sensitive(true);
        (name, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_headers_carry_the_key_as_documented() {
        let key = ApiKey::parse("papi_abcdefgh").unwrap();
        let (name, value) = key.header(AuthHeader::Bearer);
        assert_eq!((name.as_str(), value.as_bytes()), ("authorization", &b"Bearer papi_abcdefgh"[..]));
        let (name, value) = key.header(AuthHeader::XApiKey);
        assert_eq!((name.as_str(), value.as_bytes()), ("x-api-key", &b"papi_abcdefgh"[..]));
    }

    #[test]
    fn the_value_of_either_header_is_marked_sensitive() {
        let key = ApiKey::parse("papi_0123456789a1b2").unwrap();
        for style in [AuthHeader::Bearer, AuthHeader::XApiKey] {
            let (_, value) = key.header(style);
            assert!(value.is_sensitive());
            assert!(!format!("{value:?}").contains("0123"));
        }
    }

    #[test]
    fn a_header_is_chosen_by_its_name() {
        for (name, header, shown) in
            [("bearer", AuthHeader::Bearer, "Authorization: Bearer"), ("x-api-key", AuthHeader::XApiKey, "X-API-Key")]
        {
            assert_eq!((name.parse::<AuthHeader>().unwrap(), header.as_str()), (header, name));
            assert_eq!(header.header_name(), shown);
        }
        assert!("basic".parse::<AuthHeader>().is_err());
    }
}
