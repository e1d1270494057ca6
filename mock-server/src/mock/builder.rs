//! Builder of a surface in a Rust test.

use std::net::{Ipv4Addr, SocketAddr};

use crate::{
    config::{
        Config, SurfaceConfig,
        capability::{Capability, Format},
        fault::Fault,
        key::KeyConfig,
    },
    error::MockError,
    mock::MockSurface,
    secret::Secret,
};

/// Builder of a surface, created by [`MockSurface::builder`].
#[derive(Debug, Clone)]
#[must_use = "nothing listens until `start` is awaited"]
pub struct MockSurfaceBuilder {
    config: Config,
    surface: SurfaceConfig,
    address: SocketAddr,
}

impl Default for MockSurfaceBuilder {
    fn default() -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { config: Config::default(), surface: SurfaceConfig::default(), address }
    }
}

impl MockSurface {
    /// Creates a builder without capabilities and keys.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use runtype_mock::{Answer, Capability, KeyConfig, MockSurface};
    ///
    /// let surface = MockSurface::builder()
    ///     .seed(7)
    ///     .capability(Capability::new("price").answering(Answer::fixed(42)))
    ///     .key(KeyConfig::new("papi_mine_0123456789").scoped(["price"]))
    ///     .start()
    ///     .await?;
    ///
    /// assert_eq!(surface.api_key(), "papi_mine_0123456789");
    /// # Ok(()) }
    /// ```
    pub fn builder() -> MockSurfaceBuilder {
        MockSurfaceBuilder::default()
    }
}

impl MockSurfaceBuilder {
    /// Random seed. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.seed = Some(seed);
        self
    }

    /// Address to listen on. Default: a free port of 127.0.0.1.
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Ids of the product and the surface. Default: generated.
    pub fn ids(mut self, product_id: impl Into<String>, surface_id: impl Into<String>) -> Self {
        self.surface.product_id = Some(product_id.into());
        self.surface.surface_id = Some(surface_id.into());
        self
    }

    /// Format of outputs, unless a capability sets its own. Default: raw.
    pub fn response_format(mut self, format: Format) -> Self {
        self.surface.response_format = format;
        self
    }

    /// Adds a capability.
    pub fn capability(mut self, capability: Capability) -> Self {
        self.surface.capabilities.push(capability);
        self
    }

    /// Adds a key. Default: one generated key for all capabilities.
    pub fn key(mut self, key: KeyConfig) -> Self {
        self.surface.keys.push(key);
        self
    }

    /// Adds an owner's key (`rt_…`) for the key management.
    pub fn platform_key(mut self, key: impl Into<String>) -> Self {
        self.config.platform_keys.push(Secret::new(key));
        self
    }

    /// Adds a fault.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.surface.faults.push(fault);
        self
    }

    /// Adds another surface after this one.
    pub fn extra_surface(mut self, surface: SurfaceConfig) -> Self {
        self.config.surfaces.push(surface);
        self
    }

    /// Starts the mock.
    ///
    /// # Errors
    /// As [`MockSurface::start_with`].
    pub async fn start(mut self) -> Result<MockSurface, MockError> {
        if self.surface.keys.is_empty() {
            self.surface.keys.push(KeyConfig::default());
        }
        self.config.surfaces.insert(0, self.surface);
        MockSurface::start_with(self.config, self.address).await
    }
}
