//! Which endpoint a client calls: by its options, then by the environment.

use super::{Endpoint, base_url::DEFAULT_BASE_URL};
use crate::{config::environment::Environment, error::Error, redact};

/// The options that name an endpoint.
#[derive(Debug, Clone, Default)]
pub(crate) struct EndpointSettings {
    pub(crate) product_id: Option<String>,
    pub(crate) surface_id: Option<String>,
    pub(crate) endpoint_url: Option<String>,
    pub(crate) base_url: Option<String>,
}

impl EndpointSettings {
    /// An explicit URL or explicit ids come before those of the environment. Where two of one rank name different
    /// surfaces or hosts, neither is guessed: the key would go to the wrong one.
    pub(crate) fn resolve(&self, environment: &Environment) -> Result<Endpoint, Error> {
        let is_explicit = self.product_id.is_some() || self.surface_id.is_some();
        if let Some(url) = &self.endpoint_url {
            let endpoint = Endpoint::parse(url)?;
            self.refuse_other_ids(
                &endpoint,
                self.product_id.as_deref(),
                self.surface_id.as_deref(),
                "the endpoint url",
            )?;
            return self.with_base(endpoint, self.base_url.as_deref(), "the endpoint url", "the base url");
        }
        if let Some(url) = environment.endpoint_url()?.filter(|_| !is_explicit) {
            let name = environment.name("ENDPOINT_URL");
            let endpoint = Endpoint::parse(&url).map_err(|error| error.found_in(format!("the variable {name}")))?;
            let (product, surface) = (environment.product_id()?, environment.surface_id()?);
            self.refuse_other_ids(&endpoint, product.as_deref(), surface.as_deref(), &name)?;
            if let Some(base) = self.base_url.as_deref() {
                // An explicit base URL comes before the environment's URL, which then only names the surface.
                return Endpoint::new(base, endpoint.product_id(), endpoint.surface_id());
            }
            return self.with_base(endpoint, environment.base_url()?.as_deref(), &name, &environment.name("BASE_URL"));
        }
        let base = match &self.base_url {
            Some(base) => base.clone(),
            None => environment.base_url()?.unwrap_or_else(|| DEFAULT_BASE_URL.to_owned()),
        };
        let id = |explicit: &Option<String>, variable: Option<String>, option: &str, rest: &str| {
            explicit.clone().or(variable).ok_or_else(|| {
                Error::configuration(
                    option,
                    format!(
                        "it is missing: set {}, or {} to the full URL from the dashboard, or give it to the client",
                        environment.name(rest),
                        environment.name("ENDPOINT_URL")
                    ),
                )
            })
        };
        let product = id(&self.product_id, environment.product_id()?, "product id", "PRODUCT_ID")?;
        let surface = id(&self.surface_id, environment.surface_id()?, "surface id", "SURFACE_ID")?;
        Endpoint::new(&base, &product, &surface)
    }

    fn refuse_other_ids(
        &self,
        endpoint: &Endpoint,
        product: Option<&str>,
        surface: Option<&str>,
        place: &str,
    ) -> Result<(), Error> {
        let pairs = [("product id", product, endpoint.product_id()), ("surface id", surface, endpoint.surface_id())];
        for (option, given, in_url) in pairs {
            if let Some(given) = given.filter(|given| *given != in_url) {
                return Err(Error::configuration(
                    option,
                    format!(
                        "it is {} and {place} says {}: give one of them",
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
            "base url",
            format!(
                "{base_place} is {} and {place} leads to {}: give one of them",
                based.base_url(),
                endpoint.base_url()
            ),
        ))
    }
}
