//! The endpoint of a client, from its options, then from the environment.

use super::Endpoint;
use crate::{
    config::{defaults, environment::Environment},
    error::{Error, explain::AddressNames, spelling::spell},
    redact,
};

/// The options that configure the endpoint.
#[derive(Debug, Clone, Default)]
pub(crate) struct EndpointSettings {
    pub(crate) product_id: Option<String>,
    pub(crate) surface_id: Option<String>,
    pub(crate) endpoint_url: Option<String>,
    pub(crate) base_url: Option<String>,
}

impl EndpointSettings {
    /// What [`resolve`](Self::resolve) takes the ids from.
    pub(crate) fn names(&self, environment: &Environment) -> AddressNames {
        let is_explicit = self.product_id.is_some() || self.surface_id.is_some();
        let url = if self.endpoint_url.is_some() {
            Some(spell("endpoint_url").into_owned())
        } else {
            let url = environment.endpoint_url().ok().flatten().filter(|_| !is_explicit);
            url.map(|_| environment.name("ENDPOINT_URL"))
        };
        if let Some(url) = url {
            return AddressNames { product: url.clone(), surface: url };
        }
        let name = |is_given: bool, option: &str, variable: &str| {
            if is_given { spell(option).into_owned() } else { environment.name(variable) }
        };
        AddressNames {
            product: name(self.product_id.is_some(), "product_id", "PRODUCT_ID"),
            surface: name(self.surface_id.is_some(), "surface_id", "SURFACE_ID"),
        }
    }

    /// Explicit options override the environment. Two sources of the same level that disagree are an error: a guess could send
    /// the key to the wrong host.
    pub(crate) fn resolve(&self, environment: &Environment) -> Result<Endpoint, Error> {
        let is_explicit = self.product_id.is_some() || self.surface_id.is_some();
        if let Some(url) = &self.endpoint_url {
            let endpoint = Endpoint::parse(url)?;
            self.refuse_other_ids(
                &endpoint,
                self.product_id.as_deref(),
                self.surface_id.as_deref(),
                &spell("endpoint_url"),
            )?;
            return self.with_base(endpoint, self.base_url.as_deref(), &spell("endpoint_url"), &spell("base_url"));
        }
        if let Some(url) = environment.endpoint_url()?.filter(|_| !is_explicit) {
            let name = environment.name("ENDPOINT_URL");
            let endpoint = Endpoint::parse(&url).map_err(|error| error.found_in(format!("the variable {name}")))?;
            let (product, surface) = (environment.product_id()?, environment.surface_id()?);
            self.refuse_other_ids(&endpoint, product.as_deref(), surface.as_deref(), &name)?;
            if let Some(base) = self.base_url.as_deref() {
                // An explicit base URL overrides the host of the environment's URL, which then only names the surface.
                return Endpoint::new(base, endpoint.product_id(), endpoint.surface_id());
            }
            return self.with_base(endpoint, environment.base_url()?.as_deref(), &name, &environment.name("BASE_URL"));
        }
        let base = match &self.base_url {
            Some(base) => base.clone(),
            None => environment.base_url()?.unwrap_or_else(|| defaults::BASE_URL.to_owned()),
        };
        let product = self.product_id.clone().or(environment.product_id()?);
        let surface = self.surface_id.clone().or(environment.surface_id()?);
        let (Some(product), Some(surface)) = (&product, &surface) else {
            return Err(missing(environment, product.is_none(), surface.is_none()));
        };
        Endpoint::new(&base, product, surface)
    }

    fn refuse_other_ids(
        &self,
        endpoint: &Endpoint,
        product: Option<&str>,
        surface: Option<&str>,
        place: &str,
    ) -> Result<(), Error> {
        let pairs = [("product_id", product, endpoint.product_id()), ("surface_id", surface, endpoint.surface_id())];
        for (option, given, in_url) in pairs {
            if let Some(given) = given.filter(|given| *given != in_url) {
                return Err(Error::configuration(
                    option,
                    format!(
                        "{} conflicts with {} in {place}: pass one of them",
                        redact::quote(given),
                        redact::quote(in_url)
                    ),
                ));
            }
        }
        Ok(())
    }

    fn with_base(
        &self,
        endpoint: Endpoint,
        base: Option<&str>,
        place: &str,
        base_place: &str,
    ) -> Result<Endpoint, Error> {
        let Some(base) = base else { return Ok(endpoint) };
        let based = Endpoint::new(base, endpoint.product_id(), endpoint.surface_id())?;
        if based.base_url() == endpoint.base_url() {
            return Ok(endpoint);
        }
        Err(Error::configuration(
            "base_url",
            format!(
                "{base_place} is {}, but {place} points to {}: pass one of them",
                based.base_url(),
                endpoint.base_url()
            ),
        ))
    }
}

/// The error that names everything that is missing, so that it can be set at once.
fn missing(environment: &Environment, product: bool, surface: bool) -> Error {
    let wanted: Vec<_> = [("product_id", "PRODUCT_ID", product), ("surface_id", "SURFACE_ID", surface)]
        .into_iter()
        .filter(|(.., is_missing)| *is_missing)
        .map(|(option, rest, _)| (option, environment.name(rest)))
        .collect();
    let options: Vec<_> = wanted.iter().map(|(option, _)| spell(option)).collect();
    let variables: Vec<_> = wanted.iter().map(|(_, variable)| variable.as_str()).collect();
    let first = wanted.first().map_or("product_id", |(option, _)| option);
    let text = format!(
        "{}: missing\nSet {}, or set {} to the full URL from the dashboard, or pass {}.",
        options.join(", "),
        variables.join(" and "),
        environment.name("ENDPOINT_URL"),
        options.join(" and "),
    );
    Error::configuration_text(spell(first).into_owned(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_named_by_what_configured_it() {
        let environment = |url: &'static str| {
            Environment::new("RUNTYPE").with_lookup(move |name| (name == "RUNTYPE_ENDPOINT_URL").then(|| url.into()))
        };
        let names = |settings: EndpointSettings, url| {
            let AddressNames { product, surface } = settings.names(&environment(url));
            (product, surface)
        };
        let pair = |product: &str, surface: &str| (product.to_owned(), surface.to_owned());
        let product = || EndpointSettings { product_id: Some("p".into()), ..EndpointSettings::default() };
        let url = EndpointSettings { endpoint_url: Some("u".into()), ..EndpointSettings::default() };
        assert_eq!(names(url, ""), pair("endpoint_url", "endpoint_url"));
        assert_eq!(names(EndpointSettings::default(), "u"), pair("RUNTYPE_ENDPOINT_URL", "RUNTYPE_ENDPOINT_URL"));
        assert_eq!(names(product(), "u"), pair("product_id", "RUNTYPE_SURFACE_ID"));
        assert_eq!(names(EndpointSettings::default(), ""), pair("RUNTYPE_PRODUCT_ID", "RUNTYPE_SURFACE_ID"));
    }
}
