use core::fmt;
use std::net::IpAddr;

/// Where a try comes from, as the host knows it: an optional lane of its own against one guess on each of many accounts.
///
/// Give it only what cannot be forged: the peer's address, or what a proxy under your control adds to the request.
///
/// ```
/// use doorward::ClientAddress;
///
/// // IPv6 clients rotate within their /64, and an IPv4 client may come in mapped form.
/// assert_eq!(ClientAddress::from_ip("2001:db8::1".parse()?), ClientAddress::from_ip("2001:db8::ffff:2".parse()?));
/// assert_eq!(ClientAddress::from_ip("192.0.2.7".parse()?), ClientAddress::from_ip("::ffff:192.0.2.7".parse()?));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct ClientAddress(Box<[u8]>);

impl ClientAddress {
    /// By address: one IPv4 address, or one IPv6 /64, which is what one customer is given.
    pub fn from_ip(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Self(ip.octets().into()),
            IpAddr::V6(ip) => Self(ip.octets().into_iter().take(8).collect()),
        }
    }

    /// By whatever else the host tells clients apart by. Two equal texts are one source.
    pub fn opaque(name: &str) -> Self {
        Self([b"opaque:", name.as_bytes()].concat().into())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Addresses of clients are personal data: `Debug` shows none.
impl fmt::Debug for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientAddress([redacted])")
    }
}
