//! Puts a surface together in a Rust test, one sentence a line.

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

/// A surface that is being put together. [`MockSurface::builder`] begins it.
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
    /// Begins a surface that has nothing but what is added to it.
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
    /// Where chance begins; 0 when not given.
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.seed = Some(seed);
        self
    }

    /// Where it listens; a free port of 127.0.0.1 when not given.
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// The ids of the product and of the surface; made up when not given.
    pub fn ids(mut self, product_id: impl Into<String>, surface_id: impl Into<String>) -> Self {
        self.surface.product_id = Some(product_id.into());
        self.surface.surface_id = Some(surface_id.into());
        self
    }

    /// The format of outputs, unless a capability says otherwise; raw when not given.
    pub fn response_format(mut self, format: Format) -> Self {
        self.surface.response_format = format;
        self
    }

    /// Adds a capability.
    pub fn capability(mut self, capability: Capability) -> Self {
        self.surface.capabilities.push(capability);
        self
    }

    /// Adds a key. Without any, one for everything is made up.
    pub fn key(mut self, key: KeyConfig) -> Self {
        self.surface.keys.push(key);
        self
    }

    /// Adds an owner's key (`rt_…`), which opens the key management.
    pub fn platform_key(mut self, key: impl Into<String>) -> Self {
        self.config.platform_keys.push(Secret::new(key));
        self
    }

    /// Adds a fault.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.surface.faults.push(fault);
        self
    }

    /// Adds another surface behind this one.
    pub fn extra_surface(mut self, surface: SurfaceConfig) -> Self {
        self.config.surfaces.push(surface);
        self
    }

    /// Starts it.
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
