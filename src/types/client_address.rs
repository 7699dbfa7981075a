use core::fmt;
use std::net::IpAddr;

/// The client address of an attempt, as the host sees it. Optional; it gets a bucket of its own, against credential stuffing
/// and password spraying: a few guesses on each of many accounts.
///
/// Pass only what a client cannot forge: the peer's address, or what a proxy under your control adds to the request.
///
/// ```
/// use doorward::ClientAddress;
///
/// // IPv6 clients rotate within their /64, and an IPv4 client may show up in IPv4-mapped form.
/// assert_eq!(ClientAddress::from_ip("2001:db8::1".parse()?), ClientAddress::from_ip("2001:db8::ffff:2".parse()?));
/// assert_eq!(ClientAddress::from_ip("192.0.2.7".parse()?), ClientAddress::from_ip("::ffff:192.0.2.7".parse()?));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct ClientAddress(Box<[u8]>);

impl ClientAddress {
    /// From an IP address: the whole IPv4 address, or the /64 of an IPv6 address, which is what one customer is given.
    pub fn from_ip(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Self(ip.octets().into()),
            IpAddr::V6(ip) => Self(ip.octets().into_iter().take(8).collect()),
        }
    }

    /// From any other text by which the host identifies clients. Equal texts are the same client.
    pub fn opaque(name: &str) -> Self {
        Self([b"opaque:", name.as_bytes()].concat().into())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Client addresses are personal data, so `Debug` does not show them.
impl fmt::Debug for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientAddress([redacted])")
    }
}
