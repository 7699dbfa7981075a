use crate::engine::DeviceTokens;
use crate::types::ClientAddress;

/// What the host knows about the client that makes a request.
#[derive(Clone, Default)]
pub(super) struct Client {
    pub(super) devices: DeviceTokens,
    pub(super) address: Option<ClientAddress>,
    pub(super) request_id: Option<Box<str>>,
}

impl Client {
    pub(super) fn device(mut self, cookie: &str) -> Self {
        self.devices.add(cookie);
        self
    }

    pub(super) fn address(self, address: ClientAddress) -> Self {
        Self { address: Some(address), ..self }
    }

    pub(super) fn request_id(self, request_id: &str) -> Self {
        Self { request_id: Some(request_id.chars().filter(|c| !c.is_control()).take(64).collect()), ..self }
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

/// Shows neither tokens nor the address.
impl core::fmt::Debug for Client {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Client")
            .field("devices", &self.devices.len())
            .field("address", &self.address.is_some())
            .field("request_id", &self.request_id)
            .finish()
    }
}
